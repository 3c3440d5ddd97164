"""Refuses pixel values that are no classes, once for all masks of a channel, and says what they are likely to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from semseg.contract.findings import REFUSED, Finding
from semseg.contract.png_mask import IGNORE
from semseg.data.labels.label_map import LabelMap
from semseg.data.labels.proposed_map import (
    WRONG_WAY,
    divided,
    map_from,
    one_value_per_class,
    right_way_round,
    with_ignored,
)
from semseg.data.look.mask_values import MaskValues

_FEW = 8  # values that may each mean void, or a class of their own
_MUCH = 0.2  # of the pixels, that void seldom has
_MOST_CLASSES = 254
_LEAST_DENSE = 0.5  # of the values below the highest one: ids are dense, colours and grey levels are not


def value_findings(
    values: MaskValues, label_map: LabelMap, num_classes: int, channel: str, masks: int | None = None
) -> list[Finding]:
    """Returns the refusals of pixel values that the label map does not name, and of those of classes that the job does
    not have.

    Args:
        values: of masks of the channel.
        channel: name of the channel of the masks.
        masks: how many it has; those of ``values`` where it is not given.
    """
    found = _Found(values, label_map, channel, values.masks if masks is None else masks)
    unnamed, beyond = _wrong(values, label_map, num_classes)
    if not len(unnamed) + len(beyond):
        return []
    right = right_way_round(label_map, values.present, num_classes)
    if right is not None:
        wrong = np.union1d(unnamed, beyond)
        return [found.of("label-map-reversed", wrong, "no classes by it", f"the label map {WRONG_WAY}: write {right}")]
    told = []
    if len(unnamed):
        told.append(found.of("unnamed-value", unnamed, "not in the label map", _named(unnamed, label_map, num_classes)))
    if len(beyond):
        why, way_out = f"no class of num_classes {num_classes}", _within(values, beyond, label_map, num_classes)
        told.append(found.of("value-beyond-classes", beyond, why, way_out))
    return told


def are_others_wrong(values: MaskValues, label_map: LabelMap, num_classes: int, known: np.ndarray) -> bool:
    """Returns whether pixel values are no classes that are not ``known``, (256,) bool, to be wrong."""
    return any(bool((~known[wrong]).any()) for wrong in _wrong(values, label_map, num_classes))


def _wrong(values: MaskValues, label_map: LabelMap, num_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the raw values that the label map does not name, and those of classes that there are not."""
    unnamed = values.present & ~label_map.known
    beyond = values.present & label_map.known & ~label_map.allowed(num_classes)
    return np.flatnonzero(unnamed), np.flatnonzero(beyond)


@dataclass(frozen=True)
class _Found:
    """Makes the findings of the masks of one channel."""

    values: MaskValues
    label_map: LabelMap
    channel: str
    masks: int

    def of(self, cause: str, wrong: np.ndarray, why: str, way_out: str) -> Finding:
        """Returns the refusal of some pixel values, which are ``why``."""
        holders, raw = self.values.holding(wrong.tolist()), wrong.tolist()
        are = "is" if len(raw) == 1 else "are"
        sentence = (
            f"{self.label_map.shown_values(raw)} {are} in {holders.of(self.masks, 'mask', self.channel)} "
            f"({self.values.share(*raw)} of the pixels), {holders.first(self.channel)}, and {are} {why}: {way_out}"
        )
        return Finding(REFUSED, cause, self.channel, sentence, holders.count, holders.names)


def _named(wrong: np.ndarray, label_map: LabelMap, num_classes: int) -> str:
    """Returns the way out for values that a label map leaves out."""
    if len(wrong) > _FEW:
        return f'name those of each class, and those that mean void under key "{IGNORE}"'
    means, it, a_class = ("it means", "it", "a class") if len(wrong) == 1 else ("they mean", "them", "classes")
    return (
        f"if {means} void, write {with_ignored(label_map, wrong.tolist(), num_classes)}, else give {it} {a_class} there"
    )


def _within(values: MaskValues, wrong: np.ndarray, label_map: LabelMap, num_classes: int) -> str:
    """Returns the way out for values of classes that the job does not have."""
    labels = label_map.table[wrong]
    if not label_map.is_identity:
        return f'set num_classes to {int(labels.max()) + 1}, or give another class or key "{IGNORE}" in the label map'
    present = [int(value) for value in np.flatnonzero(values.present) if value != IGNORE]
    return (
        _renumbered(values, wrong, present, num_classes) or _void_or_more(wrong, values, num_classes) or _many(present)
    )


def _renumbered(values: MaskValues, wrong: np.ndarray, present: Sequence[int], num_classes: int) -> str | None:
    """Returns the way out where the values are all the classes, otherwise numbered; None where they are not."""
    scale = divided(values.present, num_classes)
    with_255 = len(present) + 1 == num_classes and values.present[IGNORE]
    if scale is not None and not with_255:
        return f"the classes are multiples of one number: write the label map {scale}"
    if 0 not in present and present[-1] == num_classes:
        return f"the ids begin at 1, no pixel is 0: write the label map {map_from(range(1, num_classes + 1))}"
    proposal = one_value_per_class(values.present, num_classes)
    if proposal is not None and proposal.num_classes == num_classes and (len(present) == num_classes or with_255):
        classes = f"if these values are the {num_classes} classes, write the label map {proposal.json}"
        return f"{classes}; {_void(wrong, num_classes)}" if len(wrong) == 1 else classes
    return None


def _void(wrong: np.ndarray, num_classes: int) -> str:
    ignoring = with_ignored(LabelMap.identity(), wrong.tolist(), num_classes)
    return f"if {'it means' if len(wrong) == 1 else 'they mean'} void, write the label map {ignoring}"


def _void_or_more(wrong: np.ndarray, values: MaskValues, num_classes: int) -> str | None:
    """Returns the way out for a few values, the likely one first: they mean void, or are classes of their own."""
    if len(wrong) > _FEW:
        return None
    void = _void(wrong, num_classes)
    are_classes = "it is a class" if len(wrong) == 1 else "they are classes"
    highest = int(wrong[-1])
    if highest >= min(num_classes + len(wrong), _MOST_CLASSES):
        return f"{void}; if {are_classes}, number all classes from 0 there"
    more = f"if {are_classes}, set num_classes to {highest + 1}"
    return f"{more}; {void}" if values.counts[wrong].sum() > _MUCH * values.counts.sum() else f"{void}; {more}"


def _many(present: Sequence[int]) -> str:
    highest = present[-1]
    if highest < _MOST_CLASSES and len(present) >= _LEAST_DENSE * (highest + 1):
        return (
            f"if these are classes, set num_classes to {highest + 1}; if they number objects, save the objects' classes"
        )
    return (
        "if these are grey levels or colours, save class ids instead; if ids, name those of each class in a label map"
    )
