"""The archives that exports read and write, and what is asked of one that is to be served."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from semseg.archive.exported_files import forms_in, is_in, read_reports, write_report
from semseg.archive.model_artifact import forms_of, parameters_path, unpack
from semseg.contract.echoed import echoed
from semseg.contract.form_wish import FormWish
from semseg.contract.job_directory import MODEL_ARCHIVE
from semseg.contract.s3_uri import is_s3
from semseg.errors import ModelError, UserError
from semseg.local.files.locations import local_path
from semseg.plumbing.digest import sha256

SUFFIX = ".tar.gz"


def target_at(path: str | os.PathLike[str]) -> Path:
    """Returns the archive that a path means: model.tar.gz in a folder, or a file of a name that ends in .tar.gz.

    Raises:
        UserError: it is neither.
    """
    if is_s3(path):
        raise UserError(f"path must be on this machine, got {echoed(str(path))}: export to a file, then upload it")
    target = local_path("path", path)
    if target.is_dir():
        return target / MODEL_ARCHIVE
    if not target.name.endswith(SUFFIX):
        raise UserError(
            f"path must be a folder that exists, or a file name that ends in {SUFFIX}, got {echoed(str(path))}"
        )
    return target


def check_form_wish(model_directory: Path, environment: Mapping[str, str]) -> None:
    """Refuses a server that is to answer by a form that the model has not.

    Raises:
        ModelError: the sentence says how it is made.
        UserError: SEMSEG_PRECISION or SEMSEG_LIGHT has no usable value.
    """
    wish = FormWish.from_environment(environment)
    if not wish.needs_form or wish.is_met_by(forms_in(model_directory)):
        return
    given = f'precision="{wish.form.precision}"{", light=True" if wish.light else ""}'
    raise ModelError(
        f"{wish}, and the model must have {wish.article} {wish.noun} form for it, but it has none: make one by "
        f"semseg.export_model(model_data, path, {given}, train=..., validation=..., validation_annotation=...), or "
        f"deploy the estimator of its training job"
    )


def keep_forms(target: Path, model_directory: Path, folder: Path) -> None:
    """Takes over the forms of the archive that will be replaced, where they were made of the same parameters.

    Args:
        target: an archive, or a file that is none, or nothing.
        folder: does not exist yet; it may be used.
    """
    try:
        if not target.is_file() or not forms_of(target):
            return
        unpack(target, folder)
        reports = read_reports(folder)
    except ModelError:
        return
    digest = sha256(parameters_path(model_directory))
    for form in forms_in(folder):
        report = reports.get(str(form), {})
        if report.get("parameters_sha256") == digest and not is_in(model_directory, form):
            write_report(model_directory, form, report)
            for name in form.files:
                os.replace(folder / name, model_directory / name)
