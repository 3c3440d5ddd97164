"""What a plan knows of the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from semseg.contract.png_mask import IGNORE


@dataclass(frozen=True)
class DataFacts:
    """What was seen of a job's data.

    Attributes:
        training, validation: how many samples.
        typical: the (height, width) in pixels of the middle one, if training pictures are ordered by their long sides.
        shares: of the labelled pixels, for each class; 0 of one that was not seen.
    """

    training: int
    validation: int
    typical: tuple[int, int]
    shares: tuple[float, ...]

    @property
    def long_side(self) -> int:
        """Returns the long side of the typical training picture, in pixels."""
        return max(self.typical)

    @classmethod
    def of(
        cls, training: int, validation: int, num_classes: int, seen: Sequence[tuple[np.ndarray, np.ndarray]]
    ) -> DataFacts:
        """Returns the facts that some of the training samples stand for.

        Args:
            seen: an image (H, W, 3) and a mask (H, W) of class ids and 255 = ignore, each; one at least.
        """
        sizes = sorted(((image.shape[0], image.shape[1]) for image, _ in seen), key=max)
        counts = sum(np.bincount(mask.ravel(), minlength=IGNORE + 1)[:num_classes] for _, mask in seen)
        shares = tuple(float(count) / max(int(np.sum(counts)), 1) for count in np.atleast_1d(counts))
        return cls(training, validation, sizes[len(sizes) // 2], shares)
