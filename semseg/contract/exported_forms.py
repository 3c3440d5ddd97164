"""The exported forms of a model: files beside its parameters, which other engines read.

A form is a format, ``onnx`` or ``openvino``, and a precision, ``fp32`` or ``int8``; it may be light: with fewer
operations.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Collection
from dataclasses import dataclass

from semseg.contract import channels
from semseg.contract.echoed import echoed
from semseg.errors import PlatformError, UserError

ONNX, OPENVINO = FORMATS = ("onnx", "openvino")
FP32, INT8 = PRECISIONS = ("fp32", "int8")
LIGHT = "light"
# The packages that make a form of a format, and those that a precision or a light form needs beside them.
PACKAGES = {
    ONNX: ("onnx", "onnxruntime", "openvino"),
    OPENVINO: ("onnx", "openvino"),
    FP32: (),
    INT8: ("nncf",),
    LIGHT: ("onnxruntime",),
}


@dataclass(frozen=True)
class Form:
    """One exported form, and the names of its files in a model archive; the first file is the one that is opened.

    Attributes:
        light: whether its network has fewer operations than the one that was trained.
    """

    format: str
    precision: str
    light: bool = False

    @classmethod
    def of(cls, format: str, precision: str, light: bool = False) -> Form:
        """Returns the form of this format and this precision.

        Raises:
            UserError: one of them is not known.
        """
        for name, value, words in (("format", format, FORMATS), ("precision", precision, PRECISIONS)):
            if value not in words:
                raise UserError(f"{name} must be {' or '.join(words)}, got {echoed(value)}")
        if not isinstance(light, bool):
            raise UserError(f"light must be True or False, got {echoed(light)}")
        return cls(format, precision, light)

    @property
    def words(self) -> tuple[str, ...]:
        """The parts of the form's name, such as ("openvino", "int8", "light")."""
        return (self.format, self.precision, *((LIGHT,) if self.light else ()))

    @property
    def is_gated(self) -> bool:
        """Whether it is measured on training pictures, and has to pass the accuracy gate."""
        return self.light or self.precision == INT8

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the form's files; the first is the one that is opened."""
        stem = "_".join(["model", *(word for word in self.words[1:] if word != FP32)])
        return (f"{stem}.onnx",) if self.format == ONNX else (f"{stem}.xml", f"{stem}.bin")

    def __str__(self) -> str:
        return "-".join(self.words)


FORMS = tuple(
    Form(format, precision, light) for format in FORMATS for precision in PRECISIONS for light in (False, True)
)


def check_form_channels(form: Form, names: Collection[str]) -> None:
    """Checks that the channels are there that this form is made with.

    Raises:
        UserError: int8 or a light form needs pictures that are not there.
    """
    if not form.is_gated:
        return
    what, instead = ("a light form", "another one") if form.light else (INT8, FP32)
    if channels.TRAIN not in names:
        raise UserError(f"{what} must be calibrated on pictures, which channel train has: give it, or export {instead}")
    for name in channels.HALVES[1]:
        if name not in names:
            raise UserError(
                f"{what} must pass the accuracy gate, which needs the channels {' and '.join(channels.HALVES[1])}, and "
                f"{name} is missing: give it, or export {instead}"
            )


def check_packages(form: Form) -> None:
    """Checks that the packages are installed that make this form; imports none of them.

    Raises:
        PlatformError: a package is not installed; the sentence names all that are missing.
    """
    packages = tuple(dict.fromkeys(name for word in form.words for name in PACKAGES[word]))
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        raise PlatformError(
            f"the form {form} is made with {', '.join(packages)}, and {', '.join(missing)} is not installed; "
            f'in a clone of semseg, pip install ".[export]"'
        )
