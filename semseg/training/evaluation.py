"""Scores a network on the validation samples."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from semseg.data.dataset import Passes
from semseg.engines.group import ALONE, Group
from semseg.engines.network import Network
from semseg.prediction.segmenter import Segmenter
from semseg.results.confusion_matrix import ConfusionMatrix
from semseg.training.batches import Batch, own_places
from semseg.training.good_samples import made_of_good

Seen = Callable[[int], None]  # is told the number of samples of each batch that has been scored


def score_crops(network: Network, batches: Iterable[Batch], seen: Seen) -> ConfusionMatrix:
    """Scores batches of equal crops, and returns the counts."""
    matrix = ConfusionMatrix(network.num_classes)
    for batch in batches:
        matrix.add(batch.masks, network.mask(batch.images, (batch.masks.shape[1], batch.masks.shape[2])))
        seen(len(batch.masks))
    return matrix


def score_pictures(
    network: Network, dataset: Passes, base_size: int, workers: int, seen: Seen, group: Group = ALONE
) -> ConfusionMatrix:
    """Scores this process's share of whole pictures as the endpoint would answer them, and returns its counts."""
    segmenter = Segmenter(network, base_size)
    matrix = ConfusionMatrix(network.num_classes)
    for image, mask in made_of_good(dataset.read, own_places(dataset.one_pass(), group), workers):
        matrix.add(mask, segmenter.mask(image))
        seen(1)
    return matrix
