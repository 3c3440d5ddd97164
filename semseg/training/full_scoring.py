"""Scores a network on whole pictures in all that ``evaluation.json`` says, and measures test-time augmentation."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from semseg.contract.environment import PLAIN
from semseg.engines.network import Network
from semseg.prediction.segmenter import Segmenter
from semseg.results.confusion_matrix import ConfusionMatrix
from semseg.results.score_counts import ScoreCounts
from semseg.training.evaluation import Scored, Seen, WholePictures


@dataclass(frozen=True)
class Gain:
    """What test-time augmentation buys and costs.

    Attributes:
        test_time_augmentation: "flip" or "multiscale".
        mean_iou, plain_mean_iou: with it and without it, 0 to 1.
        seconds, plain_seconds: that the network takes for a picture, with it and without it.
    """

    test_time_augmentation: str
    mean_iou: float
    plain_mean_iou: float
    seconds: float
    plain_seconds: float

    def __str__(self) -> str:
        return (
            f"Test-time augmentation {self.test_time_augmentation}: mIOU {self.mean_iou:.4f} and {self.seconds:.3g} s "
            f"a picture with it, {self.plain_mean_iou:.4f} and {self.plain_seconds:.3g} s without it."
        )


class FullScores:
    """What was counted of whole pictures.

    Args:
        num_classes: of the network.
        test_time_augmentation: by which they are scored.

    Attributes:
        counts: of the answers.
        plain: of the answers without test-time augmentation, where that was used.
    """

    def __init__(self, num_classes: int, test_time_augmentation: str) -> None:
        self.test_time_augmentation = test_time_augmentation
        self.counts = ScoreCounts(num_classes)
        self.plain = ConfusionMatrix(num_classes)
        self.seconds = np.zeros(2)  # of all answers, with it and without it

    @property
    def gain(self) -> Gain | None:
        """What test-time augmentation buys and costs; None where it was not used."""
        if self.test_time_augmentation == PLAIN:
            return None
        each, plain = (float(seconds) / max(self.counts.pictures, 1) for seconds in self.seconds)
        scores = self.counts.matrix.mean_iou(), self.plain.mean_iou()
        return Gain(self.test_time_augmentation, *scores, each, plain)

    def add_up(self, total: Callable[[np.ndarray], np.ndarray]) -> None:
        """Takes the counts of all processes that share the pictures; ``total`` gives the sum of an array over them."""
        self.counts.add_up(total)
        self.plain.add_up(total)
        self.seconds = total(self.seconds)


def score_fully(
    network: Network, pictures: WholePictures, seen: Seen, test_time_augmentation: str = PLAIN
) -> FullScores:
    """Scores this process's share of whole pictures as the endpoint would answer them, and returns its counts.

    Args:
        seen: is told of each picture, in their order.
        test_time_augmentation: "none", or "flip" or "multiscale", which are scored beside no augmentation.
    """
    scores = FullScores(network.num_classes, test_time_augmentation)
    segmenter = Segmenter(network, pictures.scale, test_time_augmentation=test_time_augmentation)
    plain = None if test_time_augmentation == PLAIN else Segmenter(network, pictures.scale)
    for name, image, truth in pictures.own_share():
        started = time.perf_counter()
        predicted, confidence = segmenter.sure_mask(image)
        done = time.perf_counter()
        if plain is not None:
            scores.plain.add(truth, plain.mask(image))
        scores.seconds += done - started, time.perf_counter() - done
        seen(Scored(name, [image], [truth], [predicted], scores.counts.add(truth, predicted, confidence)))
    return scores
