"""Batches are the same to the bit with and without memory for decoded samples, whoever reads, and from a stream."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from semseg.contract.hyperparameters import STRONG
from semseg.contract.sample_order import sample_order
from semseg.data.augmentation import TrainingTransform
from semseg.data.dataset import Dataset, UncheckedDataset
from semseg.data.file_check import ReadFacts
from semseg.data.kept_samples import KeptSamples
from semseg.data.labels.label_map import LabelMap
from semseg.data.samples import Sample
from semseg.engines.group import ALONE
from semseg.plumbing.kept_arrays import new_arrays
from semseg.training.batches import Batches, Drawn, StreamedBatches, TrainingBatches
from semseg.training.reader_pool import ReaderPool

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="memory without a name is Linux's")

IDENTITY = LabelMap.identity()
COUNT, SIZE, SEED, CLASSES = 7, 3, 5, 4
BYTES_OF_ONE = 40 * 30 * 4
ENOUGH = 2 * COUNT * BYTES_OF_ONE
TRANSFORM = TrainingTransform(32, 24, rare_class_crops=0.5, kind=STRONG)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    """Noise as JPEG pictures, with noise for masks, in which the last class is rare."""
    folder, rng = tmp_path_factory.mktemp("noise"), np.random.default_rng(1)
    made = []
    for number in range(COUNT):
        image, mask = folder / f"{number}.jpg", folder / f"{number}.png"
        Image.fromarray(rng.integers(0, 256, (30, 40, 3), np.uint8)).save(image)
        classes = rng.choice(CLASSES, (30, 40), p=(0.33, 0.33, 0.33, 0.01)).astype(np.uint8)
        Image.fromarray(classes).save(mask)
        made.append(Sample(image, mask, str(number)))
    return made


def dataset_of(samples: list[Sample], room: int | None = None, kind: type[Dataset] = Dataset) -> Dataset:
    dataset = kind(samples, IDENTITY, CLASSES, "train")
    if room is not None:
        dataset.kept = KeptSamples(new_arrays(2 * COUNT, room), IDENTITY, CLASSES)
    return dataset


class Streamed:
    """The samples as a stream in the shuffled order gives them."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset, self.passes = dataset, 0

    def one_pass(self) -> Iterator[int]:
        self.passes += 1
        return iter(sample_order(SEED, self.passes - 1, COUNT).tolist())

    def read(self, place: int) -> Drawn:
        return self.dataset.read(place)


def three_epochs(batches: Batches) -> tuple[np.ndarray, np.ndarray]:
    drawn = [batch for epoch in range(3) for batch in batches.epoch(epoch)]
    return np.stack([batch.images for batch in drawn]), np.stack([batch.masks for batch in drawn])


def from_files(dataset: Dataset, workers: int = 2, readers: ReaderPool | None = None) -> TrainingBatches:
    return TrainingBatches(dataset, TRANSFORM, SIZE, SEED, workers, ALONE, readers)


@pytest.fixture(scope="module")
def plain(samples: list[Sample]) -> tuple[np.ndarray, np.ndarray]:
    images, masks = three_epochs(from_files(dataset_of(samples), workers=0))
    assert images.shape == (7, SIZE, 24, 24, 3)
    return images, masks


def assert_equal(batches: Batches, plain: tuple[np.ndarray, np.ndarray]) -> None:
    for one, other in zip(three_epochs(batches), plain):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("kind", [Dataset, UncheckedDataset], ids=["File", "FastFile"])
@pytest.mark.parametrize(
    ("room", "whole"),
    # of some: a thread may find room for a fourth image before the other one has put its mask
    [(ENOUGH, (7,)), (4 * BYTES_OF_ONE, (3, 4)), (1500, (0,)), (1, (0,))],
    ids=["all", "some", "masks", "none"],
)
def test_kept_samples_give_the_same_batches(
    samples: list[Sample], plain: tuple[np.ndarray, np.ndarray], room: int, whole: tuple[int, ...], kind: type[Dataset]
) -> None:
    dataset = dataset_of(samples, room, kind)
    assert_equal(from_files(dataset), plain)
    assert dataset.kept is not None
    assert dataset.kept.whole in whole
    assert (dataset.kept.masks_alone > 0) == (1 < room < ENOUGH)


def test_samples_that_the_check_kept_give_the_same_batches(
    samples: list[Sample], plain: tuple[np.ndarray, np.ndarray]
) -> None:
    dataset = dataset_of(samples, ENOUGH)
    facts = ReadFacts(kept=dataset.kept)
    for sample in samples:
        facts.image(sample.image, sample.name)
        facts.mask(sample.mask, sample.name, None)
    assert dataset.kept is not None
    assert dataset.kept.whole == COUNT
    assert_equal(from_files(dataset), plain)


def test_a_stream_gives_the_same_batches(samples: list[Sample], plain: tuple[np.ndarray, np.ndarray]) -> None:
    stream = Streamed(dataset_of(samples))
    assert_equal(StreamedBatches(stream, TRANSFORM, SIZE, SEED, 2, COUNT, print), plain)


def test_processes_that_read_keep_samples_for_each_other(
    samples: list[Sample], plain: tuple[np.ndarray, np.ndarray]
) -> None:
    dataset = dataset_of(samples, ENOUGH)
    with ReaderPool(2) as readers:
        assert_equal(from_files(dataset, readers=readers), plain)
    assert dataset.kept is not None
    arrays = dataset.kept.arrays
    assert (dataset.kept.whole, arrays.used) == (COUNT, COUNT * BYTES_OF_ONE)  # none of them twice
