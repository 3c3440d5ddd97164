"""Files of the first process of a group, copied to the others, which need share no disk with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from semseg.engines.group import Group, from_first
from semseg.plumbing.whole_file import beside

CHUNK = 2**24  # bytes that travel at once
NO_FILE = -1  # in place of a size


def copy_from_first(source: Path | None, target: Path, group: Group) -> Path | None:
    """Copies a file of rank 0 to each other process of a group, whole or not at all. All of them call this.

    Args:
        source: of rank 0; None where it has no such file. What the others name does not matter.
        target: where another process puts it; its folder is made.

    Returns:
        Where the file is in this process; None where rank 0 has none.

    Raises:
        GroupEnded: a process of the group has ended, or does not answer.
    """
    if group.size == 1:
        return source
    size = from_first(NO_FILE if source is None or group.rank > 0 else source.stat().st_size, group)
    if size == NO_FILE:
        return None
    if group.rank == 0 and source is not None:
        _send(source, size, group)
        return source
    target.parent.mkdir(parents=True, exist_ok=True)
    with beside(target) as part:
        _receive(part, size, group)
    return target


def _send(source: Path, size: int, group: Group) -> None:
    with source.open("rb") as file:
        for start in range(0, size, CHUNK):
            group.sum(np.frombuffer(file.read(min(CHUNK, size - start)), np.uint8))


def _receive(target: Path, size: int, group: Group) -> None:
    with target.open("wb") as file:
        for start in range(0, size, CHUNK):
            file.write(group.sum(np.zeros(min(CHUNK, size - start), np.uint8)).tobytes())
