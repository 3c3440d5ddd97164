"""Masks that were scaled or smoothed with interpolation, or once saved as JPEG, among the masks of a channel."""

from __future__ import annotations

import numpy as np

from semseg.contract.findings import REFUSED, Finding
from semseg.data.counted_files import CountedFiles
from semseg.data.label_map import LabelMap
from semseg.data.mask_values import MaskValues
from semseg.data.smoothing import FEWEST_OTHERS, flat_values, looks_smoothed
from semseg.plumbing.counted import listed, percent

SMOOTHED = "smoothed-masks"  # the cause of the finding
_TOLD = "scaled or smoothed with interpolation, or once saved as JPEG"
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
        if np.count_nonzero(counts) < FEWEST_OTHERS + 2:
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
    if len(wrong) < FEWEST_OTHERS:
        return False
    own = np.count_nonzero(meaningless & ~plain.present)
    return own >= max(_MANY, len(wrong) / 2) or smoothed.files.count >= plain.holding(wrong).count


def _meant(label_map: LabelMap, num_classes: int) -> np.ndarray:
    """Returns which raw values a label map gives a meaning on purpose, (256,) bool: of a scale its multiples alone."""
    scale = int(label_map.description.get("scale", 1))
    return label_map.allowed(num_classes) & (np.arange(256) % scale == 0)
