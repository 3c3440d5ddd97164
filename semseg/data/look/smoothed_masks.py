"""Masks that were scaled or smoothed with interpolation, or once saved as JPEG, among the masks of a channel."""

from __future__ import annotations

import numpy as np

from semseg.contract.findings import REFUSED, Finding
from semseg.data.labels.label_map import LabelMap
from semseg.data.look.counted_files import CountedFiles
from semseg.data.look.mask_values import MaskValues
from semseg.data.look.smoothing import FEWEST_AT_EDGES, at_edges, looks_smoothed
from semseg.data.pictures.facts import MaskFacts
from semseg.plumbing.counted import listed, percent

SMOOTHED = "smoothed-masks"  # the cause of the finding
_TOLD = "scaled or smoothed with interpolation, or once saved as JPEG"
_FLAT_SHARE = 0.01  # of the pixels of a mask, that a value has which its areas have
_COMMON = 0.25  # of the smoothed masks, whose areas must have a value that is told


class SmoothedMasks:
    """The masks of a channel that look smoothed. Whether they are depends on what their values mean.

    Attributes:
        values: counts the pixel values of these masks alone.
        files: these masks.
        edges: (256,) bool, the raw values that stand at edges alone in one of them.
        areas: (256,) bool, the raw values that make areas in some mask of the channel.
    """

    def __init__(self) -> None:
        self.values = MaskValues()
        self.files = CountedFiles()
        self.edges, self.areas = np.zeros(256, bool), np.zeros(256, bool)
        self._flat_in = np.zeros(256, np.int64)  # in how many of these masks each raw value has much of the areas

    def take(self, facts: MaskFacts, name: str) -> bool:
        """Takes in one mask if it looks smoothed, and returns whether it does."""
        edges = at_edges(facts)
        self.areas |= (facts.counts > 0) & ~edges
        if not looks_smoothed(facts):
            return False
        self.values.add(facts.counts, name)
        self.files.add(name)
        self.edges |= edges
        self._flat_in += ~edges & (facts.counts >= _FLAT_SHARE * facts.counts.sum())
        return True

    def flat_values(self) -> list[int]:
        """Returns the values that have much of the areas in many of these masks."""
        return [int(value) for value in np.flatnonzero(self._flat_in >= max(1, _COMMON * self.files.count))]

    @property
    def at_edges_alone(self) -> np.ndarray:
        """Returns the raw values that stand at edges in one of them and make no area in any mask, (256,) bool."""
        return self.edges & ~self.areas

    def are_no_classes(self, label_map: LabelMap, num_classes: int) -> bool:
        """Returns whether several of the values at edges mean nothing."""
        return bool(np.count_nonzero(self.at_edges_alone & ~_meant(label_map, num_classes)) >= FEWEST_AT_EDGES)


def smoothed_finding(
    smoothed: SmoothedMasks, plain: MaskValues, label_map: LabelMap, num_classes: int, channel: str
) -> Finding | None:
    """Returns the refusal of smoothed masks; None where there are none, or their values are classes after all.

    Args:
        smoothed: the masks that look smoothed.
        plain: the values of all other masks of the channel.
        channel: name of the channel of the masks.
    """
    if not smoothed.are_no_classes(label_map, num_classes):
        return None
    files = smoothed.files
    were = "was" if files.count == 1 else "were"
    of_all, first = files.of(plain.masks + files.count, "mask", channel), files.first(channel)
    sentence = f"{of_all} {were} {_TOLD}, {first} {_seen(smoothed)}"
    return Finding(REFUSED, SMOOTHED, channel, sentence, files.count, files.names)


def smoothed_problem(facts: MaskFacts, label_map: LabelMap, num_classes: int, name: str) -> str | None:
    """Returns the sentence that refuses one mask because it is smoothed; None where it is not.

    Args:
        name: what the sentence calls it.
    """
    alone = SmoothedMasks()
    if alone.take(facts, name) and alone.are_no_classes(label_map, num_classes):
        return f"{name} was {_TOLD} {_seen(alone)}"
    return None


def _seen(smoothed: SmoothedMasks) -> str:
    """Returns what is seen of smoothed masks, and the way out."""
    counts, flat = smoothed.values.counts, smoothed.flat_values()
    at_flat = percent(int(counts[flat].sum()), int(counts.sum()))
    cut = f"cut them at {(flat[0] + flat[1]) // 2}" if len(flat) == 2 else "give each pixel the nearest of these values"
    return (
        f"({np.count_nonzero(counts)} different values, {at_flat} of the pixels at {listed(flat, 4)}, the others at "
        f"edges): scale masks by nearest neighbour and save them as PNG, or {cut}"
    )


def _meant(label_map: LabelMap, num_classes: int) -> np.ndarray:
    """Returns which raw values a label map gives a meaning on purpose, (256,) bool: of a scale its multiples alone."""
    scale = int(label_map.description.get("scale", 1))
    return label_map.allowed(num_classes) & (np.arange(256) % scale == 0)
