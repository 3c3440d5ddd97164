"""An option for each hyperparameter, made of the table that also checks them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Optional

import click

from semseg.command_line.verb import GroupedOption
from semseg.contract.hyperparameters import check_values
from semseg.errors import HyperparameterError
from semseg.overview.hyperparameter_fields import (
    CHOICE,
    NUMBER,
    WHOLE_NUMBER,
    YES_OR_NO,
    HyperparameterField,
    hyperparameter_fields,
)

Function = Callable[..., Optional[int]]
METAVARS = {WHOLE_NUMBER: "n", NUMBER: "x"}


class Hyperparameter(click.ParamType):
    """A value of a hyperparameter, checked as a job would check it."""

    def __init__(self, field: HyperparameterField) -> None:
        self.name = METAVARS.get(field.kind, field.kind)
        self._field = field

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Returns the value as it is."""
        try:
            check_values({self._field.name: value})
        except HyperparameterError as error:
            self.fail(str(error), param, ctx)
        return value


def hyperparameter_options(function: Function) -> Function:
    """Gives a verb an option for each hyperparameter; those that are given come to it as ``hyperparameters``."""
    fields = hyperparameter_fields()

    @wraps(function)
    def collected(*arguments: object, **given: object) -> int | None:
        values = {field.name: given.pop(_parameter(field)) for field in fields}
        chosen = {name: value for name, value in values.items() if value is not None}
        return function(*arguments, hyperparameters=chosen, **given)

    options = [_option(field) for field in fields]
    for option in reversed(options):
        option(collected)
    return collected


def _option(field: HyperparameterField) -> Callable[[Function], Function]:
    default = "as the label map names them" if field.required else field.default or "none"
    words = f"{field.note}  [{default}]"
    if field.kind == YES_OR_NO:
        name = field.option.removeprefix("--")
        declaration = f"--{name}/--no-{name}"
        return click.option(
            declaration, _parameter(field), default=None, help=words, cls=GroupedOption, group=field.group
        )
    kind = click.Choice([word for word in field.choices if word]) if field.kind == CHOICE else Hyperparameter(field)
    return click.option(field.option, _parameter(field), type=kind, help=words, cls=GroupedOption, group=field.group)


def _parameter(field: HyperparameterField) -> str:
    """Returns the name that an option's value has until it is collected."""
    return f"hyperparameter_{field.option.removeprefix('--').replace('-', '_')}"
