"""The files of a model's exported forms, and ``export.json`` beside them.

``export.json`` has for each form, by its name such as ``openvino-int8``, the report of its export and the SHA-256 of
its files.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from semseg.archive.checksums import compare, read_object
from semseg.contract.exported_forms import FORMS, Form
from semseg.errors import ModelError
from semseg.plumbing.json_file import write_public_json

REPORT = "export.json"
DIGESTS = "sha256"  # in the report of a form: file names and digests
FILES = (*(name for form in FORMS for name in form.files), REPORT)


def is_in(model_directory: Path, form: Form) -> bool:
    """Returns whether all files of a form are there."""
    return all((model_directory / name).is_file() for name in form.files)


def forms_in(model_directory: Path) -> list[Form]:
    """Returns the forms of which all files are in the folder."""
    return [form for form in FORMS if is_in(model_directory, form)]


def read_reports(model_directory: Path) -> dict[str, dict[str, Any]]:
    """Returns the reports in export.json, by the form's name; empty if there is no such file.

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
    """Adds the report of a form to export.json, and keeps the other reports there."""
    reports = {**read_reports(model_directory), str(form): dict(report)}
    write_public_json(model_directory / REPORT, reports)


def check(model_directory: Path) -> None:
    """Compares the files of the forms that are there with the SHA-256 in export.json, before they are loaded.

    Raises:
        ModelError: a file differs, or export.json has no digest of it.
    """
    for form in forms_in(model_directory):
        check_form(model_directory, form)


def check_form(model_directory: Path, form: Form) -> str:
    """Returns the SHA-256 of the files of a form, one after the other; refuses the same files as :func:`check`."""
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
