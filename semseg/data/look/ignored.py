"""What is said of masks that are ignored, in all their pixels or in most, and of masks of one class alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from semseg.contract.findings import NOTED, REFUSED, WARNED, Finding
from semseg.contract.png_mask import IGNORE
from semseg.data.labels.label_map import LabelMap
from semseg.data.look.counted_files import CountedFiles
from semseg.data.look.mask_values import MaskValues

_UNNAMED = 254  # is no class: they run from 0 to num_classes - 1, and num_classes is at most 254
MOST_IGNORED = 0.5  # of the pixels of a channel, without a word


def ignored_findings(values: MaskValues, label_map: LabelMap, channel: str) -> Iterator[Finding]:
    """Yields what is said of ignored pixels in the masks of one channel, and of masks of one class.

    Args:
        values: of all masks of the channel.
        channel: name of the channel of the masks.
    """
    empty, single = (values.holding_classes(told_apart(label_map), count) for count in (0, 1))
    ignored = np.flatnonzero(ignored_values(label_map) & values.present)
    if empty.count:
        ends, teach = ("is", "teaches") if empty.count == 1 else ("are", "teach")
        told = f"{ends} ignored in all pixels and so {teach} nothing"
        yield _of_masks(REFUSED, "ignored-mask", empty, values, channel, told, ": leave out these samples")
    elif 0 < MOST_IGNORED * values.counts.sum() < values.counts[ignored].sum():
        yield Finding(
            WARNED,
            "much-ignored",
            channel,
            f"{values.share(*ignored)} of the pixels in the masks of channel {channel} are ignored, which is more than "
            f"half: if {label_map.shown_values(ignored)} is a class, such as the background, give it one in a label "
            "map",
        )
    if 0 < single.count < values.masks:
        told = f"{'holds' if single.count == 1 else 'hold'} one class alone"
        yield _of_masks(NOTED, "mask-of-one-class", single, values, channel, told)


def _of_masks(
    level: str, cause: str, files: CountedFiles, values: MaskValues, channel: str, told: str, way_out: str = ""
) -> Finding:
    sentence = f"{files.of(values.masks, 'mask', channel)} {told}, {files.first(channel)}{way_out}"
    return Finding(level, cause, channel, sentence, files.count, files.names)


def told_apart(label_map: LabelMap) -> list[int]:
    """Returns the class of each raw value; values that the label map does not name are one class, and not ignored."""
    return np.where(label_map.known, label_map.table, _UNNAMED).tolist()


def ignored_values(label_map: LabelMap) -> np.ndarray:
    """Returns whether a label map ignores each raw value, (256,) bool."""
    return label_map.known & (label_map.table == IGNORE)
