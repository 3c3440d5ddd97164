"""Samples, read and changed in threads, gathered into the batches that an engine takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

import numpy as np

from semseg.contract.ordered_map import ordered_map
from semseg.contract.sample_order import sample_order
from semseg.data.dataset import Dataset
from semseg.data.normalization import normalize
from semseg.errors import ChannelError

# While the engine works on one batch the next ones are read.
_BATCHES_AHEAD = 2


class Transform(Protocol):
    """What turns a sample of any size into one of a set size; see data/augmentation.py."""

    def __call__(
        self, image: np.ndarray, mask: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]: ...


@dataclass(frozen=True)
class Batch:
    """The input of one step.

    Attributes:
        images: (N, 3, H, W) float32, normalised.
        masks: (N, H, W) uint8, class per pixel, 255 = ignore.
    """

    images: np.ndarray
    masks: np.ndarray


class TrainingBatches:
    """An endless stream of shuffled epochs, cut into full batches.

    What an epoch leaves over begins the first batch of the next, so no sample is lost. Shuffling and random changes
    depend on ``seed``, the epoch and the place in it alone, not on the number of workers.

    Args:
        transform: gives every sample the same size.
        batch_size: samples per batch, mini_batch_size in SageMaker's words.
        seed: 0 or more.
        workers: threads that read; 0 reads in the caller's.

    Raises:
        ChannelError: fewer samples than ``batch_size``.
    """

    def __init__(self, dataset: Dataset, transform: Transform, batch_size: int, seed: int, workers: int) -> None:
        if len(dataset) < batch_size:
            raise ChannelError(
                f"mini_batch_size {batch_size} needs as many samples at least, and channel train has {len(dataset)}: "
                "lower mini_batch_size or add samples"
            )
        self.dataset = dataset
        self.transform = transform
        self.batch_size = batch_size
        self.seed = seed
        self.workers = workers

    @property
    def iterations_per_epoch(self) -> int:
        """Full batches in one epoch; an epoch that takes over enough of the one before has one more."""
        return len(self.dataset) // self.batch_size

    def epoch(self, number: int) -> Iterator[Batch]:
        """The batches whose last sample falls into epoch ``number``, counted from 0."""
        samples = len(self.dataset)
        first, end = number * samples // self.batch_size, (number + 1) * samples // self.batch_size
        drawn = ordered_map(
            self._draw,
            self._places(range(first * self.batch_size, end * self.batch_size)),
            self.workers,
            ahead=_BATCHES_AHEAD * self.batch_size,
        )
        return _gathered(drawn, self.batch_size)

    def _places(self, stream: range) -> Iterator[tuple[int, int, int]]:
        """(index, epoch, position) of each place in the stream of all epochs."""
        order, order_epoch = np.empty(0, dtype=int), -1
        for place in stream:
            epoch, position = divmod(place, len(self.dataset))
            if epoch != order_epoch:
                order, order_epoch = sample_order(self.seed, epoch, len(self.dataset)), epoch
            yield int(order[position]), epoch, position

    def _draw(self, place: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
        index, epoch, position = place
        # Position 0 would give the numbers that shuffled the epoch: numpy fills short seeds up with zeros.
        rng = np.random.default_rng([self.seed, epoch, position + 1])
        image, mask = self.transform(*self.dataset.read(index), rng)
        return normalize(image), mask


def evaluation_batches(dataset: Dataset, transform: Transform, batch_size: int, workers: int) -> Iterator[Batch]:
    """Each sample once, in order; the last batch may be smaller.

    Args:
        transform: gives every sample the same size; what is random in it depends on the place of the sample alone.
        workers: threads that read; 0 reads in the caller's.
    """

    def draw(index: int) -> tuple[np.ndarray, np.ndarray]:
        image, mask = transform(*dataset.read(index), np.random.default_rng(index))
        return normalize(image), mask

    drawn = ordered_map(draw, range(len(dataset)), workers, ahead=_BATCHES_AHEAD * batch_size)
    return _gathered(drawn, batch_size)


def _gathered(samples: Iterable[tuple[np.ndarray, np.ndarray]], batch_size: int) -> Iterator[Batch]:
    remaining = iter(samples)
    while chosen := list(islice(remaining, batch_size)):
        images, masks = zip(*chosen)
        yield Batch(np.stack(images), np.stack(masks))
