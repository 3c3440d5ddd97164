"""Lists of labels and their colours, as annotation tools write them beside masks, read line by line.

Source of the first form: CVAT's documentation, "Segmentation mask"; of the second: "CamVid" there. The third, a table
of name, r, g and b, is what many data sets of masks come with.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from semseg.contract.class_names import RULE as NAME_RULE
from semseg.contract.class_names import is_name
from semseg.data.labels.colour import Colour, is_colour, read_colour
from semseg.data.labels.label_map_json import short
from semseg.errors import UserError
from semseg.plumbing.counted import counted
from semseg.plumbing.regular_file import read_regular

MAX_BYTES = 2**20  # of a list
MOST = 256  # labels: a mask has no more classes
_SHOWN = 3  # lines that are wrong
_FORMS = 'lines of "name:r,g,b::" (labelmap.txt), "r g b name" (label_colors.txt) or "name,r,g,b" (class_dict.csv)'
_CVAT = re.compile(r"(?P<name>[^:]+):(?P<colour>\s*[0-9]{1,3}\s*,\s*[0-9]{1,3}\s*,\s*[0-9]{1,3}\s*)(?::.*)?")
_CAMVID = re.compile(r"(?P<colour>[0-9]{1,3}\s+[0-9]{1,3}\s+[0-9]{1,3})\s+(?P<name>\S.*)")
_HEADS = {
    "name": ("name", "class", "label", "class_name", "label_name"),
    "r": ("r", "red"),
    "g": ("g", "green"),
    "b": ("b", "blue"),
}


@dataclass(frozen=True)
class ListedLabel:
    """A label with its colour; one that has several colours is listed several times."""

    name: str
    colour: Colour


@dataclass(frozen=True)
class ColourList:
    """The labels of a list, in its order.

    Attributes:
        is_cvat: whether the list has CVAT's form, in which "background" is what nobody has labelled.
    """

    labels: Sequence[ListedLabel]
    is_cvat: bool


def read_colour_list(path: Path) -> ColourList:
    """Reads labelmap.txt or label_colors.txt, as CVAT writes them, or class_dict.csv.

    Raises:
        UserError: the file cannot be read, is no such list, has more than MOST labels, or gives a colour to two labels.
    """
    lines = _text(path).splitlines()
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    if not numbered:
        raise UserError(f"{path} must list labels and their colours, got no line: write {_FORMS}")
    delimiter = max(",;\t", key=numbered[0][1].count)
    cells = _cells(path, [line for _, line in numbered], delimiter)
    columns = _columns(cells[0])
    if columns:
        rows, numbered = [_row(line, columns) for line in cells[1:]], numbered[1:]
        return ColourList(_labels(path, numbered, rows), is_cvat=False)
    forms = (
        [_matched(_CVAT, line) for _, line in numbered],
        [_matched(_CAMVID, line) for _, line in numbered],
        [_row(line, range(len(_HEADS))) for line in cells],
    )
    rows = max(forms, key=lambda rows: sum(row is not None for row in rows))
    if not any(rows):
        raise UserError(f"{path} must list labels and their colours, got {short(numbered[0][1])}: write {_FORMS}")
    return ColourList(_labels(path, numbered, rows), is_cvat=rows is forms[0])


def _text(path: Path) -> str:
    try:
        return read_regular(path, MAX_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} must be UTF-8 text, and byte {error.start} is none: save it as UTF-8") from error


def _matched(form: re.Pattern[str], line: str) -> tuple[str, str] | None:
    """Returns the name and the colour in a line."""
    found = form.fullmatch(line.strip())
    return (found["name"].strip(), found["colour"].strip()) if found else None


def _cells(path: Path, lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """Returns the cells of each line of a table."""
    try:
        return [[cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])] for line in lines]
    except csv.Error as error:
        raise UserError(f"{path} must list labels and their colours, but it is no table: {error}") from error


def _columns(head: Sequence[str]) -> list[int]:
    """Returns where name, red, green and blue stand in a table; none if this is not its head."""
    lower = [cell.lower() for cell in head]
    found = [next((lower.index(word) for word in words if word in lower), None) for words in _HEADS.values()]
    places = [place for place in found if place is not None]
    return places if len(places) == len(found) else []


def _row(cells: Sequence[str], columns: Sequence[int]) -> tuple[str, str] | None:
    """Returns the name and the colour in a line of a table."""
    if len(cells) <= max(columns):
        return None
    name, *numbers = (cells[column] for column in columns)
    colour = ",".join(numbers)
    return (name, colour) if is_colour(colour) else None


def _labels(
    path: Path, numbered: Sequence[tuple[int, str]], rows: Sequence[tuple[str, str] | None]
) -> list[ListedLabel]:
    """Returns the labels in the rows of numbered lines."""
    if len(rows) > MOST:
        raise UserError(f"{path} must list at most {MOST} colours, got {len(rows)}")
    if not rows:
        raise UserError(f"{path} must list labels and their colours, got none: write {_FORMS}")
    wrong = [f"line {number}, {short(line)}" for (number, line), row in zip(numbered, rows) if not _is_good(row)]
    if wrong:
        more = f" and {counted(len(wrong) - _SHOWN, 'more line')}" if len(wrong) > _SHOWN else ""
        raise UserError(
            f"{path} must have a name, {NAME_RULE}, and a colour of three numbers of 0 to 255 in each line, "
            f"got {'; '.join(wrong[:_SHOWN])}{more}"
        )
    return list(_without_doubles(path, [ListedLabel(row[0], read_colour(row[1])) for row in rows if row]))


def _is_good(row: tuple[str, str] | None) -> bool:
    return row is not None and is_name(row[0]) and is_colour(row[1])


def _without_doubles(path: Path, labels: Sequence[ListedLabel]) -> Iterator[ListedLabel]:
    of: dict[Colour, str] = {}
    for label in labels:
        if of.get(label.colour, label.name) != label.name:
            numbers = ",".join(map(str, label.colour))
            raise UserError(
                f"{path} must give each label its own colour, got {numbers} for {of[label.colour]!r} and {label.name!r}"
            )
        if label.colour not in of:
            yield label
        of[label.colour] = label.name
