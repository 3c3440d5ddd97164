from __future__ import annotations

import threading

import numpy as np


class BrightnessNetwork:
    """Class 1, at 0.75, wherever a picture is brighter than half, class 0 elsewhere; nearest resizing.

    Remembers the shape of each batch and the thread that asked.
    """

    num_classes = 2

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []
        self.threads: set[int] = set()

    def probabilities(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        assert images.dtype == np.uint8
        self.shapes.append(images.shape)
        self.threads.add(threading.get_ident())
        bright = np.where(images.mean(axis=3) > 127, np.float32(0.75), np.float32(0.25))
        rows = np.arange(size[0]) * images.shape[1] // size[0]
        columns = np.arange(size[1]) * images.shape[2] // size[1]
        bright = bright[:, rows][:, :, columns]
        return np.stack([1 - bright, bright], axis=1)

    def mask(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        return self.probabilities(images, size).argmax(axis=1).astype(np.uint8)


def half_bright(height: int, width: int) -> np.ndarray:
    """An image, (height, width, 3) uint8, black on its left half and white on its right."""
    image = np.zeros((height, width, 3), np.uint8)
    image[:, width // 2 :] = 255
    return image


def half_mask(height: int, width: int) -> np.ndarray:
    """The mask of ``half_bright``, (height, width) uint8."""
    mask = np.zeros((height, width), np.uint8)
    mask[:, width // 2 :] = 1
    return mask
