"""Finds masks that were scaled or smoothed by interpolation, or were once JPEG files.

Most of their pixels have few flat values. Along the edges stand many others, each in a few pixels, that are no classes.
"""

from __future__ import annotations

import numpy as np

from semseg.contract.findings import REFUSED, Finding
from semseg.data.counted_files import CountedFiles
from semseg.data.label_map import LabelMap
from semseg.data.mask_values import MaskValues
from semseg.plumbing.counted import listed, percent

_VALUES = np.arange(256)
SMOOTHED = "smoothed-masks"  # the cause of the finding
_TOLD = "scaled or smoothed with interpolation, or once saved as JPEG"

# Measured on masks of 2 and 3 classes after bilinear, bicubic and Lanczos scaling by 0.6 to 2, Gaussian blur and JPEG
# of quality 30 to 95, and on CamVid, on masks of up to 250 classes and on masks of up to 240 objects.
_FLAT_SHARE = 0.01  # of the pixels, that a flat value has at least
_FLAT_TIMES = 2  # as many pixels as the next, that the value of a small object has
_NEAR = 4  # within so many values of a flat one all others together have fewer pixels than it
_FEWEST_OTHERS = 4  # different values beside the flat ones: an edge drawn with a value of its own is none
_MOST_MEAN_SHARE = 0.015  # of the pixels, that one of the other values has on average
_MOST_SHARE = 0.03  # of the pixels, that one of them has which is not beside a flat one
_APART_SHARE = 0.4  # of the pixels, that all of those have; there are fewer of them the nearer the flat values are, and
_APART_MEAN_SHARE = 0.004  # so much they may have on average in any case
_BESIDE = 2  # so near to a flat value another one may have more pixels: JPEG moves whole areas by one
_BEYOND = 24  # JPEG and sharp filters go so far beyond the lowest and the highest flat value
_ZONE = 0.3  # of the way between the lowest and the highest flat value: other values stand near both
_LEAST_BALANCE = 0.4  # of the different values near the one to those near the other: ids of objects stand near one
_MANY = 32  # values that a mask among others of many classes does not have of its own
_COMMON = 0.25  # of the smoothed masks, in which a value must be flat to be one of the channel's


class SmoothedMasks:
    """The masks of a channel that look smoothed. Whether they are depends on what their values mean.

    Attributes:
        values: counts the pixel values of these masks alone.
        files: these masks.
    """

    def __init__(self) -> None:
        self.values = MaskValues()
        self.files = CountedFiles()
        self._flat_in = np.zeros(256, np.int64)  # in how many of these masks each raw value is flat

    def take(self, counts: np.ndarray, name: str) -> bool:
        """Takes in one mask if it looks smoothed, and returns whether it does.

        Args:
            counts: (256,) integers, its number of pixels of each raw value.
        """
        if np.count_nonzero(counts) < _FEWEST_OTHERS + 2:
            return False
        flat = flat_values(counts)
        if not looks_smoothed(counts, flat):
            return False
        self.values.add(counts, name)
        self.files.add(name)
        self._flat_in[flat] += 1
        return True

    def flat_values(self) -> list[int]:
        """Returns the values that are flat in many of these masks, in two at least where there are two."""
        fewest = max(min(2, self.files.count), _COMMON * self.files.count)
        return [int(value) for value in np.flatnonzero(self._flat_in >= fewest)]


def flat_values(counts: np.ndarray) -> np.ndarray:
    """Returns the raw values that many pixels of a mask have, and few pixels a value near them, in rising order; also
    the one of a small object, which has fewer pixels, but many more than the next.
    """
    sums = np.concatenate([[0], np.cumsum(counts)])
    around = sums[np.minimum(256, _VALUES + _NEAR + 1)] - sums[np.maximum(0, _VALUES - _NEAR)]
    peaks = np.flatnonzero((2 * counts > around) & (counts > 0))
    falling = peaks[np.argsort(-counts[peaks], kind="stable")]
    many = np.count_nonzero(counts[falling] >= _FLAT_SHARE * sums[-1])
    heights = [*counts[falling].tolist(), 0, 0]
    return np.sort(falling[: many + (heights[many] >= _FLAT_TIMES * heights[many + 1])])


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
    return (
        bool(within >= 0.9 * pixels) and _are_sparse(others, flat, total) and _stand_near_both(others, lowest, highest)
    )


def _are_sparse(others: np.ndarray, flat: np.ndarray, total: int) -> bool:
    """Returns whether the values that are not beside flat ones have few pixels each, as edges have."""
    apart, between = others.copy(), int(flat[-1] - flat[0])
    for value in flat:
        apart[max(0, value - _BESIDE) : value + _BESIDE + 1] = 0
        between -= 2 * _BESIDE + 1
    most_mean = max(_APART_MEAN_SHARE, min(_MOST_MEAN_SHARE, _APART_SHARE / max(1, between)))
    return bool(apart.max() <= _MOST_SHARE * total and apart.sum() <= most_mean * total * np.count_nonzero(apart))


def _stand_near_both(others: np.ndarray, lowest: int, highest: int) -> bool:
    zone = max(1, int(_ZONE * (highest - lowest)))
    near = [
        np.count_nonzero(others[lowest + 1 : lowest + zone + 1]),
        np.count_nonzero(others[highest - zone : highest]),
    ]
    return min(near) >= max(1, _LEAST_BALANCE * max(near))


def smoothed_finding(
    smoothed: SmoothedMasks, plain: MaskValues, label_map: LabelMap, num_classes: int, channel: str
) -> Finding | None:
    """Returns the refusal of smoothed masks; None where there are none, or their values are classes after all.

    Args:
        smoothed: the masks that look smoothed.
        plain: the values of all other masks of the channel.
        channel: name of the channel of the masks.
    """
    flat = smoothed.flat_values()
    if len(flat) < 2 or not _are_no_classes(smoothed, plain, flat, label_map, num_classes):
        return None
    files = smoothed.files
    were = "was" if files.count == 1 else "were"
    of_all, first = files.of(plain.masks + files.count, "mask", channel), files.first(channel)
    sentence = f"{of_all} {were} {_TOLD}, {first} {_seen(smoothed, flat)}"
    return Finding(REFUSED, SMOOTHED, channel, sentence, files.count, files.names)


def smoothed_problem(counts: np.ndarray, label_map: LabelMap, num_classes: int, name: str) -> str | None:
    """Returns the sentence that refuses one mask because it is smoothed; None where it is not.

    Args:
        counts: (256,) integers, its number of pixels of each raw value.
        name: what the sentence calls it.
    """
    alone = SmoothedMasks()
    if not alone.take(counts, name) or not _are_no_classes(
        alone, MaskValues(), alone.flat_values(), label_map, num_classes
    ):
        return None
    return f"{name} was {_TOLD} {_seen(alone, alone.flat_values())}"


def _seen(smoothed: SmoothedMasks, flat: list[int]) -> str:
    """Returns what is seen of smoothed masks, and the way out."""
    counts = smoothed.values.counts
    at_flat = percent(int(counts[flat].sum()), int(counts.sum()))
    cut = f"cut them at {(flat[0] + flat[1]) // 2}" if len(flat) == 2 else "give each pixel the nearest of these values"
    return (
        f"({np.count_nonzero(counts)} different values, {at_flat} of the pixels at {listed(flat, 4)}, the others at "
        f"edges): scale masks by nearest neighbour and save them as PNG, or {cut}"
    )


def _are_no_classes(
    smoothed: SmoothedMasks, plain: MaskValues, flat: list[int], label_map: LabelMap, num_classes: int
) -> bool:
    """Returns whether several values beside the flat ones have no meaning, and are not those of other masks as well: of
    many classes some masks look smoothed.
    """
    meaningless = ~_meant(label_map, num_classes) & smoothed.values.present
    meaningless[flat] = False
    wrong = np.flatnonzero(meaningless)
    if len(wrong) < _FEWEST_OTHERS:
        return False
    own = np.count_nonzero(meaningless & ~plain.present)
    return own >= max(_MANY, len(wrong) / 2) or smoothed.files.count >= plain.holding(wrong).count


def _meant(label_map: LabelMap, num_classes: int) -> np.ndarray:
    """Returns which raw values a label map gives a meaning on purpose, (256,) bool: of a scale its multiples alone."""
    scale = int(label_map.description.get("scale", 1))
    return label_map.allowed(num_classes) & (np.arange(256) % scale == 0)
