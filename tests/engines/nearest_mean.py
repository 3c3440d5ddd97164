"""An engine in numpy alone, which shows what the seam asks for: a pixel gets the class whose mean colour is nearest.

A step moves each mean towards that of the batch, with momentum; the loss is the squared distance, in units of 255.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
from PIL import Image

from semseg.archive.mxnet_parameters import read_parameters, write_parameters
from semseg.engines.group import ALONE, Group
from semseg.engines.start import Start
from semseg.errors import ModelError


class NearestMean:
    def __init__(self, num_classes: int, seed: int = 0, group: Group = ALONE) -> None:
        self.num_classes, self.group = num_classes, group
        self.means = np.random.default_rng(seed).random((num_classes, 3), np.float32)
        self.velocity = np.zeros_like(self.means)
        self.parts = 1
        self.losses = np.zeros(2)  # the sum over labelled pixels, and how many they are

    def step(self, images: np.ndarray, masks: np.ndarray, learning_rate: float) -> None:
        pixels, classes = images[masks != 255] / np.float32(255), masks[masks != 255]
        distances = ((pixels - self.means[classes]) ** 2).sum()
        colours = np.stack([np.bincount(classes, pixels[:, c], self.num_classes) for c in range(3)], axis=1)
        counts = np.bincount(classes, minlength=self.num_classes)
        whole = self.group.sum(np.concatenate([colours.ravel(), counts, [distances, len(classes)]]))
        colours, counts = whole[: colours.size].reshape(-1, 3), whole[colours.size : -2, np.newaxis]
        self.losses += whole[-2:]
        towards = np.where(counts > 0, colours / np.maximum(counts, 1) - self.means, 0)
        self.velocity = (0.5 * self.velocity + learning_rate * towards).astype(np.float32)
        self.means += self.velocity

    def take_loss(self) -> float:
        (total, count), self.losses = self.losses, np.zeros(2)
        return float(total / max(count, 1))

    def probabilities(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        distances = ((images[:, np.newaxis] / np.float32(255) - self.means[:, np.newaxis, np.newaxis]) ** 2).sum(
            axis=-1
        )
        weights = np.exp(-20 * distances)
        planes = (weights / weights.sum(axis=1, keepdims=True)).reshape(-1, *images.shape[1:3])
        resized = [Image.fromarray(plane).resize(size[::-1], Image.Resampling.BILINEAR) for plane in planes]
        return np.stack([np.asarray(plane) for plane in resized]).reshape(len(images), self.num_classes, *size)

    def mask(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        return self.probabilities(images, size).argmax(axis=1).astype(np.uint8)

    def own_state(self) -> dict[str, np.ndarray]:
        return {"losses": self.losses}

    def take_own_state(self, state: Mapping[str, np.ndarray]) -> None:
        self.losses = state["losses"].copy()

    def save(self, path: Path, forced: bool = True) -> None:
        write_parameters(path, {"means": self.means}, forced)

    def load(self, path: Path) -> None:
        self.means = self._of_the_same_shape(path, "means")

    def start_from(self, path: Path) -> Start:
        self.load(path)
        return Start(path.name, ("means",), (), ())

    def save_optimizer(self, path: Path, kept: Mapping[str, np.ndarray] | None = None) -> None:
        write_parameters(path, {**(kept or {}), "velocity": self.velocity}, forced=False)

    def load_optimizer(self, path: Path) -> dict[str, np.ndarray]:
        self.velocity = self._of_the_same_shape(path, "velocity")
        return {name: array for name, array in read_parameters(path).items() if name != "velocity"}

    def begin_step(self, epoch: int, step: int) -> None: ...

    def averaged(self) -> AbstractContextManager[None]:
        return nullcontext()

    def finish(self) -> None: ...

    def _of_the_same_shape(self, path: Path, name: str) -> np.ndarray:
        found = read_parameters(path).get(name)
        if found is None or found.shape != self.means.shape:
            raise ModelError(f"{path.name} must hold {name} of {self.num_classes} classes")
        return found.copy()
