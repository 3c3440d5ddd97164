"""The names of a model's classes, in a file beside its parameters: SageMaker's own files have no place for them.

``class_names.json`` is an object of class ids and names, such as ``{"0": "sky"}``; 255 is what was ignored in training.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from semseg.archive.checksums import check_file, read_object
from semseg.contract.class_names import RULE, is_name
from semseg.errors import ModelError
from semseg.plumbing.json_file import write_public_json

CLASS_NAMES = "class_names.json"
_CLASS = re.compile("[0-9]{1,3}")
_SHOWN = 60  # characters of a name in an error


def write_class_names(model_directory: Path, names: Mapping[int, str]) -> None:
    """Writes the names beside the parameters; without any, removes those of an earlier run of the job."""
    path = model_directory / CLASS_NAMES
    if names:
        write_public_json(path, {str(label): names[label] for label in sorted(names)})
    else:
        path.unlink(missing_ok=True)


def read_class_names(model_directory: Path) -> dict[int, str]:
    """Returns the names of a model's classes; none where it came without.

    Raises:
        ModelError: the file holds something else, or was changed since it was made.
    """
    path = model_directory / CLASS_NAMES
    if not path.is_file():
        return {}
    check_file(path)
    for label, name in read_object(path).items():
        if not _CLASS.fullmatch(label) or not is_name(name):
            raise ModelError(
                f"{CLASS_NAMES} must be an object of class ids and names, each {RULE}, "
                f"got {name!r:.{_SHOWN}} for {label!r:.{_SHOWN}}"
            )
    return {int(label): name for label, name in read_object(path).items()}
