"""The files that are written of each picture: its mask, an overlay, the probabilities of all classes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from semseg.bulk.answers import Answer, Room
from semseg.contract import png_mask
from semseg.contract.prediction_request import Wanted
from semseg.drawing.overlays import overlay
from semseg.plumbing.whole_file import beside

MASKS, OVERLAYS, PROBABILITIES = "masks", "overlays", "probabilities"
_QUALITY = 92  # of overlays, as JPEG has it


class MaskFiles:
    """Writes what is wanted of each picture into one folder; every file appears whole.

    ``masks/<name>.png`` has one 8-bit grey channel with the class ids, ``overlays/<name>.jpg`` the colours of the
    classes over the picture, ``probabilities/<name>.npy`` an array, (C, H, W) float32.
    """

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.folder = Path(wanted.folder)

    @contextmanager
    def room(self, name: str) -> Iterator[Room | None]:
        """Yields what makes an array in the file of a picture's probabilities, and None where they are not wanted.

        The file is written piece by piece, so that it may be larger than the memory.
        """
        if not self.wanted.probabilities:
            yield None
            return
        with beside(self._file(PROBABILITIES, name, ".npy"), forced=False) as part:

            def make(shape: tuple[int, int, int]) -> np.ndarray:
                return np.lib.format.open_memmap(part, mode="w+", dtype=np.float32, shape=shape)

            yield make

    def write_mask(self, name: str, mask: np.ndarray) -> None:
        """Writes a mask, (H, W) uint8."""
        with beside(self._file(MASKS, name, ".png"), forced=False) as part:
            part.write_bytes(png_mask.encode(mask))

    def write_overlay(self, name: str, answer: Answer) -> None:
        """Writes the overlay of a picture, where it is wanted."""
        if self.wanted.overlay:
            picture = io.BytesIO()
            Image.fromarray(self.overlay(answer)).save(picture, "JPEG", quality=_QUALITY)
            with beside(self._file(OVERLAYS, name, ".jpg"), forced=False) as part:
                part.write_bytes(picture.getvalue())

    def overlay(self, answer: Answer) -> np.ndarray:
        """Returns the colours of the classes over the picture, (H, W, 3) uint8."""
        return overlay(answer.image, answer.mask, self.wanted.opacity)

    def video(self, name: str, suffix: str) -> Path:
        """Returns the path of the overlays of a video, as a video; its folder is made."""
        return self._file(OVERLAYS, name, suffix)

    def _file(self, kind: str, name: str, suffix: str) -> Path:
        path = self.folder / kind / f"{name}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path
