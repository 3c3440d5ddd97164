"""How much room a file system has, and the one sentence that says that it has none."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from semseg.errors import PlatformError

WAY_OUT = "make room there, or let SEMSEG_HOME or output_path name a folder on another disk"
LEAST = 2**20  # bytes; with fewer a file system is as good as full
_UNITS = ("B", "kB", "MB", "GB")
_WHY = {
    errno.ENOSPC: "its disk is full",
    errno.EDQUOT: "the quota of its owner is used up",
    errno.EFBIG: "no file may become as large",
    errno.EROFS: "its file system is read-only",
}


def no_room(error: BaseException, place: Path) -> str | None:
    """Returns the sentence of a file that could not be written for want of room; None for every other error.

    Args:
        error: whatever a writer raised.
        place: a file or a folder where it wrote; told where the error names none, or one whose folder is gone again.
    """
    if not isinstance(error, OSError) or error.errno not in _WHY:
        return None
    named = [Path(name).absolute() for name in (error.filename2, error.filename) if isinstance(name, str)]
    written = next((path for path in named if path.parent.is_dir()), place.absolute())
    return f"{written} could not be written, because {_WHY[error.errno]}: {_state(written)}; {WAY_OUT}"


def reason_of(error: Exception, place: Path) -> str:
    """Returns why something failed, as a sentence: that of :func:`no_room`, or the error's own."""
    return no_room(error, place) or str(error)


def full(place: Path) -> str | None:
    """Returns the sentence that the file system of ``place`` is full now; None where there is room on it."""
    if free_bytes(place) >= LEAST and not _has_no_names_left(existing(place)):
        return None
    return f"its disk is full: {_state(place)}; {WAY_OUT}"


@contextmanager
def full_disk_told(place: Path) -> Iterator[None]:
    """Raises a PlatformError with the sentence of :func:`no_room` where the block fails for want of room."""
    try:
        yield
    except OSError as error:
        sentence = no_room(error, place)
        if sentence is None:
            raise
        raise PlatformError(sentence) from error


def free_bytes(place: Path) -> int:
    """Returns the bytes that may still be written where ``place`` is, or will be."""
    return shutil.disk_usage(existing(place)).free


def mount_point(place: Path) -> Path:
    """Returns the top folder of the file system where ``place`` is, or will be."""
    folder = existing(place).resolve()
    return next(path for path in (folder, *folder.parents) if os.path.ismount(path))


def existing(place: Path) -> Path:
    """Returns ``place``, or the nearest folder above it that is there."""
    absolute = place.absolute()
    return next(path for path in (absolute, *absolute.parents) if path.exists())


def readable(size: float) -> str:
    """Returns a number of bytes for people, in three digits and powers of 1000: "0 B", "1.5 MB", "284 MB"."""
    for unit in _UNITS:
        if size < 999.5:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"


def _state(place: Path) -> str:
    """Returns which file system ``place`` is on, and what is free there."""
    left = readable(free_bytes(place))
    names = ", and no further files can be made there" if _has_no_names_left(existing(place)) else ""
    return f"file system {mount_point(place)} has {left} free now{names}"


def _has_no_names_left(folder: Path) -> bool:
    """Returns whether a file system can hold no further files, however small; Windows does not tell."""
    if not hasattr(os, "statvfs"):
        return False
    state = os.statvfs(folder)
    return state.f_files > 0 and state.f_favail == 0
