"""The rows of scores in CSV files: how their columns are named, their values written and read."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from math import isfinite
from pathlib import Path

from semseg.plumbing.json_file import broken

IOU = "IoU "  # what the name of a class's column begins with: "IoU 3 pole"


def iou_columns(class_names: Mapping[int, str], num_classes: int) -> list[str]:
    """Returns the names of the columns with the IoU of each class: "IoU 3 pole", or "IoU 3" without a name."""
    return [f"{IOU}{number} {class_names.get(number, '')}".rstrip() for number in range(num_classes)]


def cell(value: float | None) -> str:
    """Returns a number as a cell of a file, with six digits that count; "" for None."""
    return "" if value is None else f"{value:.6g}"


def read_rows(path: Path, columns: Sequence[str]) -> Iterator[dict[str, str]]:
    """Yields the rows of a CSV file by the names of its columns.

    Raises:
        FileNotFoundError: there is no such file.
        PlatformError: it is damaged, or does not have these columns.
    """
    try:
        with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            missing = [column for column in columns if column not in (reader.fieldnames or ())]
            if missing:
                raise broken(path, f"it has no column {missing[0]!r}")
            for row in reader:
                if None in row or None in row.values():
                    raise broken(path, f"line {reader.line_num} has not as many values as the first one")
                yield row
    except csv.Error as error:
        raise broken(path, f"it is no whole CSV ({error})") from error


def number(path: Path, text: str) -> float | None:
    """Returns the number that a cell holds; None for an empty one. Raises PlatformError for anything else."""
    if not text:
        return None
    with suppress(ValueError):
        value = float(text)
        if isfinite(value):
            return value
    raise broken(path, f"{text[:40]!r} stands where a number must be")


def whole_number(path: Path, text: str) -> int:
    """Returns the whole number that a cell holds; raises PlatformError for anything else."""
    try:
        return int(text)
    except ValueError:
        raise broken(path, f"{text[:40]!r} stands where a whole number must be") from None


def ious(path: Path, row: Mapping[str, str]) -> tuple[float | None, ...]:
    """Returns the IoU of each class that a row holds."""
    return tuple(number(path, text) for column, text in row.items() if column.startswith(IOU))
