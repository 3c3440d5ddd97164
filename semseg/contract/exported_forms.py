"""The exported forms of a model: files beside its parameters, which other engines read.

A form is a format, ``onnx`` or ``openvino``, and a precision, ``fp32`` or ``int8``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ONNX, OPENVINO = FORMATS = ("onnx", "openvino")
FP32, INT8 = PRECISIONS = ("fp32", "int8")
REPORT = "export.json"


@dataclass(frozen=True)
class Form:
    """One exported form, and the names of its files in a model archive; the first is the one that is opened."""

    format: str
    precision: str

    @property
    def files(self) -> tuple[str, ...]:
        stem = "model" if self.precision == FP32 else f"model_{self.precision}"
        return (f"{stem}.onnx",) if self.format == ONNX else (f"{stem}.xml", f"{stem}.bin")

    def is_in(self, model_directory: Path) -> bool:
        """Whether all its files are there."""
        return all((model_directory / name).is_file() for name in self.files)

    def __str__(self) -> str:
        return f"{self.format}-{self.precision}"


FORMS = tuple(Form(format, precision) for format in FORMATS for precision in PRECISIONS)
FILES = (*(name for form in FORMS for name in form.files), REPORT)
