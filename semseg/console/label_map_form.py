"""The label map of a data set as a form: a row for each class, with its name and what its pixels hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from semseg.console.request_body import Form
from semseg.contract.channels import LABEL_MAP
from semseg.contract.label_maps import COLORS, FILES, MAP, NAMES, SCALE
from semseg.contract.png_mask import IGNORE
from semseg.data.labels.colour import shown
from semseg.data.labels.label_map import LabelMap
from semseg.data.labels.proposed_map import one_value_per_class
from semseg.errors import UserError
from semseg.plumbing.counted import listed
from semseg.plumbing.json_file import write_public_json

BLACK_AND_WHITE = [0, 255]
MOST_ROWS = 256


@dataclass(frozen=True)
class LabelRow:
    """A class in the form.

    Attributes:
        label: the class; 255 for what is ignored.
        pixels: the values, or the colours, of its pixels, with commas between them.
        name: of the class; "" where it has none.
    """

    label: int
    pixels: str
    name: str


@dataclass(frozen=True)
class Proposal:
    """A label map that is likely meant where there is none.

    Attributes:
        title: what the masks look like.
        rows: of the label map.
    """

    title: str
    rows: tuple[LabelRow, ...]


def rows_of(label_map: LabelMap, labels: Iterable[int]) -> list[LabelRow]:
    """Returns the rows of a label map, by class.

    Args:
        labels: the classes that masks hold or a job has, for a map that lists none.
    """
    pixels: dict[int, list[str]] = {}
    for label, value in _listed(label_map, labels):
        pixels.setdefault(label, []).append(value)
    return [LabelRow(label, ", ".join(pixels[label]), label_map.names.get(label, "")) for label in sorted(pixels)]


def _listed(label_map: LabelMap, labels: Iterable[int]) -> Iterator[tuple[int, str]]:
    """Yields each class with one of its values or colours."""
    if label_map.colours is not None:
        yield from ((label, shown(colour)) for colour, label in label_map.colours.entries)
    elif MAP in label_map.description:
        for label, values in label_map.description[MAP].items():
            several = values if isinstance(values, list) else [values]
            yield from ((int(label), str(value)) for value in several)
    else:
        scale = int(label_map.description.get(SCALE, 1))
        everyone = sorted({*labels, *label_map.names})
        yield from ((label, str(label if label == IGNORE else label * scale)) for label in everyone)


def description_of(form: Form) -> dict[str, Any]:
    """Returns the label map that a form describes, as JSON has it. Rows without pixels are left out.

    Raises:
        UserError: it is none; the sentence says which row is wrong.
    """
    labels, pixels, names = (form.get(name, []) for name in ("label", "pixels", "name"))
    if not len(labels) == len(pixels) == len(names) <= MOST_ROWS:
        raise UserError(f"the form must have as many classes as names, at most {MOST_ROWS}: load the page again")
    rows = [(_label(label), value.strip(), name.strip()) for label, value, name in zip(labels, pixels, names)]
    kept = [row for row in rows if row[1]]
    if not kept:
        raise UserError("a label map must give at least one class its pixels, got none")
    twice = next((label for label, _, _ in kept if sum(row[0] == label for row in kept) > 1), None)
    if twice is not None:
        raise UserError(f"class {twice} must have one row, got several: write all its pixels into one of them")
    of_colours = any("#" in value for _, value, _ in kept)
    read = _colours if of_colours else _values
    entries = {label: read(label, value) for label, value, _ in kept}
    named = {label: name for label, _, name in kept if name}
    is_identity = all(value == int(label) for label, value in entries.items())
    description: dict[str, Any] = {} if is_identity else {COLORS if of_colours else MAP: entries}
    if named:
        description[NAMES] = named
    if not description:
        raise UserError("this label map says nothing: each pixel value is its own class without one, too")
    LabelMap.from_description(description, "the label map")
    return description


def write_label_map(folder: Path, description: Mapping[str, Any]) -> None:
    """Writes the label map of both halves of a data set.

    Raises:
        UserError: its folder cannot be written to.
    """
    try:
        (folder / LABEL_MAP).mkdir(exist_ok=True)
        for name in FILES:
            write_public_json(folder / LABEL_MAP / name, dict(description))
    except OSError as error:
        raise UserError(
            f"the label map belongs into {folder / LABEL_MAP}, which cannot be written to ({error.strerror})"
        ) from error


def proposed(values: Sequence[int], num_classes: int) -> Proposal | None:
    """Returns the label map that pixel values ask for; None where they are classes as they are, or nothing is clear.

    Args:
        values: that the training masks hold.
    """
    if list(values) == list(range(len(values))) or not values:
        return None
    present = np.zeros(256, bool)
    present[list(values)] = True
    found = one_value_per_class(present, num_classes)
    if found is None:
        return None
    is_plain = list(values) == BLACK_AND_WHITE
    title = "These look like black-and-white masks" if is_plain else f"The masks hold the values {listed(values, 12)}"
    return Proposal(title, _rows(json.loads(found.json)))


def proposed_colours(description: Mapping[str, Any]) -> Proposal:
    """Returns the label map of colours that is proposed for masks that are made of them."""
    return Proposal("The masks are made of colours", _rows(dict(description)))


def _rows(description: dict[str, Any]) -> tuple[LabelRow, ...]:
    return tuple(rows_of(LabelMap.from_description(description, "the label map"), ()))


def _label(text: str) -> str:
    if not re.fullmatch(r"\s*[0-9]{1,3}\s*", text) or int(text) > IGNORE:
        raise UserError(f"a class must be a number of 0 to {IGNORE}, got {text!r:.40}")
    return str(int(text))


def _values(label: str, text: str) -> int | list[int]:
    parts = [part for part in re.split(r"[\s,;]+", text) if part]
    if not all(re.fullmatch("[0-9]{1,3}", part) for part in parts):
        raise UserError(
            f"the pixels of class {label} must be values of 0 to {IGNORE}, or all colours, got {text!r:.80}"
        )
    values = [int(part) for part in parts]
    return values[0] if len(values) == 1 else values


def _colours(label: str, text: str) -> str | list[str]:
    parts = [part for part in re.split(r"[\s,;]+", text) if part]
    if not all(re.fullmatch("#[0-9a-fA-F]{6}", part) for part in parts):
        raise UserError(f'the pixels of class {label} must be colours such as "#4682b4", got {text!r:.80}')
    return parts[0].lower() if len(parts) == 1 else [part.lower() for part in parts]
