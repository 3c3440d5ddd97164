"""Hyperparameter: an attribute of a class that checks what it is set to.

Source of names and arguments: the SageMaker Python SDK v2, ``sagemaker.amazon.hyperparameter``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, Union

from semseg.errors import UserError

Check = Callable[[Any], Any]
Checks = Union[Check, Iterable[Check]]
SET = "_hyperparameters"  # the attribute of an object that has those that were set


class Hyperparameter:
    """A descriptor: what is set is converted, checked, and kept with the object's other hyperparameters.

    Args:
        name: of the hyperparameter.
        validate: one check or several, each of which is given the value and says whether it may be.
        validation_message: what it must be, for the refusal.
        data_type: converts what is set, such as ``int``; None is kept as it is and not checked.
    """

    def __init__(
        self,
        name: str,
        validate: Checks = lambda _: True,
        validation_message: str = "",
        data_type: Callable[[Any], Any] = str,
    ) -> None:
        self.name = name
        self.validation = [validate] if callable(validate) else list(validate)
        self.validation_message = validation_message
        self.data_type = data_type

    def validate(self, value: Any) -> None:
        """Raises UserError, which is a ValueError, unless all checks pass or the value is None."""
        if value is not None and not all(check(value) for check in self.validation):
            must_be = self.validation_message or "what its checks accept"
            raise UserError(f"Invalid hyperparameter value {value} for {self.name}. Expecting: {must_be}")

    def __get__(self, obj: Any, objtype: Any = None) -> Any:
        values = getattr(obj, SET, {})
        if self.name not in values:
            raise AttributeError(f"{self.name} has not been set")
        return values[self.name]

    def __set__(self, obj: Any, value: Any) -> None:
        value = None if value is None else self.data_type(value)
        self.validate(value)
        obj.__dict__.setdefault(SET, {})[self.name] = value

    def __delete__(self, obj: Any) -> None:
        getattr(obj, SET, {}).pop(self.name, None)

    @staticmethod
    def serialize_all(obj: Any) -> dict[str, str]:
        """Returns the hyperparameters of an object that were set and are not None, as a request has them: as texts."""
        values = {name: value for name, value in getattr(obj, SET, {}).items() if value is not None}
        return {name: json.dumps(value) if isinstance(value, list) else str(value) for name, value in values.items()}
