"""Scores a network on the validation samples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from semseg.data.dataset import Passes
from semseg.engines.group import ALONE, Group
from semseg.engines.network import Network
from semseg.prediction.scale import ScaleRule
from semseg.prediction.segmenter import Segmenter
from semseg.results.confusion_matrix import ConfusionMatrix
from semseg.training.batches import Batch, own_places
from semseg.training.good_samples import made_of_good


@dataclass(frozen=True, eq=False)
class Scored:
    """Validation samples that were scored together: one whole picture, or a batch of crops.

    Attributes:
        name: of the whole picture's file; "" for crops.
        images: (H, W, 3) uint8 RGB, each.
        truths: (H, W) uint8, each; class ids and 255 = ignore.
        predicted: (H, W) uint8, each; class ids.
        counts: (C, C) int64 of their pixels; row = true class, column = predicted class.
    """

    name: str
    images: Sequence[np.ndarray]
    truths: Sequence[np.ndarray]
    predicted: Sequence[np.ndarray]
    counts: np.ndarray

    @property
    def samples(self) -> int:
        """How many samples these are."""
        return len(self.images)


Seen = Callable[[Scored], None]


def score_crops(network: Network, batches: Iterable[Batch], seen: Seen) -> ConfusionMatrix:
    """Scores batches of equal crops, and returns the counts."""
    matrix = ConfusionMatrix(network.num_classes)
    for batch in batches:
        predicted = network.mask(batch.images, (batch.masks.shape[1], batch.masks.shape[2]))
        counts = _counts(batch.masks, predicted, network.num_classes)
        scored = Scored("", list(batch.images), list(batch.masks), list(predicted), counts)
        matrix.counts += scored.counts
        seen(scored)
    return matrix


@dataclass(frozen=True)
class WholePictures:
    """The whole pictures that a network is scored on, of which each process of a group takes its share.

    Attributes:
        samples: the pictures and their masks.
        scale: the rule that gives the size at which the network sees them.
        workers: threads that read.
        group: the processes that share them.
        name_of: gives a place of ``samples`` its name.
    """

    samples: Passes
    scale: ScaleRule
    workers: int
    group: Group = ALONE
    name_of: Callable[[Any], str] = lambda place: ""

    def own_share(self) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
        """Yields the name, the image and the mask of each picture of this process's share, in their order."""

        def read(place: Any) -> tuple[str, np.ndarray, np.ndarray]:
            return (self.name_of(place), *self.samples.read(place))

        return made_of_good(read, own_places(self.samples.one_pass(), self.group), self.workers)


def score_pictures(network: Network, pictures: WholePictures, seen: Seen) -> ConfusionMatrix:
    """Scores this process's share of whole pictures as the endpoint would answer them, and returns its counts.

    Args:
        seen: is told of each picture, in their order.
    """
    segmenter = Segmenter(network, pictures.scale)
    matrix = ConfusionMatrix(network.num_classes)
    for name, image, mask in pictures.own_share():
        predicted = segmenter.mask(image)
        counts = _counts(mask, predicted, network.num_classes)
        matrix.counts += counts
        seen(Scored(name, [image], [mask], [predicted], counts))
    return matrix


def _counts(truth: np.ndarray, predicted: np.ndarray, num_classes: int) -> np.ndarray:
    matrix = ConfusionMatrix(num_classes)
    matrix.add(truth, predicted)
    return matrix.counts
