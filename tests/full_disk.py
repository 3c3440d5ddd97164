"""Disks that are full: small ones that are mounted, and a limit on the size of files, which needs no rights."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

MEGABYTE = 10**6


@contextlib.contextmanager
def small_disk(place: Path, size: int = 4 * MEGABYTE, files: int = 1000) -> Iterator[Path]:
    """Mounts a file system of so many bytes and files at a new folder; skips the test where that is not allowed."""
    place.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={size},nr_inodes={files},mode=0700", "tmpfs", str(place)]
    try:
        done = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("a small disk must be mounted, and there is no program mount")
    if done.returncode != 0:
        pytest.skip(f"a small disk must be mounted, and that is not allowed here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(folder: Path, name: str = "filling") -> Path:
    """Writes a file until its disk has not one byte left, and returns it."""
    with (folder / name).open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    return folder / name


@contextlib.contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Lets this process, and those that it starts, write no file beyond so many bytes: EFBIG, for want of a full
    disk.
    """
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
