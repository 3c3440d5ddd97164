"""A folder with the files of a model, in the place of an archive of them."""

from __future__ import annotations

from pathlib import Path

from semseg.archive.exported_files import forms_in
from semseg.archive.model_artifact import BEST, HYPERPARAMS, LAST, has_parameters
from semseg.contract.job_directory import MODEL_ARCHIVE
from semseg.errors import ModelError


def check_model_folder(folder: Path, noun: str) -> None:
    """Checks that a folder holds a model: its description, and parameters or an exported form.

    Args:
        noun: what lies there, for the message.

    Raises:
        ModelError: it does not; the sentence says what is missing, and where in the folder there is a model.
    """
    missing = _missing(folder)
    if not missing:
        return
    places = (folder / MODEL_ARCHIVE, folder / "output" / MODEL_ARCHIVE, folder / "model")
    found = next((place for place in places if place.is_file() or (place.is_dir() and not _missing(place))), None)
    way_out = f": give {str(found)!r}, which is there" if found else ""
    raise ModelError(
        f"{noun} must be a {MODEL_ARCHIVE} or a folder with its files, and the folder {str(folder)!r} has no "
        f"{' and no '.join(missing)}{way_out}"
    )


def _missing(folder: Path) -> list[str]:
    """Returns what a folder lacks to be a model, for the sentence."""
    description = [] if (folder / HYPERPARAMS).is_file() else [HYPERPARAMS]
    network = [] if has_parameters(folder) or forms_in(folder) else [f"{BEST} or {LAST}"]
    return [*description, *network]
