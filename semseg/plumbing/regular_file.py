"""Files that somebody else laid down: only regular files are opened, and no more is read of one than there is room for.

A FIFO waits for its writer for ever, a device may have no end, and a file may be larger than the memory.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

REGULAR = "a regular file"
_KINDS = (
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISDIR, "a folder"),
)
_WITHOUT_WAITING = getattr(os, "O_NONBLOCK", 0)  # Windows has neither this nor FIFOs among its files


def open_regular(path: Path, most: int | None = None) -> BinaryIO:
    """Opens a regular file, or a link to one, for reading.

    Args:
        most: the most bytes that it may have; any number where it is not given.

    Raises:
        OSError: it cannot be opened, is of another kind, or is too large; ``strerror`` says why, as part of a sentence.
    """
    _check(path, os.stat(path), most)  # before it is opened, because that alone makes some devices act
    file = open(path, "rb", opener=lambda name, flags: os.open(name, flags | _WITHOUT_WAITING))  # noqa: SIM115
    try:
        _check(path, os.fstat(file.fileno()), most)  # what was opened may be another file by now
    except OSError:
        file.close()
        raise
    return file


def read_regular(path: Path, most: int) -> bytes:
    """Returns the content of a regular file, as far as it reaches when it is opened.

    Args:
        most: the most bytes that it may have.

    Raises:
        OSError: as of :func:`open_regular`, or it cannot be read.
    """
    with open_regular(path, most) as file:
        return file.read(os.fstat(file.fileno()).st_size)


def kind_of(mode: int) -> str:
    """Returns what a file is, by its ``st_mode``: REGULAR, "a FIFO", "a socket", "a device" or "a folder"."""
    return next((kind for is_kind, kind in _KINDS if is_kind(mode)), REGULAR)


def _check(path: Path, found: os.stat_result, most: int | None) -> None:
    kind = kind_of(found.st_mode)
    if kind != REGULAR:
        raise OSError(errno.EINVAL, f"it must be a regular file or a link to one, got {kind}", str(path))
    if most is not None and found.st_size > most:
        raise OSError(errno.EINVAL, f"it must have at most {most} bytes, got {found.st_size}", str(path))
