"""Hyperparameters that suit a data set and this machine.

- ``num_classes``: one more than the highest class that the label maps lead to, or that the masks hold.
- ``base_size``: the long side of the typical training picture, so that networks see it near the scale of its file.
- ``crop_size``: half of that, so that no crop is partly padding (see docs/data.md), as a multiple of 8, of 64 to 480:
  480 is what GluonCV's own networks were trained with.
- ``mini_batch_size``: as many samples as :mod:`training_memory` finds room for, of 2 to 16: with one sample a device
  psp and deeplab normalise nothing, and 16 is SageMaker's default. Where 2 have no room, the crop is made smaller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from semseg.contract.hyperparameters import CROP_MULTIPLE
from semseg.contract.png_mask import IGNORE
from semseg.data.labels.label_map import LabelMap
from semseg.inspection.looks import HalfLook, Sizes
from semseg.inspection.training_memory import room_for

_CROPS = (64, 480)
_BATCHES = (2, 16)
_LEAST_SIDE = 17  # of base_size
_MOST_CLASSES = 254


@dataclass(frozen=True)
class Suggestion:
    """Hyperparameters that suit a data set and a machine; ``set_hyperparameters`` takes them as they are."""

    num_classes: int
    num_training_samples: int
    base_size: int
    crop_size: int
    mini_batch_size: int

    def as_hyperparameters(self) -> dict[str, int]:
        """Returns them by name."""
        return asdict(self)

    def __str__(self) -> str:
        return ", ".join(f"{name}={value}" for name, value in self.as_hyperparameters().items())


def suggest(
    sizes: Sizes | None, samples: int, num_classes: int, backbone: str, free_bytes: Sequence[int] | None
) -> Suggestion:
    """Returns hyperparameters for a data set.

    Args:
        sizes: of the training pictures; None where none could be read.
        samples: how many there are for training.
        num_classes: see :func:`suggested_classes`.
        backbone: "resnet-50" or "resnet-101".
        free_bytes: of the memory of each device that trains; None where that is unknown.
    """
    long_side = max(sizes.typical) if sizes is not None else 520
    base_size = max(_LEAST_SIDE, long_side)
    least, most = _CROPS
    crop = max(least, min(most, base_size // 2 // CROP_MULTIPLE * CROP_MULTIPLE))
    devices = len(free_bytes) if free_bytes else 1
    fewest, at_most = _BATCHES[0] * devices, max(_BATCHES[1], _BATCHES[0] * devices)
    room = at_most
    if free_bytes:
        while (room := devices * room_for(crop, backbone, min(free_bytes))) < fewest and crop > least:
            crop -= CROP_MULTIPLE
    batch = max(fewest, min(room, at_most))
    return Suggestion(num_classes, max(1, samples), base_size, crop, max(1, min(batch, samples)))


def suggested_classes(looks: Sequence[HalfLook], maps: Sequence[LabelMap]) -> int:
    """Returns ``num_classes`` for what the masks hold and the label maps name; 2 at least."""
    highest = 1
    for look, label_map in zip(looks, maps):
        is_listed = "map" in label_map.description or label_map.colours is not None
        meant = label_map.known if is_listed else _meant_values(look)
        classes = np.unique(label_map.table[meant & label_map.known])
        highest = max([highest, *(int(label) for label in classes if label != IGNORE)])
    return min(highest + 1, _MOST_CLASSES)


def _meant_values(look: HalfLook) -> np.ndarray:
    """Returns which values the masks hold, (256,) bool; of smoothed masks those that are not at edges alone."""
    meant = look.plain.present.copy()
    if look.smoothed.values.masks:
        meant[look.smoothed.flat_values()] = True
    return meant
