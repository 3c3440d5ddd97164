"""Which classes the masks of both halves hold, and what users are told of those that are missing."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from semseg.contract.findings import WARNED, Finding
from semseg.contract.png_mask import IGNORE
from semseg.data.labels.label_map import LabelMap
from semseg.data.labels.proposed_map import WRONG_WAY, map_from, one_value_per_class, right_way_round
from semseg.data.look.mask_values import MaskValues


def untaught_classes(
    values: MaskValues, label_map: LabelMap, num_classes: int, channel: str, scored: Collection[int] = ()
) -> Finding | None:
    """Returns the warning that names the classes which no training mask holds, and what to do; None if all are there.

    Args:
        values: of all training masks.
        channel: name of the channel of the masks.
        scored: the classes that validation masks hold.
    """
    classes = label_map.classes(num_classes, values.present)
    missing = [label for label in range(num_classes) if label not in classes]
    needed = [label for label in missing if label in scored]
    advice = f"{_fewer_classes(classes)}, or add samples that hold"
    if needed:
        advice = f"validation masks hold {label_map.shown_classes(needed)}: add training samples that hold"
    elif label_map.is_identity and missing == [0] and len(classes) > 1:
        advice = f"if the ids begin at 1, write the label map {map_from(classes)} and set num_classes to {len(classes)}"
        return _missing(values, missing, label_map, num_classes, channel, "untaught-class", advice)
    return _missing(
        values,
        missing,
        label_map,
        num_classes,
        channel,
        "untaught-class",
        _way_to_all(advice, missing, values, label_map, num_classes),
    )


def unscored_classes(
    values: MaskValues, label_map: LabelMap, num_classes: int, channel: str, taught: Collection[int] | None = None
) -> Finding | None:
    """Returns the warning that names the classes which no validation mask holds; None if all are there.

    Args:
        values: of all validation masks.
        channel: name of the channel of the masks.
        taught: the classes that training masks hold: of others nothing is said; all where it is not known.
    """
    classes = label_map.classes(num_classes, values.present)
    known = range(num_classes) if taught is None else sorted(taught)
    missing = [label for label in known if label not in classes]
    advice = _way_to_all("to have a score, add samples that hold", missing, values, label_map, num_classes)
    return _missing(values, missing, label_map, num_classes, channel, "unscored-class", advice)


def _missing(
    values: MaskValues,
    missing: list[int],
    label_map: LabelMap,
    num_classes: int,
    channel: str,
    cause: str,
    advice: str,
) -> Finding | None:
    if values.unreadable or not missing:
        return None
    are = "is" if len(missing) == 1 else "are"
    named = f"{label_map.shown_classes(missing)} of num_classes {num_classes}"
    sentence = f"{named} {are} in no mask of channel {channel}: {advice}"
    return Finding(WARNED, cause, channel, sentence)


def _way_to_all(advice: str, missing: list[int], values: MaskValues, label_map: LabelMap, num_classes: int) -> str:
    right = right_way_round(label_map, values.present, num_classes)
    if right is not None:
        return f"the label map {WRONG_WAY}: write {right}"
    return f"{advice} {'it' if len(missing) == 1 else 'them'}{_or_255(values, label_map, num_classes)}"


def _fewer_classes(classes: list[int]) -> str:
    """Returns the advice to lower num_classes to the classes that are there."""
    fewer = f"lower num_classes to {len(classes)}"
    has_gaps = bool(classes) and classes[-1] >= len(classes)
    return f"number the classes without gaps in a label map and {fewer}" if has_gaps else fewer


def _or_255(values: MaskValues, label_map: LabelMap, num_classes: int) -> str:
    """Returns the advice to make a class of 255; with the label map to write where that makes all classes complete."""
    if not values.present[IGNORE] or label_map.table[IGNORE] != IGNORE:
        return ""
    ignored = "255" if label_map.colours is None else label_map.shown_values([IGNORE])
    advice = f", or give {ignored}, which is ignored in {values.share(IGNORE)} of the pixels, a class in a label map"
    is_complete = label_map.is_identity and np.count_nonzero(values.present) == num_classes
    proposal = one_value_per_class(values.present, num_classes) if is_complete else None
    return advice if proposal is None else f"{advice}: {proposal.json}"
