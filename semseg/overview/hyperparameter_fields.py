"""The hyperparameters as fields of a form, and as options of a command: in groups, each with its kind and its range."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any

from semseg.contract.hyperparameters import Hyperparameters, wire_name
from semseg.contract.rules import Number, OneOf, Rule, TrueOrFalse, WholeNumber, wire_form
from semseg.errors import HyperparameterError

# What a field holds, for whoever draws it.
WHOLE_NUMBER, NUMBER, CHOICE, YES_OR_NO, TEXT = "whole number", "number", "choice", "yes or no", "text"
NETWORK, SCHEDULE, OPTIMIZER, EARLY_STOPPING = "Network", "Schedule", "Optimizer", "Early stopping"
LOSS, PICTURES, MACHINE, WITHOUT_MEANING = "Loss", "Pictures", "Engine and machine", "Accepted, without meaning here"
# Each group with its hyperparameters, by their names in Python, in the order in which people decide.
GROUPS = {
    NETWORK: ("num_classes", "algorithm", "backbone", "use_pretrained_model", "pretrained_weights", "syncbn"),
    SCHEDULE: (
        *("epochs", "time_budget", "mini_batch_size", "learning_rate", "lr_scheduler", "lr_scheduler_step"),
        *("lr_scheduler_factor", "warmup_epochs", "freeze_backbone_epochs", "validation_mini_batch_size", "seed"),
    ),
    PICTURES: (
        *("crop_size", "base_size", "aligned_sizes", "num_training_samples", "exif_orientation", "sample_bits"),
        *("bad_samples", "augmentation_type", "rare_class_crops", "test_time_augmentation"),
    ),
    LOSS: ("loss", "class_weights", "label_smoothing", "aux_loss", "aux_weight"),
    OPTIMIZER: (
        *("optimizer", "momentum", "weight_decay", "gamma1", "gamma2", "gradient_clip", "ema_decay"),
        *("freeze_batch_norm", "accumulate"),
    ),
    EARLY_STOPPING: (
        *("early_stopping", "early_stopping_patience", "early_stopping_min_epochs", "early_stopping_tolerance"),
    ),
    MACHINE: (
        *("engine", "precision_dtype", "compile", "export", "workers", "cache", "checkpoint_seconds"),
        "logging_frequency",
    ),
    WITHOUT_MEANING: ("kvstore", "num_kv_servers", "hybrid"),
}
OURS = "ours: "  # what notes begin with of what SageMaker's algorithm does not know
LINK = re.compile(r"\[([^]]*)\]\([^)]*\)")  # of Markdown


@dataclass(frozen=True)
class HyperparameterField:
    """One hyperparameter as people set it.

    Attributes:
        name: as a request has it, such as "_workers".
        option: of the command line, such as "--workers".
        group: the heading that it stands under.
        kind: one of the words above.
        rule: what it must be, such as "a whole number of at least 1".
        choices: of a choice, in their order; "" among them is no choice.
        least, most: of a number; None where there is no bound.
        default: what holds where nothing is given, as people read it; "" where something must be given.
        note: what it does, plain text.
        required: whether something must be given.
    """

    name: str
    option: str
    group: str
    kind: str
    rule: str
    choices: tuple[str, ...]
    least: float | None
    most: float | None
    default: str
    note: str
    required: bool


def hyperparameter_fields() -> list[HyperparameterField]:
    """Returns all hyperparameters, group by group."""
    known = {item.name: item for item in fields(Hyperparameters)}
    return [_field(known[name], group) for group, names in GROUPS.items() for name in names]


def problems_by_name(values: Mapping[str, str]) -> dict[str, str]:
    """Returns what is wrong with hyperparameters: a sentence for each name; "" names what concerns none alone.

    Args:
        values: in the wire form, as :meth:`semseg.contract.hyperparameters.Hyperparameters.from_strings` takes them.
    """
    try:
        Hyperparameters.from_strings(values)
    except HyperparameterError as error:
        names = {wire_name(item) for item in fields(Hyperparameters)}
        sentences = ((sentence.split(" ", 1)[0], sentence) for sentence in str(error).splitlines())
        return {name if name in names else "": sentence for name, sentence in sentences}
    return {}


def _field(item: Field[Any], group: str) -> HyperparameterField:
    rule: Rule = item.metadata["rule"]
    required = item.default is MISSING
    default = "" if required else item.metadata.get("default_in_words") or wire_form(item.default)
    least, most = _bounds(rule)
    return HyperparameterField(
        wire_name(item),
        f"--{item.name.replace('_', '-')}",
        group,
        _kind(rule),
        str(rule),
        _choices(rule),
        least,
        most,
        default,
        LINK.sub(r"\1", item.metadata["note"].removeprefix(OURS)),
        required,
    )


def _kind(rule: Rule) -> str:
    kinds = {WholeNumber: WHOLE_NUMBER, Number: NUMBER, OneOf: CHOICE, TrueOrFalse: YES_OR_NO}
    return kinds.get(type(rule), TEXT)


def _choices(rule: Rule) -> tuple[str, ...]:
    if isinstance(rule, TrueOrFalse):
        return "True", "False"
    return rule.words if isinstance(rule, OneOf) else ()


def _bounds(rule: Rule) -> tuple[float | None, float | None]:
    if isinstance(rule, WholeNumber):
        return rule.least, rule.most
    return (rule.low, rule.high) if isinstance(rule, Number) else (None, None)
