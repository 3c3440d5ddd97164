"""What something will write, compared with what is free before it begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from semseg.errors import UserError
from semseg.plumbing.disk_space import WAY_OUT, existing, free_bytes, mount_point, readable

NARROW = 1.1  # times what is needed; with less than this free it fits barely


@dataclass(frozen=True)
class DiskNeed:
    """So many bytes that will be written.

    Attributes:
        place: where; a path that need not be there yet.
        size: bytes.
        what: such as "checkpoints", for the sentence.
    """

    place: Path
    size: int
    what: str


def check_room(needs: Sequence[DiskNeed], noun: str) -> list[str]:
    """Compares all that is needed at a time with what is free, on each file system for itself.

    Args:
        noun: what needs it, such as "training job 'street-1'".

    Returns:
        A sentence for each file system on which it fits barely.

    Raises:
        UserError: it does not fit on one; the sentence says what is needed there, for what, and what is free.
    """
    narrow = []
    for device in dict.fromkeys(_device(need) for need in needs):
        there = [need for need in needs if _device(need) == device and need.size > 0]
        size = sum(need.size for need in there)
        free = free_bytes(there[0].place) if there else 0
        if size <= free and free < size * NARROW:
            narrow.append(_sentence(noun, there, size, free))
        elif size > free:
            raise UserError(f"{_sentence(noun, there, size, free)}: {WAY_OUT}")
    return narrow


def _device(need: DiskNeed) -> int:
    return existing(need.place).stat().st_dev


def _sentence(noun: str, needs: Sequence[DiskNeed], size: int, free: int) -> str:
    parts = ", ".join(f"{need.what} {readable(need.size)}" for need in needs)
    place = mount_point(needs[0].place)
    return f"{noun} needs {readable(size)} on file system {place} ({parts}), and {readable(free)} are free there"
