"""The SHA-256 of a model's files, written beside them when they are made and compared before they are loaded."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from semseg.errors import ModelError
from semseg.plumbing.digest import sha256
from semseg.plumbing.json_file import write_public_json
from semseg.plumbing.regular_file import read_regular

CHECKSUMS = "checksums.json"  # an object of file names and hexadecimal digests
MAX_OBJECT = 2**20  # bytes of a JSON object; those of a model have some hundreds
SHOWN = 12  # digits of a digest in a sentence


def digest_of(path: Path) -> str:
    """Returns the SHA-256 of a model's file, 64 hexadecimal digits.

    Raises:
        ModelError: the file cannot be read.
    """
    try:
        return sha256(path)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error


def write_checksums(folder: Path, names: Iterable[str]) -> None:
    """Writes ``checksums.json`` with the SHA-256 of those of the files ``names`` that are in ``folder``."""
    digests = {name: digest_of(folder / name) for name in names if (folder / name).is_file()}
    write_public_json(folder / CHECKSUMS, digests)


def check_file(path: Path) -> None:
    """Compares a file with the ``checksums.json`` beside it; a file that is not listed there passes.

    Raises:
        ModelError: it differs, or checksums.json is no such file.
    """
    expected = _written_down(path)
    if expected is not None:
        compare(path, expected, CHECKSUMS)


def checked_sha256(path: Path) -> str:
    """Returns the SHA-256 of a file, after the same check as :func:`check_file`."""
    expected = _written_down(path)
    return digest_of(path) if expected is None else compare(path, expected, CHECKSUMS)


def compare(path: Path, expected: object, source: str) -> str:
    """Returns the file's SHA-256; raises ModelError if it is not ``expected``, which the file called ``source``
    gives.
    """
    found = digest_of(path)
    if found != expected:
        raise ModelError(
            f"{path.name} must have the SHA-256 in {source}, {str(expected)[:SHOWN]}..., got {found[:SHOWN]}...: "
            f"it was damaged or changed since it was made, so unpack the model again or make it anew"
        )
    return found


def read_object(path: Path) -> dict[str, Any]:
    """Returns the JSON object in a file of a model.

    Raises:
        ModelError: it holds none.
    """
    try:
        values = json.loads(read_regular(path, MAX_OBJECT))
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path.name} must be JSON, but it is broken: {error}") from error
    if not isinstance(values, dict):
        raise ModelError(f"{path.name} must be a JSON object of names and values, got a {type(values).__name__}")
    return values


def _written_down(path: Path) -> Any:
    """Returns the SHA-256 that the checksums.json beside a file gives for it, None if it gives none."""
    beside = path.with_name(CHECKSUMS)
    return read_object(beside).get(path.name) if beside.is_file() else None
