"""A checkpoint as a folder: its name, the names of its files, and the check that it is complete.

``epoch-0002`` is the state after two epochs, ``epoch-0002-step-000120`` that after 120 steps of the third.

Its ``state.json`` holds a checksum of each other file. Copy ``state.json`` last, so that an interrupted copy has none.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from semseg.archive import model_artifact
from semseg.archive.parameter_file_start import START
from semseg.errors import ModelError
from semseg.plumbing.digest import sha256

PARAMETERS = "parameters.params"
OPTIMIZER = "optimizer.params"
BEST = model_artifact.BEST
STATE = "state.json"
FILES = (PARAMETERS, OPTIMIZER, BEST)  # all but STATE
_LENGTH = struct.Struct("<Q")  # of the head of a file of safetensors, before which it stands
_NAME = re.compile(r"epoch-([0-9]{1,9})(?:-step-([0-9]{1,9}))?")


class NotWholeError(ValueError):
    """Raised if a checkpoint lacks a file, or has another file than was saved; the sentence says which."""


def checkpoint_name(epochs: int, steps: int = 0) -> str:
    """Returns the name of the folder of the state after so many epochs, and so many steps of the next."""
    return f"epoch-{epochs:04d}-step-{steps:06d}" if steps else f"epoch-{epochs:04d}"


def point_of(name: str) -> tuple[int, int] | None:
    """Returns the epochs, and the steps of the next, after which a checkpoint of this name was saved; None where no
    checkpoint is named so.
    """
    found = _NAME.fullmatch(name)
    return (int(found[1]), int(found[2] or 0)) if found else None


def newest_first(names: Iterable[str]) -> list[str]:
    """Returns those of the names that checkpoints have, the latest one first."""
    checkpoints = [(point, name) for name in names if (point := point_of(name)) is not None]
    return [name for _, name in sorted(checkpoints, reverse=True)]


def read_whole(folder: Path) -> dict[str, Any]:
    """Returns what ``state.json`` holds, once each other file of the checkpoint is found to be the one that was saved.

    Raises:
        NotWholeError: a file is missing, or is not the one that was saved.
    """
    try:
        state = dict(json.loads((folder / STATE).read_bytes()))
        changed = [name for name in FILES if sha256(folder / name) != state["sha256"][name]]
    except OSError as error:
        raise NotWholeError(str(error)) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NotWholeError(f"{STATE} does not hold what it should: {type(error).__name__} {error}") from error
    if changed:
        raise NotWholeError(f"{changed[0]} is not the file that was saved")
    return state


def check_readable(folder: Path) -> None:
    """Checks that no file of a checkpoint is cut off though it is the one that was saved: MXNet writes such files where
    the disk is full.

    A file of an unknown kind passes: the engine that loads it knows more.

    Raises:
        NotWholeError: a file is cut off, or cannot be read.
    """
    for name in FILES:
        try:
            _check_length(folder / name)
        except (ModelError, OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise NotWholeError(f"{name} cannot be read: {error}") from error


def _check_length(path: Path) -> None:
    """Raises an error where a file of MXNet's, or of safetensors, is not as long as its own numbers say."""
    with path.open("rb") as file:
        start = file.read(_LENGTH.size)
        if start == START:
            from semseg.archive.mxnet_parameters import read_parameters  # not at the top: it needs numpy

            read_parameters(path)
            return
        if file.read(1) != b"{":
            return
        file.seek(_LENGTH.size)
        length = _LENGTH.unpack(start)[0]
        head = file.read(min(length, path.stat().st_size))
    ends = [entry["data_offsets"][1] for name, entry in json.loads(head).items() if name != "__metadata__"]
    expected = _LENGTH.size + length + max(ends, default=0)
    if path.stat().st_size != expected:
        raise ValueError(f"it must have {expected} bytes, got {path.stat().st_size}")
