"""Reads one sample and checks it, in the midst of a job."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Optional, Protocol

import numpy as np

from semseg.contract.png_mask import IGNORE
from semseg.contract.problems import raise_problems
from semseg.contract.sample_order import sample_order
from semseg.data.labels.label_map import LabelMap
from semseg.data.look.channel_look import ChannelLook
from semseg.data.look.mask_values import MaskValues
from semseg.data.look.smoothed_masks import smoothed_problem
from semseg.data.pictures.facts import ImageFacts, MaskFacts
from semseg.data.pictures.image_files import look_at_image, look_at_mask, read_image, read_mask
from semseg.data.pictures.picture import Picture
from semseg.data.pictures.picture_reading import AS_STORED, PictureReading
from semseg.data.samples import Sample
from semseg.errors import ChannelError, ImageError
from semseg.plumbing.counted import counted
from semseg.plumbing.ordered_map import ordered_map

_SHOWN_VALUES = 5

Pixels = tuple[np.ndarray, np.ndarray]  # of an image and of its mask


class NamedSample(Protocol):
    """A sample to be checked: two pictures, and the names that an error gives them."""

    @property
    def image(self) -> Picture: ...

    @property
    def mask(self) -> Picture: ...

    def shown(self, channel: str) -> tuple[str, str]:
        """Returns the names of the image and of the mask in an error; ``channel`` is the channel of the images."""
        ...


def read_checked(
    sample: NamedSample,
    label_map: LabelMap,
    num_classes: int,
    channel: str,
    look: Optional[ChannelLook] = None,
    reading: PictureReading = AS_STORED,
) -> Pixels:
    """Reads and checks one sample as the check before training does, and lets ``look`` take it in.

    Returns:
        The image, (H, W, 3) uint8 RGB, and the mask, (H, W) uint8 class per pixel, 255 = ignore.

    Raises:
        ChannelError: with every problem of this sample.
    """
    judged = _judged(sample, label_map, num_classes, channel, reading)
    if look is not None and judged.problems:
        look.leave_out()
    elif look is not None:
        look.add(sample.shown(channel), judged.image_facts, judged.mask_facts)
    return judged.usable(label_map)


def read_again(
    sample: NamedSample, label_map: LabelMap, num_classes: int, channel: str, reading: PictureReading = AS_STORED
) -> Pixels:
    """Reads one sample that was found in order before training, and sees whether it still is: others may write to its
    files.

    Returns: as :func:`read_checked`.

    Raises:
        ChannelError: naming both files, if one of them is no longer in order.
    """
    image_name, mask_name = sample.shown(channel)
    with contextlib.suppress(ImageError):  # all that is wrong is told below
        image = read_image(sample.image, image_name, reading)
        mask = read_mask(sample.mask, mask_name, label_map.colours)
        classes = label_map.apply_allowed(mask, num_classes)
        if classes is not None and image.shape[:2] == mask.shape:
            return image, classes
    judged = _judged(sample, label_map, num_classes, channel, reading)
    if judged.problems:
        raise ChannelError(
            f"{image_name} and {mask_name} must stay as they are until the job has ended, but they changed since they "
            f"were checked: {'; '.join(judged.problems)}"
        )
    return judged.usable(label_map)


def count_until_two_classes(
    samples: Sequence[Sample], label_map: LabelMap, num_classes: int, channel: str, workers: int
) -> MaskValues:
    """Reads masks in a random order, and counts their pixel values until two classes are found or all masks are read.

    Most often the first mask holds two classes, so that this takes hardly any time.

    Raises:
        ImageError: a mask cannot be read.
    """
    values = MaskValues()

    def count(index: int) -> np.ndarray:
        sample = samples[index]
        return look_at_mask(sample.mask, sample.shown(channel)[1], label_map.colours)[1].counts

    order = map(int, sample_order(0, 0, len(samples)))
    with closing(ordered_map(count, order, workers)) as found:
        for counts in found:
            values.add(counts)
            if len(label_map.classes(num_classes, values.present)) > 1:
                break
    return values


@dataclass
class _Judged:
    """A sample that was read, and the problems found in it; None for what cannot be read."""

    image: Optional[np.ndarray] = None
    image_facts: Optional[ImageFacts] = None
    mask: Optional[np.ndarray] = None
    mask_facts: Optional[MaskFacts] = None
    problems: list[str] = field(default_factory=list)

    def usable(self, label_map: LabelMap) -> Pixels:
        """Returns the image and the classes of the mask; raises ChannelError with all problems."""
        raise_problems(self.problems)
        assert self.image is not None  # for it had no problem
        assert self.mask is not None
        return self.image, label_map.apply(self.mask)


def _judged(
    sample: NamedSample, label_map: LabelMap, num_classes: int, channel: str, reading: PictureReading
) -> _Judged:
    image_name, mask_name = sample.shown(channel)
    judged = _Judged()
    try:
        judged.image, judged.image_facts = look_at_image(sample.image, image_name, reading)
    except ImageError as error:
        judged.problems.append(str(error))
    try:
        judged.mask, judged.mask_facts = look_at_mask(sample.mask, mask_name, label_map.colours)
    except ImageError as error:
        judged.problems.append(str(error))
    if judged.image is not None and judged.mask is not None and judged.image.shape[:2] != judged.mask.shape:
        judged.problems.append(
            f"{mask_name} is {_size(judged.mask)} pixels but its image {image_name} is {_size(judged.image)}: "
            "make them the same size"
        )
    if judged.mask_facts is not None:
        judged.problems += value_problems(judged.mask_facts, label_map, num_classes, mask_name)
    return judged


def _size(pixels: np.ndarray) -> str:
    return f"{pixels.shape[1]} x {pixels.shape[0]}"


def value_problems(facts: MaskFacts, label_map: LabelMap, num_classes: int, name: str) -> list[str]:
    """Returns a sentence for each thing that is wrong with the pixel values of a mask, without a full stop.

    Args:
        name: what the sentences call the mask.
    """
    smoothed = smoothed_problem(facts, label_map, num_classes, name)
    if smoothed is not None:
        return [smoothed]
    counts = facts.counts
    present, ignored = counts > 0, label_map.table == IGNORE
    unknown = present & ~label_map.known
    outside = present & label_map.known & ~ignored & (label_map.table >= num_classes)
    problems = []
    if unknown.any():
        problems.append(
            f"{name} holds {_values(unknown, counts)}, which the label map does not name: give it a class in the label "
            'map, or name it under key "255" to ignore it'
        )
    if outside.any():
        problems.append(
            f"{name} holds {_values(outside, counts, label_map)}, but with num_classes {num_classes} classes run from "
            f'0 to {num_classes - 1}: raise num_classes, or give it another class or key "255" (ignore) in a label map'
        )
    if not problems and ignored[present].all():
        problems.append(
            f"{name} is ignored in all its {counts.sum()} pixels and so teaches nothing: leave out this sample"
        )
    return problems


def _values(chosen: np.ndarray, counts: np.ndarray, label_map: Optional[LabelMap] = None) -> str:
    """Returns a text that lists each chosen pixel value, its class if a label map changes it, and its number of
    pixels.
    """
    values = [int(value) for value in np.flatnonzero(chosen)]
    shown = []
    for value in values[:_SHOWN_VALUES]:
        label = value if label_map is None else int(label_map.table[value])
        changed = "" if label == value else f", class {label},"
        named = f"pixel value {value}" if label_map is None else label_map.shown_values([value])
        shown.append(f"{named}{changed} in {counted(int(counts[value]), 'pixel')}")
    more = len(values) - len(shown)
    return " and ".join(shown) + (f" and {counted(more, 'more value')}" if more else "")
