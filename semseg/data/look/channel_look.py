"""Looks at all files of one half of the data, image by image and mask by mask, and sums up what they tell."""

from __future__ import annotations

import threading
from typing import Any

from semseg.data.labels.label_map import LabelMap
from semseg.data.look.ignored import ignored_values, told_apart
from semseg.data.look.index_colours import IndexColours, used_colours
from semseg.data.look.mask_values import MaskValues
from semseg.data.look.orientation import Orientations
from semseg.data.look.same_pictures import SamePictures
from semseg.data.look.sample_bits import SampleBits
from semseg.data.look.smoothed_masks import SmoothedMasks
from semseg.data.pictures.facts import ImageFacts, MaskFacts

_MOST_VALUES = 32  # that a summary tells


class ChannelLook:
    """What the files of one half of the data hold. It keeps no pixels, and of each file a digest and a name alone.

    Several threads may add to it at once.

    Args:
        channel: name of the channel of the images: "train" or "validation".
        masks_channel: name of the channel of the masks; the images' with "_annotation" where it is not given.

    Attributes:
        smoothed: the masks that look smoothed.
        plain: the pixel values of all other masks.
        colours: those of palette masks.
        orientations: the EXIF orientations of the images.
        bits: those that 16-bit images use.
        pictures: which images are the same.
        samples: how many were added or left out.
    """

    def __init__(self, channel: str, masks_channel: str | None = None) -> None:
        self.channel = channel
        self.masks_channel = masks_channel or f"{channel}_annotation"
        self.smoothed = SmoothedMasks()
        self.plain = MaskValues()
        self.colours = IndexColours()
        self.orientations = Orientations()
        self.bits = SampleBits()
        self.pictures = SamePictures()
        self.samples = 0
        self._lock = threading.Lock()

    def add(self, names: tuple[str, str], image: ImageFacts | None, mask: MaskFacts | None) -> None:
        """Takes in one sample.

        Args:
            names: of the image and of the mask, as errors give them.
            image: what the image tells; None where it could not be read.
            mask: what the mask tells; None where it could not be read.
        """
        with self._lock:
            self.samples += 1
            if mask is None or not self.smoothed.take(mask, names[1]):
                self.plain.add(None if mask is None else mask.counts, names[1])
            if mask is not None:
                self.colours.add(names[1], used_colours(mask))
            if image is not None:
                self.orientations.add(image, mask, names[0])
                self.bits.add(image, names[0])
                self.pictures.add(image.digest, names[0], mask)

    def leave_out(self) -> None:
        """Counts a sample that was read, and is not used because something is wrong with it."""
        with self._lock:
            self.samples += 1

    @property
    def values(self) -> MaskValues:
        """Returns the pixel values of all masks."""
        return MaskValues.together([self.plain, self.smoothed.values])

    def summary(self, label_map: LabelMap, num_classes: int) -> dict[str, Any]:
        """Returns what the report keeps of this half, as JSON has it.

        The shares of classes are of the pixels that are not ignored, the share of ignored ones is of all. Of the pixel
        values the 32 most common ones are told.
        """
        values = self.values
        counts, allowed = values.counts, label_map.allowed(num_classes)
        ignored = int(counts[ignored_values(label_map)].sum())
        of_class = {label: int(counts[allowed & (label_map.table == label)].sum()) for label in range(num_classes)}
        labelled, table = sum(of_class.values()), told_apart(label_map)
        return {
            "images": self.orientations.images,
            "masks": values.masks,
            "classes": {
                str(label): {**_name(label, label_map), "pixels": n, "share": _part(n, labelled)}
                for label, n in of_class.items()
            },
            "ignored": {"pixels": ignored, "share": _part(ignored, int(counts.sum()))},
            "pixels_of_no_class": int(counts[~allowed].sum()),
            "pixel_values": {str(value): int(counts[value]) for value in sorted(values.most_common()[:_MOST_VALUES])},
            "masks_of_one_class": values.holding_classes(table, 1).count,
            "masks_ignored_wholly": values.holding_classes(table, 0).count,
            "exif_orientations": {str(key): count for key, count in sorted(self.orientations.count_of.items())},
            "sixteen_bit_images": {"images": self.bits.count, "highest": self.bits.highest},
            "images_seen_twice": self.pictures.repeated.count,
        }


def _name(label: int, label_map: LabelMap) -> dict[str, str]:
    return {"name": label_map.names[label]} if label in label_map.names else {}


def _part(pixels: int, whole: int) -> float:
    return round(pixels / whole, 6) if whole else 0.0
