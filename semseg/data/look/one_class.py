"""Refuses masks of which one class alone is left to learn, with the label map to write."""

from __future__ import annotations

import json

from semseg.contract.findings import REFUSED, Finding
from semseg.contract.png_mask import IGNORE
from semseg.data.labels.label_map import LabelMap
from semseg.data.labels.proposed_map import WRONG_WAY, one_value_per_class, right_way_round
from semseg.data.look.mask_values import MaskValues
from semseg.plumbing.counted import counted

_SHOWN_VALUES = 4
_SHOWN_MAP = 120  # characters of a label map's JSON

_ONE_VALUE = (
    "the masks hold one value alone, which no label map can divide: look at how they were written, or add samples with "
    "a second class"
)

_ONE_COLOUR = (
    "the masks hold the colours of one class alone: look at how they were written, or add samples with a second class"
)
_COLOUR_EACH = 'give each class its colours in the label map, {"colors": {"<class>": "#rrggbb"}}'


def one_class(values: MaskValues, label_map: LabelMap, num_classes: int, channel: str) -> Finding | None:
    """Returns the refusal of masks of which one class is left to learn, or none; None where all is well.

    Returns None if a mask could not be read, because a second class may be in it.

    Args:
        values: of all training masks.
        channel: name of the channel of the masks.
    """
    classes = label_map.classes(num_classes, values.present)
    if values.unreadable or len(classes) > 1:
        return None
    sentence = (
        f"channel {channel} must hold two classes at least, or there is nothing to learn, "
        f"got {_alone(classes, label_map, num_classes)}: "
        f"{_fates(values, label_map, num_classes)} ({_rule(label_map)}): "
        f"{_way_out(values, label_map, num_classes)}"
    )
    return Finding(REFUSED, "one-class", channel, sentence, values.masks)


def one_class_map(label_map: LabelMap, num_classes: int, channel: str) -> Finding | None:
    """Returns the refusal of a label map by which every mask has one class or none; None where all is well.

    This is known before any mask has come.

    Args:
        channel: name of the channel of the images.
    """
    classes = label_map.classes(num_classes)
    if len(classes) > 1:
        return None
    turned = label_map.turned_round()
    way_out = 'give each class a pixel value, {"map": {"<class>": <pixel value>}}'
    if label_map.colours is not None:
        way_out = _COLOUR_EACH
    if turned is not None and len(turned.classes(num_classes)) > 1:
        way_out = f"it {WRONG_WAY}: write {json.dumps(turned.description)}"
    sentence = (
        f"the label map of channel {channel} must lead to two classes at least, or there is nothing to learn, "
        f"got {_alone(classes, label_map, num_classes)} from {_shown(label_map)}: {way_out}"
    )
    return Finding(REFUSED, "one-class", channel, sentence)


def _alone(classes: list[int], label_map: LabelMap, num_classes: int) -> str:
    of = f"of num_classes {num_classes}"
    return f"{label_map.shown_class(classes[0])} {of} alone" if classes else f"none {of}"


def _fates(values: MaskValues, label_map: LabelMap, num_classes: int) -> str:
    """Returns a text that says what the most common pixel values become, each with its share of the pixels."""
    common = values.most_common()
    told: list[str] = []
    for value in common[:_SHOWN_VALUES]:
        pixels = "" if told else " of the pixels"
        fate = _fate(value, label_map, num_classes)
        told.append(f"{label_map.shown_values([value])} in {values.share(value)}{pixels} {fate}")
    more = len(common) - len(told)
    return ", ".join(told) + (f" and {counted(more, 'more value')}" if more else "")


def _fate(value: int, label_map: LabelMap, num_classes: int) -> str:
    label = int(label_map.table[value])
    if not label_map.known[value]:
        return "is not named"
    if label == IGNORE:
        return "is ignored"
    return f"{'is' if label < num_classes else 'would be'} {label_map.shown_class(label)}"


def _rule(label_map: LabelMap) -> str:
    if label_map.is_identity:
        return "a pixel value is its class, and 255 means ignore"
    return f"by the label map {_shown(label_map)}"


def _shown(label_map: LabelMap) -> str:
    text = json.dumps(label_map.description)
    return text if len(text) <= _SHOWN_MAP else f"{text[:_SHOWN_MAP]}..."


def _way_out(values: MaskValues, label_map: LabelMap, num_classes: int) -> str:
    right = right_way_round(label_map, values.present, num_classes)
    if right is not None:
        return f"the label map {WRONG_WAY}: write {right}"
    if len(values.most_common()) == 1:
        return _ONE_VALUE if label_map.colours is None else _ONE_COLOUR
    if label_map.colours is not None:
        return _COLOUR_EACH
    proposal = one_value_per_class(values.present, num_classes)
    if proposal is None:
        return (
            f"the masks hold {len(values.most_common())} different values: name those of each class in a label map, "
            '{"map": {"<class>": [<pixel value>, <pixel value>]}}'
        )
    raised = "" if proposal.num_classes == num_classes else f"set num_classes to {proposal.num_classes} and "
    return (
        f"if these values are classes, {raised}write {proposal.json} into train_label_map.json of channel label_map, "
        "and into validation_label_map.json for masks of the same kind"
    )
