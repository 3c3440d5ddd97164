"""What a tuning job may try for one hyperparameter.

Source of names and forms: the SageMaker Python SDK v2, ``sagemaker.parameter``; the API's ParameterRanges.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Union

from semseg.api.allowed_values import check_one_of
from semseg.api.shapes import Answer, Request
from semseg.contract.echoed import echoed
from semseg.contract.hyperparameters import check_hyperparameter_name
from semseg.errors import UserError

SCALING_TYPES = ("Auto", "Linear", "Logarithmic", "ReverseLogarithmic")


class ParameterRange:
    """Numbers from ``min_value`` to ``max_value``, both included.

    Args:
        scaling_type: how the numbers are spread: "Auto", "Linear", "Logarithmic" (as many from 0.001 to 0.01 as from
            0.01 to 0.1) or "ReverseLogarithmic" (the same seen from 1 downwards; SageMaker only).

    Raises:
        UserError: there is no number between the two, or no such scaling type.
    """

    api_name = ""  # of the list in the API's ParameterRanges

    def __init__(self, min_value: float, max_value: float, scaling_type: str = "Auto") -> None:
        for name, value in (("min_value", min_value), ("max_value", max_value)):
            self._check(name, value)
        if not min_value <= max_value:
            raise UserError(f"min_value must be at most max_value, got {echoed(min_value)} and {echoed(max_value)}")
        check_one_of("scaling_type", scaling_type, SCALING_TYPES)
        if scaling_type == "Logarithmic" and min_value <= 0:
            raise UserError(f"min_value of a Logarithmic range must be above 0, got {echoed(min_value)}")
        self.min_value = min_value
        self.max_value = max_value
        self.scaling_type = scaling_type

    def as_tuning_range(self, name: str) -> Answer:
        """Returns the range, shaped as in the API's ParameterRanges."""
        return {
            "Name": name,
            "MinValue": str(self.min_value),
            "MaxValue": str(self.max_value),
            "ScalingType": self.scaling_type,
        }

    def examples(self) -> list[str]:
        """Returns the values that show whether all of the range can be used: its two ends."""
        return [str(self.min_value), str(self.max_value)]

    def _check(self, name: str, value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise UserError(f"{name} must be a number, got {echoed(value)}")


class ContinuousParameter(ParameterRange):
    """Real numbers."""

    api_name = "ContinuousParameterRanges"


class IntegerParameter(ParameterRange):
    """Whole numbers."""

    api_name = "IntegerParameterRanges"

    def _check(self, name: str, value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            raise UserError(f"{name} of an IntegerParameter must be a whole number, got {echoed(value)}")


class CategoricalParameter:
    """One of a few values; a grid takes this kind alone.

    Args:
        values: a list, or a single value.
    """

    api_name = "CategoricalParameterRanges"

    def __init__(self, values: object) -> None:
        self.values = [str(value) for value in (values if isinstance(values, (list, tuple)) else [values])]
        if not self.values:
            raise UserError("values of a CategoricalParameter must be at least one, got none")

    def as_tuning_range(self, name: str) -> Answer:
        """Returns the values, shaped as in the API's ParameterRanges."""
        return {"Name": name, "Values": self.values}

    def examples(self) -> list[str]:
        """Returns all of the values."""
        return self.values


Range = Union[ParameterRange, CategoricalParameter]
RANGE_LISTS = (ContinuousParameter.api_name, IntegerParameter.api_name, CategoricalParameter.api_name)


def range_lists(ranges: Mapping[str, Range]) -> dict[str, list[Answer]]:
    """Returns the ranges of hyperparameters, shaped as the API's ParameterRanges."""
    lists: dict[str, list[Answer]] = {name: [] for name in RANGE_LISTS}
    for name, item in ranges.items():
        lists[item.api_name].append(item.as_tuning_range(name))
    return lists


def ranges_of(lists: Request) -> dict[str, Range]:
    """Returns the ranges that an API's ParameterRanges means."""
    ranges: dict[str, Range] = {}
    for item in lists.get(ContinuousParameter.api_name) or []:
        ends = float(item["MinValue"]), float(item["MaxValue"])
        ranges[item["Name"]] = ContinuousParameter(*ends, item.get("ScalingType", "Auto"))
    for item in lists.get(IntegerParameter.api_name) or []:
        ranges[item["Name"]] = IntegerParameter(
            int(item["MinValue"]), int(item["MaxValue"]), item.get("ScalingType", "Auto")
        )
    for item in lists.get(CategoricalParameter.api_name) or []:
        ranges[item["Name"]] = CategoricalParameter(item["Values"])
    return ranges


def checked_ranges(ranges: Mapping[str, Range]) -> dict[str, Range]:
    """Returns a copy, after a check that there is a range, and that each is one and of a hyperparameter.

    Raises:
        HyperparameterError: there is no hyperparameter of one of these names.
        UserError: there is no range, or one is of another type.
    """
    if not ranges:
        raise UserError("hyperparameter_ranges must have at least one range, got none")
    for name, item in ranges.items():
        check_hyperparameter_name(name)
        if getattr(item, "api_name", None) not in RANGE_LISTS:
            raise UserError(
                f"the range of {name} must be a ContinuousParameter, an IntegerParameter or a CategoricalParameter, "
                f"got {type(item).__name__}"
            )
    return dict(ranges)
