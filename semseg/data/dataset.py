"""The samples of one split, read one at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from semseg.data.image_files import read_image, read_mask
from semseg.data.label_map import LabelMap
from semseg.data.samples import Sample


class Dataset:
    """Samples and the label map that turns their raw masks into classes; holds no pixels."""

    def __init__(self, samples: Sequence[Sample], label_map: LabelMap) -> None:
        self.samples = samples
        self.label_map = label_map

    def __len__(self) -> int:
        return len(self.samples)

    def read(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Read one sample; may be called from many threads at once.

        Returns:
            The image, (H, W, 3) uint8 RGB, and the mask, (H, W) uint8 class per pixel, 255 = ignore.

        Raises:
            ImageError: a file cannot be read any more.
        """
        sample = self.samples[index]
        return read_image(sample.image), self.label_map.apply(read_mask(sample.mask))
