"""What a page shows of a checked data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from semseg.console.data_checks import DataCheck
from semseg.console.label_map_form import LabelRow, Proposal, proposed, proposed_colours, rows_of
from semseg.console.request_body import Form
from semseg.contract.channels import TRAIN
from semseg.contract.findings import NOTED, REFUSED, WARNED
from semseg.contract.png_mask import IGNORE
from semseg.data.labels.label_map import LabelMap
from semseg.drawing.class_colours import hex_colour
from semseg.inspection.class_shares import ClassShare
from semseg.inspection.inspected import Inspected

KINDS = {REFUSED: "bad", WARNED: "warn", NOTED: "note"}


@dataclass(frozen=True)
class ShownClass:
    """A class with its colour, "#rrggbb"."""

    share: ClassShare
    colour: str


@dataclass(frozen=True)
class ShownFinding:
    """A sentence of the check; ``kind`` names its look: "bad", "warn" or "note"."""

    kind: str
    sentence: str


@dataclass(frozen=True)
class DataView:
    """What a page shows.

    Attributes:
        found: by the check.
        classes: those that are there, or that a name says there are.
        most: the largest share of a class, which the longest bar stands for.
        findings: what is to be told.
        rows: of the label map's form.
        proposal: a label map that is likely meant; None where none is.
        uses_colours: whether masks are read by their colours.
    """

    found: Inspected
    classes: tuple[ShownClass, ...]
    most: float
    findings: tuple[ShownFinding, ...]
    rows: tuple[LabelRow, ...]
    proposal: Proposal | None
    uses_colours: bool


def view_of(check: DataCheck, label_map: LabelMap, colours: np.ndarray, form: Form | None) -> DataView | None:
    """Returns what is to be shown of a data set; None where nothing was found.

    Args:
        colours: (256, 3) uint8, of the classes.
        form: of a label map that was refused, which is shown again as it was written.
    """
    found = check.found
    if found is None:
        return None
    rows = rows_of(label_map, [*range(len(found.classes)), IGNORE]) if form is None else _as_written(form)
    findings = tuple(ShownFinding(KINDS[one.level], one.sentence) for one in found.report.findings)
    return DataView(
        found,
        tuple(ShownClass(one, hex_colour(colours[one.number])) for one in found.classes),
        max([0.0, *(share for one in found.classes for share in (one.training, one.validation))]),
        findings,
        tuple(rows),
        _proposal(check, found, label_map),
        label_map.colours is not None,
    )


def _proposal(check: DataCheck, found: Inspected, label_map: LabelMap) -> Proposal | None:
    if check.colours:
        return proposed_colours(check.colours)
    values: Sequence[str] = list(found.report.channels.get(TRAIN, {}).get("pixel_values", {}))
    if not label_map.is_identity or not found.is_refused:
        return None
    return proposed(sorted(map(int, values)), found.suggestion.num_classes)


def _as_written(form: Form) -> list[LabelRow]:
    rows = zip(form.get("label", []), form.get("pixels", []), form.get("name", []))
    return [LabelRow(int(label) if label.strip().isdecimal() else 0, pixels, name) for label, pixels, name in rows]
