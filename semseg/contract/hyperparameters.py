"""The hyperparameters of a training job: names, defaults and rules of the built-in algorithm, and a few of semseg's
own.

Source of the documented names: the SageMaker developer guide, "Semantic Segmentation Hyperparameters". Those that begin
with an underscore, and ``precision_dtype``, are in the algorithm's own default configuration but in no documentation.
All values are strings on the wire.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any

from semseg.contract.bad_samples import FAIL, SKIP
from semseg.contract.echoed import LONGEST_SHOWN, echoed
from semseg.contract.environment import AUTO, MXNET, PLAIN, PYTORCH, TEST_TIME_AUGMENTATIONS
from semseg.contract.exported_forms import FORMS, Form
from semseg.contract.rules import (
    Duration,
    Epochs,
    Number,
    OneOf,
    Rule,
    SumOf,
    Text,
    TrueOrFalse,
    Value,
    WholeNumber,
    WordFor,
    WordOr,
    WordOrNumbers,
    seconds_of,
    wire_form,
)
from semseg.contract.short_names import meant_by
from semseg.errors import HyperparameterError

IGNORED = ("_tuning_objective_metric",)  # added by tuning jobs; carries no instruction
FRAMEWORK = (
    "sagemaker_"  # what the names begin with that the SDK's Framework estimators add for the container's starter
)
FLOAT32, BFLOAT16, FLOAT16 = "float32", "bfloat16", "float16"  # of precision_dtype, beside AUTO
COUNTED = 0  # stands for num_training_samples until the samples are counted
MEASURED = 0  # stands for mini_batch_size, where it is AUTO, until it is known what fits the device
OFF = "off"  # of _cache, beside AUTO
IGNORE_ORIENTATION, APPLY_ORIENTATION = "ignore", "apply"  # of exif_orientation
DEFAULT, NONE, STRONG = "default", "none", "strong"  # of _augmentation_type; NONE of others too
BALANCED = "balanced"  # of class_weights, beside NONE
LOSSES = (CROSS_ENTROPY, DICE, FOCAL, OHEM, LOVASZ) = ("cross_entropy", "dice", "focal", "ohem", "lovasz")
SAMPLE_BITS = range(8, 17)  # that sample_bits may name
CROP_MULTIPLE = 8  # the encoder's stride: a crop is rounded up to a multiple of it
LONGEST_SIDE = 65_535  # pixels; no JPEG has a longer one
YES_OR_NO = TrueOrFalse()


def required(rule: Rule, note: str) -> Any:
    """Returns the dataclass field of a hyperparameter that every job must give."""
    return field(metadata={"rule": rule, "note": note})


def optional(
    default: Value, rule: Rule, note: str, wire_name: str | None = None, default_in_words: str | None = None
) -> Any:
    """Returns the dataclass field of a hyperparameter that has a default.

    Args:
        wire_name: given if it differs from the field's name.
        default_in_words: what people are told of a default that no job may give.
    """
    words = {"rule": rule, "note": note, "wire_name": wire_name, "default_in_words": default_in_words}
    return field(default=default, metadata=words)


@dataclass(frozen=True)
class Hyperparameters:
    """The checked hyperparameters of one job. Make them with :meth:`from_strings`."""

    num_classes: int = required(WholeNumber(2, 254), "the background counts as a class")
    num_training_samples: int = optional(
        COUNTED,
        WholeNumber(1),
        "compared with the files, which the schedule follows; SageMaker's algorithm, and a stream that nobody counts, "
        "need it",
        default_in_words="counted",
    )
    backbone: str = optional("resnet-50", OneOf(("resnet-50", "resnet-101")), "the encoder")
    use_pretrained_model: bool = optional(True, YES_OR_NO, "start the encoder, not the decoder, from ImageNet")
    algorithm: str = optional("fcn", OneOf(("fcn", "psp", "deeplab")), "the decoder; deeplab is DeepLab V3")
    base_size: int = optional(
        520, WholeNumber(17, LONGEST_SIDE), "pixels; the long side is scaled to 0.5 to 2.0 times this"
    )
    crop_size: int = optional(
        240, WholeNumber(17, LONGEST_SIDE), "pixels per side of a square crop; rounded up to a multiple of 8"
    )
    early_stopping: bool = optional(False, YES_OR_NO, "watch the validation mIOU")
    early_stopping_min_epochs: int = optional(5, WholeNumber(0), "epochs before it may stop")
    early_stopping_patience: int = optional(4, WholeNumber(0), "epochs without improvement that are tolerated")
    early_stopping_tolerance: float = optional(0.0, Number(0, 1), "a smaller relative gain of mIOU is no improvement")
    epochs: int = optional(10, WholeNumber(1), "passes over the training samples")
    gamma1: float = optional(0.9, Number(0, 1), "rmsprop: decay of the averages of the gradient and its square")
    gamma2: float = optional(0.9, Number(0, 1), "rmsprop: momentum")
    learning_rate: float = optional(0.001, Number(0, 1, open_low=True), "at the first step; decoders: ten times this")
    lr_scheduler: str = optional("poly", OneOf(("step", "poly", "cosine")), "how the learning rate falls")
    lr_scheduler_factor: float = optional(0.1, Number(0, 1), "step: multiplies the learning rate")
    lr_scheduler_step: tuple[int, ...] = optional((), Epochs(), "step: after which epochs; required there")
    mini_batch_size: int = optional(
        16,
        WordFor(AUTO, MEASURED, WholeNumber(1)),
        "samples a step, over all devices together; auto, which is ours: [what fits](jobs.md#memory), at most 64",
    )
    momentum: float = optional(0.9, Number(0, 1, open_low=True), "sgd and nag")
    optimizer: str = optional(
        "sgd",
        OneOf(("adam", "adagrad", "nag", "rmsprop", "sgd", "adamw")),
        "the update rule; adamw is ours",
    )
    syncbn: bool = optional(False, YES_OR_NO, "batch-norm statistics over all devices together")
    validation_mini_batch_size: int = optional(
        16, WholeNumber(1), "1 scores whole pictures during training; more scores centre crops of crop_size"
    )
    weight_decay: float = optional(0.0001, Number(0, 1, open_low=True, open_high=True), "sgd, nag and adamw")

    precision_dtype: str = optional(
        FLOAT32,
        OneOf((FLOAT32, BFLOAT16, FLOAT16, AUTO)),
        "the type that is computed in; bfloat16 and float16 need PyTorch; auto: bfloat16 where PyTorch trains on a "
        "device that has it, else float32; it is the default with time_budget",
    )
    kvstore: str = optional("device", OneOf(("device", "local")), "where gradients are summed", "_kvstore")
    num_kv_servers: str = optional("auto", Text("any text"), "accepted, without meaning here", "_num_kv_servers")
    workers: int = optional(
        16,
        WholeNumber(0),
        "most threads that read samples, never more than 2 a core; on a GPU processes, never more than 1 a core",
        "_workers",
    )
    aux_loss: bool = optional(True, YES_OR_NO, "train an auxiliary decoder on the third stage", "_aux_loss")
    aux_weight: float = optional(0.5, Number(0, 1), "what the auxiliary loss counts", "_aux_weight")
    hybrid: bool = optional(False, YES_OR_NO, "accepted; the training step is always compiled", "_hybrid")
    augmentation_type: str = optional(
        DEFAULT,
        OneOf((DEFAULT, NONE, STRONG)),
        "how training samples are [changed at random](augmentation.md); none and strong are ours",
        "_augmentation_type",
    )
    logging_frequency: int = optional(20, WholeNumber(1), "iterations between progress lines", "_logging_frequency")

    seed: int = optional(0, WholeNumber(0, 2**31 - 1), "ours: same seed, same order, crops and first weights")
    pretrained_weights: str = optional(
        "", Text("a path"), "ours: a .params or .safetensors file [to start from](jobs.md#other-weights)"
    )
    export: str = optional(
        "",
        OneOf(("", *(str(form) for form in FORMS))),
        "ours: the form that the job's end adds to the model",
    )
    engine: str = optional(AUTO, OneOf((AUTO, MXNET, PYTORCH)), "ours: the [engine](engines.md#training) that trains")
    checkpoint_seconds: int = optional(
        300,
        WholeNumber(0),
        "ours: the most seconds of an epoch's work without a checkpoint, where the job keeps any; 0: one in each step",
        "_checkpoint_seconds",
    )
    cache: int | str = optional(
        AUTO,
        WordOr((AUTO, OFF), WholeNumber(1)),
        "ours: the most MiB of memory that [keep decoded training samples](data.md#kept-in-memory); auto: a quarter of "
        "what is free",
        "_cache",
    )
    exif_orientation: str = optional(
        IGNORE_ORIENTATION,
        OneOf((IGNORE_ORIENTATION, APPLY_ORIENTATION)),
        "ours: apply turns images as their EXIF orientation says, in training and by the model's endpoints alike; "
        "masks are never turned",
    )
    sample_bits: str = optional(
        AUTO,
        OneOf((AUTO, *map(str, SAMPLE_BITS))),
        "ours: the bits of [16-bit samples](data.md#pictures-of-16-bits) that are used; auto: as many as the pictures "
        "use, or 16 where they are not looked at before training",
    )
    aligned_sizes: bool = optional(
        False,
        YES_OR_NO,
        "ours: crops, and pictures as the network sees them, have sides of a multiple of 8 and 1 more, at which [its "
        "answers lie on their pixels](data.md#aligned-sizes)",
    )
    bad_samples: str = optional(
        FAIL,
        OneOf((FAIL, SKIP)),
        "ours: skip leaves [bad samples](data.md#leaving-bad-samples-out) out, at most 10 % of a channel",
    )
    compile: bool = optional(False, YES_OR_NO, "ours: compile the training step by torch.compile; needs PyTorch")

    loss: str = optional(
        CROSS_ENTROPY,
        SumOf(LOSSES),
        "ours: the [loss](losses.md) of the decoder, and of the auxiliary decoder",
    )
    class_weights: str | tuple[float, ...] = optional(
        NONE,
        WordOrNumbers((NONE, BALANCED)),
        "ours: what a pixel of each class [counts in the loss](losses.md#class-weights); balanced: by how many pixels "
        "the training masks have of it",
    )
    label_smoothing: float = optional(
        0.0,
        Number(0, 1, open_high=True),
        "ours: the share of each label that is spread over all classes, in cross_entropy and ohem",
    )
    rare_class_crops: float = optional(
        0.0,
        Number(0, 1),
        "ours: the share of crops that must [show a class of which their picture has few pixels]"
        "(augmentation.md#rare-classes)",
    )
    warmup_epochs: float = optional(
        0.0, Number(0, 1000), "ours: the epochs, or parts of one, in which the learning rate rises from 0"
    )
    gradient_clip: float = optional(
        0.0, Number(0, 1_000_000), "ours: the longest that the gradient of a step may be, in its L2 norm; 0: any length"
    )
    accumulate: int = optional(
        1,
        WholeNumber(1),
        "ours: the parts in which each mini-batch is computed one after the other, to [need less memory]"
        "(jobs.md#memory)",
    )
    ema_decay: float = optional(
        0.0,
        Number(0, 1, open_high=True),
        "ours: above 0, a moving average of the parameters with this decay a step is scored, saved and served",
    )
    freeze_batch_norm: bool = optional(
        False, YES_OR_NO, "ours: the encoder's batch norms keep their statistics, scales and shifts"
    )
    freeze_backbone_epochs: int = optional(
        0, WholeNumber(0), "ours: the first epochs, in which the decoder alone learns"
    )
    test_time_augmentation: str = optional(
        PLAIN,
        OneOf(TEST_TIME_AUGMENTATIONS),
        "ours: [views of a picture](results.md#test-time-augmentation) whose mean is the answer, in the last scoring "
        "and in the model's endpoints",
    )

    time_budget: str = optional(
        "",
        Duration(),
        "ours: the time that the whole job may take; it then [plans itself](time_budget.md), and epochs is left out",
    )

    @classmethod
    def from_strings(cls, strings: Mapping[str, str]) -> Hyperparameters:
        """Returns the hyperparameters that a request gives in the wire form, in which every value is a string.

        Raises:
            HyperparameterError: a hyperparameter is unknown, missing or out of its range; the message names each, one a
                line.
        """
        for name in strings:
            check_hyperparameter_name(name)
        values: dict[str, Value] = {}
        problems = []
        for hyperparameter in fields(cls):
            name = wire_name(hyperparameter)
            if name in strings:
                try:
                    values[hyperparameter.name] = _read(hyperparameter, strings[name])
                except HyperparameterError as problem:
                    problems.append(str(problem))
            elif hyperparameter.default is MISSING:
                problems.append(f"{name} must be set: {hyperparameter.metadata['rule']}")
        if values.get("time_budget"):
            values.setdefault("precision_dtype", AUTO)  # what is fastest is planned
        problems += _problems_together(values)
        if problems:
            raise HyperparameterError("\n".join(problems))
        read = cls(**values)  # type: ignore[arg-type]
        if read.engine == MXNET and read.beyond_mxnet:
            raise HyperparameterError(f"{read.beyond_mxnet}: leave it out, or set engine to {PYTORCH}")
        return read

    def to_strings(self) -> dict[str, str]:
        """Returns the wire form of every hyperparameter, defaults included, but for samples that are yet to be
        counted.
        """
        known = [item for item in fields(self) if getattr(self, item.name) != item.default or not _is_in_words(item)]
        return {wire_name(item): _written(item, getattr(self, item.name)) for item in known}

    @property
    def beyond_mxnet(self) -> str:
        """What a job asks for and MXNet cannot do, as a sentence without a full stop; "" if it is nothing."""
        if self.precision_dtype not in (FLOAT32, AUTO):
            return f"precision_dtype is {self.precision_dtype}, and MXNet computes in {FLOAT32} only"
        return "compile is True, and MXNet has no compiler for the training step" if self.compile else ""

    @property
    def budget_seconds(self) -> float | None:
        """Returns the seconds of ``time_budget``; None where the job has none."""
        return seconds_of(self.time_budget) if self.time_budget else None

    @property
    def rounded_crop_size(self) -> int:
        """Returns ``crop_size`` rounded up to a multiple of 8 pixels, and to 1 more with ``aligned_sizes``."""
        more = int(self.aligned_sizes)
        return -(-(self.crop_size - more) // CROP_MULTIPLE) * CROP_MULTIPLE + more

    @property
    def exported_form(self) -> Form | None:
        """Returns the form that the hyperparameter ``export`` names; None if it names none."""
        return next((form for form in FORMS if str(form) == self.export), None)


def wire_name(hyperparameter: Field[Any]) -> str:
    """Returns the name that a hyperparameter has in a request; undocumented ones begin with an underscore."""
    return hyperparameter.metadata.get("wire_name") or hyperparameter.name


def default_strings() -> dict[str, str]:
    """Returns the wire form of the defaults of all hyperparameters that have one which a job may give."""
    given = [item for item in fields(Hyperparameters) if item.default is not MISSING and not _is_in_words(item)]
    return {wire_name(item): wire_form(item.default) for item in given}


def check_hyperparameter_name(name: str) -> None:
    """Raises HyperparameterError if no hyperparameter has this name; the sentence gives the most similar name that
    exists.
    """
    known = [wire_name(item) for item in fields(Hyperparameters)]
    if name in known or name in IGNORED or name.startswith(FRAMEWORK):
        return
    nearest = meant_by(name) or difflib.get_close_matches(name[:LONGEST_SHOWN], known, n=1, cutoff=0)[0]
    raise HyperparameterError(
        f"{echoed(name)} is not a hyperparameter of semantic segmentation; did you mean {nearest!r}?"
    )


def check_values(values: Mapping[str, object]) -> None:
    """Raises HyperparameterError if a hyperparameter is unknown or its value breaks its own rule.

    What they must be together is checked by :meth:`Hyperparameters.from_strings`.
    """
    problems = []
    for name in values:
        check_hyperparameter_name(name)
    for hyperparameter in fields(Hyperparameters):
        name = wire_name(hyperparameter)
        if name in values:
            try:
                _read(hyperparameter, wire_form(values[name]))
            except HyperparameterError as problem:
                problems.append(str(problem))
    if problems:
        raise HyperparameterError("\n".join(problems))


def _read(hyperparameter: Field[Any], text: str) -> Value:
    rule: Rule = hyperparameter.metadata["rule"]
    try:
        return rule.read(text.strip())
    except ValueError:
        raise HyperparameterError(f"{wire_name(hyperparameter)} must be {rule}, got {echoed(text)}") from None


def _problems_together(values: Mapping[str, Value]) -> list[str]:
    """Returns what values cannot be beside each other, each of which keeps its own rule; a sentence each.

    Args:
        values: by the names of the fields; the default stands for what is not there.
    """
    of: dict[str, Any] = {**{item.name: item.default for item in fields(Hyperparameters)}, **values}
    classes, weights, size = of["num_classes"], of["class_weights"], of["mini_batch_size"]
    has_budget, smooth = bool(of["time_budget"]), (CROSS_ENTROPY, OHEM)
    problems = []
    if of["lr_scheduler"] == "step" and not of["lr_scheduler_step"]:
        problems.append('lr_scheduler_step must be set when lr_scheduler is step, for instance to "10, 20"')
    if has_budget and "epochs" in values:
        problems.append("epochs must be left out with time_budget, which sets it")
    if not has_budget and of["warmup_epochs"] >= of["epochs"]:
        problems.append(f"warmup_epochs must be below epochs, {of['epochs']}, got {of['warmup_epochs']:g}")
    if isinstance(weights, tuple) and classes is not MISSING and len(weights) != classes:
        problems.append(f"class_weights must give a number for each class, {classes}, got {len(weights)}")
    if of["label_smoothing"] and not set(smooth) & set(of["loss"].split("+")):
        problems.append(f"label_smoothing must be 0 with loss {of['loss']}: only {' and '.join(smooth)} smooth labels")
    if MEASURED != size < of["accumulate"]:
        problems.append(f"accumulate must be at most mini_batch_size, {size}, got {of['accumulate']}: no part is empty")
    return problems


def _written(hyperparameter: Field[Any], value: Value) -> str:
    rule: Rule = hyperparameter.metadata["rule"]
    return rule.written(value) if isinstance(rule, WordFor) else wire_form(value)


def _is_in_words(hyperparameter: Field[Any]) -> bool:
    return hyperparameter.metadata.get("default_in_words") is not None
