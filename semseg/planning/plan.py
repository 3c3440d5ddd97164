"""The plan of a job with a time budget: what the user gave stays, all else follows from the data and the machine."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from semseg.contract.hyperparameters import BALANCED, CROP_MULTIPLE, MEASURED, STRONG, Hyperparameters
from semseg.errors import HyperparameterError
from semseg.planning import recipes
from semseg.planning.costs import Costs
from semseg.planning.data_facts import DataFacts
from semseg.plumbing.counted import counted
from semseg.prediction.scale import ScaleRule

SAVINGS_AT_THE_END = 4  # of the last parameters, and the last checkpoint, whose optimizer may remember twice as much


@dataclass(frozen=True)
class Size:
    """The sizes that a job trains at: ``base_size`` and ``crop_size``, in pixels."""

    base_size: int
    crop_size: int

    @property
    def pixels(self) -> int:
        """Returns the pixels of a crop."""
        return self.crop_size**2


@dataclass(frozen=True)
class Plan:
    """What a job with a time budget will do.

    Attributes:
        values: of the hyperparameters that were not given, in the wire form.
        epochs: about how many fit; the clock decides.
        epoch_seconds: of one of them, with its validation.
        scoring_seconds: of a validation after an epoch, with what is saved then.
        ending_seconds: of all that follows the last validation: the last scoring, saving, packing.
        seconds: of the budget.
    """

    values: dict[str, str]
    epochs: int
    epoch_seconds: float
    scoring_seconds: float
    ending_seconds: float
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Returns the plan as a JSON object."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Returns the plan as a short table for the log."""
        width = max(map(len, [*self.values, "epochs"]))
        rows = [
            f"  {name:<{width}}  {value}" for name, value in {**self.values, "epochs": f"about {self.epochs}"}.items()
        ]
        return [
            f"Plan for {self.seconds:.0f} seconds: about {counted(self.epochs, 'epoch')} of {self.epoch_seconds:.1f} "
            f"seconds, and {self.ending_seconds:.1f} seconds for what follows the last one:",
            *rows,
        ]


def base_values(facts: DataFacts, given: Hyperparameters, names: frozenset[str], devices: int) -> dict[str, str]:
    """Returns the planned values that no measurement is needed for: those of hyperparameters that were not given.

    Args:
        given: with the defaults in place of what was not given.
        names: of the hyperparameters that were given.
        devices: that share each batch.
    """
    has_weights = given.use_pretrained_model or bool(given.pretrained_weights)
    rate = recipes.RATE_FROM_WEIGHTS if has_weights else recipes.RATE_FROM_SCRATCH
    planned = {
        "mini_batch_size": str(_batch(facts.training, devices)),
        "precision_dtype": given.precision_dtype,
        "optimizer": recipes.OPTIMIZER,
        "lr_scheduler": recipes.SCHEDULER,
        "loss": recipes.LOSS,
        "aligned_sizes": "True",
    }
    if given.optimizer == recipes.OPTIMIZER or "optimizer" not in names:  # the rate is one for this rule
        planned["learning_rate"] = str(rate)
    if facts.training <= recipes.FEW_SAMPLES:
        planned["_augmentation_type"] = STRONG
    if _has_rare_class(facts):
        planned["class_weights"] = BALANCED
        planned["rare_class_crops"] = str(recipes.RARE_CLASS_CROPS)
    kept = names - ({"mini_batch_size"} if given.mini_batch_size == MEASURED else set())  # auto leaves it to the plan
    return {name: value for name, value in planned.items() if name not in kept}


def sizes(
    facts: DataFacts,
    given: Hyperparameters,
    names: frozenset[str],
    fits: Callable[[Hyperparameters], bool] = lambda _: True,
) -> list[Size]:
    """Returns the sizes that a job may train at, the largest first; those that were given stay.

    Args:
        given: with the planned batch.
        fits: whether a job at a size has room in memory; a size that has none is left out, but for the smallest.
    """
    found = list(dict.fromkeys(_sizes(facts, given, names)))
    return [size for size in found if fits(at_size(given, size))] or found[-1:]


def at_size(given: Hyperparameters, size: Size) -> Hyperparameters:
    """Returns hyperparameters with the sizes in place of theirs."""
    return replace(given, base_size=size.base_size, crop_size=size.crop_size)


def _sizes(facts: DataFacts, given: Hyperparameters, names: frozenset[str]) -> Iterator[Size]:
    for scale in recipes.SCALES:
        base = max(recipes.SMALLEST_BASE, round(facts.long_side * scale))
        if "base_size" in names:
            base = given.base_size
        crop = round(base * recipes.CROP_OF_BASE) // CROP_MULTIPLE * CROP_MULTIPLE
        crop = max(recipes.CROPS.start, min(recipes.CROPS.stop - 1, crop)) + int(given.aligned_sizes)
        if "crop_size" in names:
            crop = given.rounded_crop_size
        yield Size(base, crop)


def made(
    choices: list[Size], given: Hyperparameters, facts: DataFacts, costs: Costs, names: frozenset[str], seconds: float
) -> Plan:
    """Returns the plan at the largest size at which the wanted epochs and steps fit, or nearly as many as at the
    smallest.

    Args:
        choices: as of :func:`sizes`.
        given: with what was planned before.
        names: of the hyperparameters that were given.
        seconds: of the budget.

    Raises:
        HyperparameterError: not one epoch fits.
    """
    plans = [_at(size, given, facts, costs, names, seconds) for size in choices]
    enough = max(recipes.EPOCHS_WANTED, math.ceil(recipes.STEPS_WANTED / _steps(given, facts)))
    wanted = min(enough, max(1, math.ceil(recipes.NEARLY * plans[-1].epochs)))
    plan = next((plan for plan in plans if plan.epochs >= wanted), plans[-1])
    if plan.epochs < 1:
        needed = math.ceil(costs.spent + plan.epoch_seconds + plan.ending_seconds)
        raise HyperparameterError(
            f"time_budget must be at least {needed}s here, got {given.time_budget}: {costs.spent:.0f} s are spent "
            f"before the first step, an epoch of {facts.training} pictures at crop_size {plan_crop(plan, given)} takes "
            f"{plan.epoch_seconds:.0f} s, and all that follows the last one {plan.ending_seconds:.0f} s"
        )
    return plan


def plan_crop(plan: Plan, given: Hyperparameters) -> str:
    """Returns the crop size of a plan, in the wire form."""
    return plan.values.get("crop_size", str(given.crop_size))


def _at(
    size: Size, given: Hyperparameters, facts: DataFacts, costs: Costs, names: frozenset[str], seconds: float
) -> Plan:
    validation = _validation_seconds(size, given, facts, costs) + 2 * costs.saving
    epoch = training_seconds(size, given, facts, costs) + validation
    whole = facts.validation * costs.scoring.at(_picture_pixels(size, given, facts))
    ending = whole + SAVINGS_AT_THE_END * costs.saving + costs.packing
    epochs = math.floor((seconds - costs.spent - ending) / epoch)
    values = {name: str(value) for name, value in asdict(size).items() if name not in names}
    if "ema_decay" not in names and epochs * _steps(given, facts) >= recipes.EMA_STEPS:
        values["ema_decay"] = str(recipes.EMA_DECAY)
    if "warmup_epochs" not in names and given.use_pretrained_model and epochs > 0:
        values["warmup_epochs"] = f"{float(epochs * recipes.WARMUP_PART):g}"
    return Plan(values, epochs, epoch, validation, ending, seconds)


def training_seconds(size: Size, given: Hyperparameters, facts: DataFacts, costs: Costs) -> float:
    """Returns the seconds of an epoch's steps; where reading is slower, it is reading that counts."""
    batch = given.mini_batch_size
    each = max(costs.step.at(batch * size.pixels), batch * costs.reading)
    return _steps(given, facts) * each


def _steps(given: Hyperparameters, facts: DataFacts) -> int:
    """Returns the steps of an epoch."""
    return max(1, facts.training // given.mini_batch_size)


def _validation_seconds(size: Size, given: Hyperparameters, facts: DataFacts, costs: Costs) -> float:
    pixels = _picture_pixels(size, given, facts) if given.validation_mini_batch_size == 1 else size.pixels
    return facts.validation * costs.validation.at(pixels)


def _picture_pixels(size: Size, given: Hyperparameters, facts: DataFacts) -> int:
    """Returns the pixels of a typical whole picture, at the size at which the network sees it."""
    scale = ScaleRule(size.base_size, given.aligned_sizes)
    return math.prod(scale.working_size(*facts.typical))


def _batch(samples: int, devices: int) -> int:
    return max(1, min(samples, max(recipes.BATCH, 2 * devices)))


def _has_rare_class(facts: DataFacts) -> bool:
    return any(0 < share < recipes.RARE_SHARE for share in facts.shares)


def applied(values: Mapping[str, str], epochs: int, given: Hyperparameters) -> Hyperparameters:
    """Returns hyperparameters with planned values in place of their defaults.

    Args:
        values: in the wire form.
        epochs: about how many there will be, at least 1.

    Raises:
        HyperparameterError: they do not go together with what was given, as more epochs of warm-up than there are.
    """
    strings = {**given.to_strings(), **values, "epochs": str(epochs), "time_budget": ""}
    return replace(Hyperparameters.from_strings(strings), time_budget=given.time_budget)
