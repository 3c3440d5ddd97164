"""The exported forms of a model: files beside its parameters, which other engines read.

A form is a format, ``onnx`` or ``openvino``, and a precision, ``fp32`` or ``int8``. ``export.json`` beside the files
has for each form, by its name such as ``openvino-int8``, the report of its export and the SHA-256 of its files.
"""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semseg.contract import channels
from semseg.contract.checksums import compare, read_object
from semseg.errors import ModelError, PlatformError, UserError

ONNX, OPENVINO = FORMATS = ("onnx", "openvino")
FP32, INT8 = PRECISIONS = ("fp32", "int8")
REPORT = "export.json"
DIGESTS = "sha256"  # in the report of a form: file names and digests
# The packages that make a form of a format, and those that a precision needs beside them.
PACKAGES = {ONNX: ("onnx", "onnxruntime", "openvino"), OPENVINO: ("onnx", "openvino"), FP32: (), INT8: ("nncf",)}


@dataclass(frozen=True)
class Form:
    """One exported form, and the names of its files in a model archive; the first is the one that is opened."""

    format: str
    precision: str

    @classmethod
    def of(cls, format: str, precision: str) -> Form:
        """The form of these two words.

        Raises:
            UserError: one of them is not known.
        """
        for name, value, words in (("format", format, FORMATS), ("precision", precision, PRECISIONS)):
            if value not in words:
                raise UserError(f"{name} must be {' or '.join(words)}, got {value!r}")
        return cls(format, precision)

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


def forms_in(model_directory: Path) -> list[Form]:
    """The forms whose files are all there."""
    return [form for form in FORMS if form.is_in(model_directory)]


def read_reports(model_directory: Path) -> dict[str, dict[str, Any]]:
    """What export.json says of each form, by the form's name; empty where there is no such file.

    Raises:
        ModelError: it is no JSON object of JSON objects.
    """
    path = model_directory / REPORT
    if not path.is_file():
        return {}
    reports = read_object(path)
    for name, report in reports.items():
        if not isinstance(report, dict):
            raise ModelError(f"{REPORT} must have a JSON object for each form, got {report!r:.60} for {name!r:.60}")
    return reports


def write_report(model_directory: Path, form: Form, report: Mapping[str, Any]) -> None:
    """Put the report of a form into export.json, beside those that are there."""
    reports = {**read_reports(model_directory), str(form): dict(report)}
    beside = model_directory / f"{REPORT}.part"
    beside.write_text(json.dumps(reports, indent=1))
    os.replace(beside, model_directory / REPORT)


def check_channels(form: Form, names: Collection[str]) -> None:
    """Look whether there are the channels that this form is made with.

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
    """Look whether the packages are installed that make this form; imports none of them.

    Raises:
        PlatformError: naming those that are not.
    """
    packages = (*PACKAGES[form.format], *PACKAGES[form.precision])
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        raise PlatformError(
            f"the form {form} is made with {', '.join(packages)}, and {', '.join(missing)} is not installed; "
            f'in a clone of semseg, pip install ".[export]"'
        )


def check(model_directory: Path, forms: Iterable[Form] = FORMS) -> None:
    """Compare the files of those of the forms that are there with the SHA-256 in export.json, before they are loaded.

    Raises:
        ModelError: a file differs, or export.json has no digest of it.
    """
    for form in forms:
        if form.is_in(model_directory):
            check_form(model_directory, form)


def check_form(model_directory: Path, form: Form) -> str:
    """The SHA-256 of the files of a form that is there, one after the other; refuses what :func:`check` refuses."""
    digests = read_reports(model_directory).get(str(form), {}).get(DIGESTS)
    found = []
    for name in form.files:
        if not isinstance(digests, dict) or name not in digests:
            raise ModelError(
                f"{name} must have its SHA-256 in {REPORT} beside it, but there is none: "
                f"export the model again, as in estimator.export"
            )
        found.append(compare(model_directory / name, digests[name], REPORT))
    return " ".join(found)
