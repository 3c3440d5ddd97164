"""Files and folders that are never seen half-written: written beside their place, forced to disk, then renamed."""

from __future__ import annotations

import errno
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Windows forces only what is open for writing: FlushFileBuffers, which Python's fsync calls there.
OPENED_TO_FORCE = os.O_RDWR if os.name == "nt" else os.O_RDONLY
PART = ".part"  # how the name ends while a file is written; it begins with a full stop, and so is hidden
IDLE_SECONDS = 600.0  # after which nobody still writes to a part; a slow disk may take minutes to force one


@contextmanager
def beside(path: Path, forced: bool = True) -> Iterator[Path]:
    """Yields a path in the same folder to write a file or a folder to, which then takes the place of ``path``.

    The file is forced to disk before it is renamed. If the block raises, ``path`` stays as it was, and the new file is
    removed. A folder takes the place of a whole folder, which is gone for a moment.

    Args:
        forced: False does not force the file to disk, for thousands of files that can be made again.

    Raises:
        OSError: the file cannot be written, or not be renamed; where there is no room for it, the error names ``path``.
    """
    part = part_of(path)
    try:
        yield part
        for file in [*part.rglob("*"), part] if forced else []:
            force_to_disk(file)
        if path.is_dir():
            shutil.rmtree(path)
        os.replace(part, path)
        if forced:
            force_to_disk(path.parent)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):  # a failing write names no file, or the part
            error.filename, error.filename2 = str(path), None
        raise
    finally:
        _remove(part)


@contextmanager
def scratch(folder: Path, noun: str) -> Iterator[Path]:
    """Yields a new, empty and hidden folder in ``folder``, which is gone at the end; ``noun`` is a word of its name."""
    place = part_of(folder / noun)
    place.mkdir()
    try:
        yield place
    finally:
        _remove(place)


def part_of(path: Path) -> Path:
    """Returns a new hidden path beside ``path`` for what is in the making; :func:`sweep` knows it by its name."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex}{PART}")


def write_bytes(path: Path, content: bytes) -> None:
    """Writes a file whole; see :func:`beside`."""
    with beside(path) as part:
        part.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Writes a file of UTF-8 text whole; see :func:`beside`."""
    write_bytes(path, content.encode())


def copy(source: Path, path: Path) -> None:
    """Copies the content of a file to ``path``, whole; see :func:`beside`."""
    with beside(path) as part:
        shutil.copyfile(source, part)


def force_to_disk(path: Path) -> None:
    """Waits until a file's content, or the names in a folder, would survive a loss of power."""
    if path.is_dir() and os.name == "nt":  # Windows opens no folders
        return
    descriptor = os.open(path, OPENED_TO_FORCE)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep(folder: Path, idle_seconds: float = 0.0) -> None:
    """Removes what writers that were killed left beside the files of a folder, which need not be there.

    Args:
        idle_seconds: what was written to later stays, because its writer may live; 0 where nobody else can write there.
    """
    for part in folder.glob(f".*.{'[0-9a-f]' * 32}{PART}"):
        if not idle_seconds or _last_written(part) <= time.time() - idle_seconds:
            _remove(part)


def _last_written(part: Path) -> float:
    """Returns when a part was last written to, in Unix seconds; infinity where it is gone meanwhile."""
    try:
        return max(path.lstat().st_mtime for path in [part, *part.rglob("*")])
    except FileNotFoundError:
        return float("inf")


def _remove(part: Path) -> None:
    if part.is_dir():
        shutil.rmtree(part, ignore_errors=True)
    else:
        part.unlink(missing_ok=True)
