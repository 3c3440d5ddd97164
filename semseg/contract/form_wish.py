"""The exported form that a server's environment asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from semseg.contract.environment import LIGHT, PRECISION
from semseg.contract.exported_forms import FP32, INT8, OPENVINO, Form


@dataclass(frozen=True)
class FormWish:
    """A precision, and whether the form is light; None leaves it to the model."""

    precision: str | None = None
    light: bool | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> FormWish:
        """Reads SEMSEG_PRECISION and SEMSEG_LIGHT.

        Raises:
            UserError: one of them has no usable value.
        """
        return cls(PRECISION.read(environment), LIGHT.read(environment))

    @property
    def needs_form(self) -> bool:
        """Whether only an exported form meets it, and not the parameters alone."""
        return self.precision == INT8 or bool(self.light)

    @property
    def form(self) -> Form:
        """The form that is made to meet it."""
        return Form(OPENVINO, self.precision or FP32, bool(self.light))

    @property
    def noun(self) -> str:
        """What the form is called, such as "int8", "light" or "int8-light"."""
        return "-".join([*([self.precision] if self.precision else []), *(["light"] if self.light else [])])

    @property
    def article(self) -> str:
        """The article of the noun, "a" or "an"."""
        return "an" if self.precision == INT8 else "a"

    def is_met_by(self, forms: Iterable[Form]) -> bool:
        """Returns whether one of the forms is of the precision, and light or not, as is wished for."""
        return any(self.precision in (None, form.precision) and self.light in (None, form.light) for form in forms)

    def __str__(self) -> str:
        """Returns what was set, such as "SEMSEG_PRECISION is int8 and SEMSEG_LIGHT is True"."""
        given = ((PRECISION.name, self.precision), (LIGHT.name, self.light))
        return " and ".join(f"{name} is {value}" for name, value in given if value is not None)
