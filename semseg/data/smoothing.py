"""Finds masks that were scaled or smoothed by interpolation, or were once JPEG files.

Most of their pixels have few flat values. Along the edges stand many others, each in a few pixels, that are no classes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from semseg.contract.findings import REFUSED, Finding
from semseg.data.counted_files import CountedFiles
from semseg.data.label_map import LabelMap
from semseg.data.mask_values import MaskValues
from semseg.plumbing.counted import listed, percent

# Measured on masks of 2 and 3 classes after bilinear, bicubic and Lanczos scaling by 0.6 to 2, Gaussian blur and JPEG
# of quality 30 to 95, and on CamVid, on masks of up to 250 classes and on masks of up to 240 objects.
_FLAT_SHARE = 0.01  # of the pixels, that a flat value has at least
_NEAR = 4  # within so many values of a flat one all others together have fewer pixels than it
_FEWEST_OTHERS = 4  # different values beside the flat ones: an edge drawn with a value of its own is none
_MOST_MEAN_SHARE = 0.015  # of the pixels, that one of the other values has on average
_MOST_SHARE = 0.03  # of the pixels, that one of them has
_BESIDE = 2  # so near to a flat value another one may have more pixels: JPEG moves whole areas by one
_BEYOND = 24  # JPEG and sharp filters go so far beyond the lowest and the highest flat value
_ZONE = 0.3  # of the way between the lowest and the highest flat value: other values stand near both
_LEAST_BALANCE = 0.4  # of the different values near the one to those near the other: ids of objects stand near one
_COMMON = 0.25  # of the smoothed masks, in which a value must be flat to be one of the channel's


class SmoothedMasks:
    """The masks of a channel that look smoothed. Whether they are depends on what their values mean.

    Attributes:
        values: counts the pixel values of these masks alone.
        flat_in: (256,) int64, in how many of these masks each raw value is flat.
    """

    def __init__(self) -> None:
        self.values = MaskValues()
        self.files = CountedFiles()
        self.flat_in = np.zeros(256, np.int64)

    def add(self, counts: np.ndarray, name: str) -> None:
        """Looks at one mask.

        Args:
            counts: (256,) integers, its number of pixels of each raw value.
        """
        flat = flat_values(counts)
        if looks_smoothed(counts, flat):
            self.values.add(counts, name)
            self.files.add(name)
            self.flat_in[flat] += 1

    def flat_values(self) -> list[int]:
        """Returns the values that are flat in many of these masks."""
        return [int(value) for value in np.flatnonzero(self.flat_in >= max(1, _COMMON * self.files.count))]

    def facts(self) -> dict[str, Any]:
        """Returns what the report keeps."""
        return {"masks_that_look_smoothed": self.files.count}


def flat_values(counts: np.ndarray) -> np.ndarray:
    """Returns the raw values that many pixels of a mask have, and few pixels a value near them, in rising order."""
    sums = np.concatenate([[0], np.cumsum(counts)])
    values = np.flatnonzero(counts >= max(1, _FLAT_SHARE * sums[-1]))
    around = sums[np.minimum(256, values + _NEAR + 1)] - sums[np.maximum(0, values - _NEAR)]
    return np.asarray(values[2 * counts[values] > around])


def looks_smoothed(counts: np.ndarray, flat: np.ndarray) -> bool:
    """Returns whether the histogram of one mask is that of a smoothed one.

    Args:
        counts: (256,) integers, the number of pixels of each raw value.
        flat: as of :func:`flat_values`.
    """
    if len(flat) < 2:
        return False
    others = counts.copy()
    others[flat] = 0
    different, pixels, total = np.count_nonzero(others), others.sum(), counts.sum()
    if different < _FEWEST_OTHERS or 2 * pixels > total or pixels > _MOST_MEAN_SHARE * different * total:
        return False
    lowest, highest = int(flat[0]), int(flat[-1])
    within = others[max(0, lowest - _BEYOND) : highest + _BEYOND + 1].sum()
    return bool(within >= 0.9 * pixels and _largest_apart(others, flat) <= _MOST_SHARE * total) and _stand_near_both(
        others, lowest, highest
    )


def _largest_apart(others: np.ndarray, flat: np.ndarray) -> int:
    """Returns the most pixels that one value has which is not beside a flat one."""
    apart = others.copy()
    for value in flat:
        apart[max(0, value - _BESIDE) : value + _BESIDE + 1] = 0
    return int(apart.max())


def _stand_near_both(others: np.ndarray, lowest: int, highest: int) -> bool:
    zone = max(1, int(_ZONE * (highest - lowest)))
    near = [
        np.count_nonzero(others[lowest + 1 : lowest + zone + 1]),
        np.count_nonzero(others[highest - zone : highest]),
    ]
    return min(near) >= max(1, _LEAST_BALANCE * max(near))


def smoothed_finding(
    smoothed: SmoothedMasks, values: MaskValues, label_map: LabelMap, num_classes: int, channel: str
) -> Finding | None:
    """Returns the refusal of smoothed masks; None where there are none, or their values are classes after all.

    Args:
        values: of all masks of the channel.
        channel: name of the channel of the masks.
    """
    flat = smoothed.flat_values()
    if not smoothed.files.count or len(flat) < 2:
        return None
    wrong = ~_meant(label_map, num_classes)
    wrong[flat] = False
    wrong_values = np.flatnonzero(wrong & smoothed.values.present)
    if len(wrong_values) < _FEWEST_OTHERS or 2 * smoothed.files.count < values.holding(wrong_values).count:
        return None
    files = smoothed.files
    counts = smoothed.values.counts
    were = "was" if files.count == 1 else "were"
    at_flat = percent(int(counts[flat].sum()), int(counts.sum()))
    cut = f"cut them at {(flat[0] + flat[1]) // 2}" if len(flat) == 2 else "give each pixel the nearest of these values"
    return Finding(
        REFUSED,
        "smoothed-masks",
        channel,
        f"{files.of(values.masks, 'mask', channel)} {were} scaled or smoothed with interpolation, or once JPEG files, "
        f"{files.first(channel)} ({np.count_nonzero(counts)} different values, {at_flat} of the pixels at "
        f"{listed(flat, 4)}, the others at edges): scale masks by nearest neighbour and save them as PNG, or {cut}",
        files.count,
        files.names,
    )


def _meant(label_map: LabelMap, num_classes: int) -> np.ndarray:
    """Returns which raw values a label map gives a meaning on purpose, (256,) bool: of a scale its multiples alone."""
    meant = label_map.allowed(num_classes)
    scale = label_map.description.get("scale", 1)
    return meant & (np.arange(256) % int(scale) == 0) if "scale" in label_map.description else meant
