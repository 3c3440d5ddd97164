"""The exported forms of a model: files beside its parameters, which other engines read.

A form is a format, ``onnx`` or ``openvino``, and a precision, ``fp32`` or ``int8``.
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
# The packages that make a form of a format, and those that a precision needs beside them.
PACKAGES = {ONNX: ("onnx", "onnxruntime", "openvino"), OPENVINO: ("onnx", "openvino"), FP32: (), INT8: ("nncf",)}


@dataclass(frozen=True)
class Form:
    """One exported form, and the names of its files in a model archive; the first file is the one that is opened."""

    format: str
    precision: str

    @classmethod
    def of(cls, format: str, precision: str) -> Form:
        """Returns the form of this format and this precision.

        Raises:
            UserError: one of them is not known.
        """
        for name, value, words in (("format", format, FORMATS), ("precision", precision, PRECISIONS)):
            if value not in words:
                raise UserError(f"{name} must be {' or '.join(words)}, got {echoed(value)}")
        return cls(format, precision)

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the form's files; the first is the one that is opened."""
        stem = "model" if self.precision == FP32 else f"model_{self.precision}"
        return (f"{stem}.onnx",) if self.format == ONNX else (f"{stem}.xml", f"{stem}.bin")

    def __str__(self) -> str:
        return f"{self.format}-{self.precision}"


FORMS = tuple(Form(format, precision) for format in FORMATS for precision in PRECISIONS)


def check_form_channels(form: Form, names: Collection[str]) -> None:
    """Checks that the channels are there that this form is made with.

    Raises:
        UserError: int8 needs pictures that are not there.
    """
    if form.precision != INT8:
        return
    if channels.TRAIN not in names:
        raise UserError("int8 must be calibrated on pictures, which channel train has: give it, or export fp32")
    for name in channels.HALVES[1]:
        if name not in names:
            raise UserError(
                f"int8 must pass the accuracy gate, which needs the channels {' and '.join(channels.HALVES[1])}, and "
                f"{name} is missing: give it, or export fp32"
            )


def check_packages(form: Form) -> None:
    """Checks that the packages are installed that make this form; imports none of them.

    Raises:
        PlatformError: a package is not installed; the sentence names all that are missing.
    """
    packages = (*PACKAGES[form.format], *PACKAGES[form.precision])
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        raise PlatformError(
            f"the form {form} is made with {', '.join(packages)}, and {', '.join(missing)} is not installed; "
            f'in a clone of semseg, pip install ".[export]"'
        )
