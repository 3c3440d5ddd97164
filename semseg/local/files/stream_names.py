"""Writes what the samples of a stream are called, for the process that reads it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from semseg.contract.stream_names import StreamOrder, names_line
from semseg.plumbing.whole_file import beside


def write_names(path: Path, order: StreamOrder, names: Iterable[Sequence[str]]) -> None:
    """Writes the names of all samples whole; the folder is made where it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with beside(path) as part, part.open("w", encoding="ascii") as file:
        file.write(f"{order.line()}\n")
        file.writelines(f"{names_line(parts)}\n" for parts in names)
