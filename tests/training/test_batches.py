from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.contract.sample_order import sample_order
from semseg.data.augmentation import CentreCrop, TrainingTransform
from semseg.data.dataset import Dataset
from semseg.data.labels.label_map import LabelMap
from semseg.data.samples import Sample
from semseg.engines.group import ALONE
from semseg.errors import ChannelError, UserError
from semseg.training.batches import (
    Batch,
    Batches,
    Drawn,
    StreamedBatches,
    TrainingBatches,
    WatchedBatches,
    evaluation_batches,
)
from semseg.training.reader_pool import ReaderPool

Save = Callable[[int], Dataset]  # makes a data set of so many samples


def as_it_is(image: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> Drawn:
    return image, mask


@pytest.fixture
def dataset(tmp_path: Path) -> Save:
    """Samples of 6 x 6 pixels; the class of every pixel is the number of the sample, so a mask says which it is."""

    def save(count: int) -> Dataset:
        samples = []
        for number in range(count):
            image, mask = tmp_path / f"{number}.jpg", tmp_path / f"{number}.png"
            Image.new("RGB", (6, 6), (number, 2 * number, 255)).save(image)
            Image.new("L", (6, 6), number).save(mask)
            samples.append(Sample(image, mask, str(number)))
        return Dataset(samples, LabelMap.identity(), 254, "train")

    return save


def numbers(batch: Batch) -> list[int]:
    return batch.masks[:, 0, 0].tolist()


def epochs_of(batches: Batches, count: int) -> list[list[list[int]]]:
    return [[numbers(batch) for batch in batches.epoch(epoch)] for epoch in range(count)]


def test_batches_have_the_shapes_that_an_engine_takes(dataset: Save) -> None:
    batch = next(TrainingBatches(dataset(4), as_it_is, batch_size=3, seed=0, workers=0).epoch(0))
    assert (batch.images.shape, batch.images.dtype) == ((3, 6, 6, 3), np.uint8)
    assert (batch.masks.shape, batch.masks.dtype) == ((3, 6, 6), np.uint8)
    assert batch.images.flags.c_contiguous
    assert batch.samples == 3


def test_images_belong_to_their_masks(dataset: Save) -> None:
    samples = dataset(5)
    batch = next(TrainingBatches(samples, as_it_is, batch_size=5, seed=0, workers=2).epoch(0))
    for image, number in zip(batch.images, numbers(batch)):
        np.testing.assert_array_equal(image, samples.read(number)[0])


def test_what_an_epoch_leaves_over_begins_the_next(dataset: Save) -> None:
    batches = TrainingBatches(dataset(7), as_it_is, batch_size=3, seed=0, workers=2)
    epochs = epochs_of(batches, 3)
    # 21 samples in 7 batches: the first epoch leaves 1 over, the second 2, the third none
    assert [len(epoch) for epoch in epochs] == [2, 2, 3]
    stream = [number for epoch in epochs for batch in epoch for number in batch]
    assert [sorted(stream[start : start + 7]) for start in (0, 7, 14)] == [list(range(7))] * 3
    assert batches.iterations_per_epoch == 2


def test_a_batch_as_large_as_the_data_set_holds_each_sample_once(dataset: Save) -> None:
    [[batch]] = epochs_of(TrainingBatches(dataset(4), as_it_is, batch_size=4, seed=0, workers=0), 1)
    assert sorted(batch) == [0, 1, 2, 3]


def test_epochs_and_seeds_shuffle_differently_and_the_same_seed_alike(dataset: Save) -> None:
    samples = dataset(12)
    first, again, other = (
        epochs_of(TrainingBatches(samples, as_it_is, batch_size=12, seed=seed, workers=0), 2) for seed in (1, 1, 2)
    )
    assert first == again
    assert first[0] != first[1]
    assert first != other


def test_an_epoch_is_the_same_whether_or_not_others_went_before(dataset: Save) -> None:
    batches = TrainingBatches(dataset(7), as_it_is, batch_size=2, seed=3, workers=0)
    assert [numbers(batch) for batch in batches.epoch(2)] == epochs_of(batches, 3)[2]


def test_random_changes_do_not_depend_on_the_number_of_workers(dataset: Save) -> None:
    samples = dataset(7)
    alone, together = (
        list(TrainingBatches(samples, TrainingTransform(17, 8), batch_size=3, seed=5, workers=workers).epoch(1))
        for workers in (0, 3)
    )
    assert len(alone) == len(together) == 2
    for one, other in zip(alone, together):
        np.testing.assert_array_equal(one.images, other.images)
        np.testing.assert_array_equal(one.masks, other.masks)


@pytest.mark.parametrize("size", [1, 3])
def test_batches_do_not_depend_on_who_reads(dataset: Save, size: int) -> None:
    with ReaderPool(size) as readers:
        for member in (ALONE, Member(1, 2)):
            threads, processes = (
                TrainingBatches(dataset(10), TrainingTransform(17, 8), 3, 5, 2, member, who) for who in (None, readers)
            )
            for epoch in range(3):  # of 3, 3 and 4 batches
                ours, theirs = list(processes.epoch(epoch)), list(threads.epoch(epoch))
                assert len(ours) == len(theirs)
                for one, other in zip(ours, theirs):
                    assert one.samples == other.samples == 3
                    assert one.images.dtype == one.masks.dtype == np.uint8
                    assert one.images.flags.c_contiguous
                    np.testing.assert_array_equal(one.images, other.images)
                    np.testing.assert_array_equal(one.masks, other.masks)
        # drawn, the pictures have not brought an engine
        (modules,) = readers.map(eval, ["set(sys.modules)"], 0)
    assert "semseg.training.batches" in modules
    assert modules.isdisjoint(["torch", "mxnet", "gluoncv", "boto3", "openvino"])


def test_what_cannot_be_read_is_told_alike_whoever_reads(dataset: Save) -> None:
    samples = dataset(4)
    Path(str(samples.samples[2].image)).write_bytes(b"no picture")
    told = []
    with ReaderPool(1) as readers:
        for who in (None, readers):
            with pytest.raises(ChannelError) as refusal:
                list(TrainingBatches(samples, TrainingTransform(17, 8), 2, 0, 0, readers=who).epoch(0))
            told.append(str(refusal.value))
    assert told[0] == told[1]
    assert "2.jpg" in told[0]


def test_each_sample_of_each_epoch_is_changed_by_numbers_of_its_own(dataset: Save) -> None:
    drawn = []

    def transform(image: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> Drawn:
        drawn.append(rng.random())
        return image, mask

    batches = TrainingBatches(dataset(4), transform, batch_size=2, seed=0, workers=0)
    epochs_of(batches, 3)
    assert len(set(drawn)) == 12


def test_a_few_batches_are_read_ahead_and_no_more(dataset: Save) -> None:
    read = []

    def transform(image: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> Drawn:
        read.append(int(mask[0, 0]))
        return image, mask

    epoch = TrainingBatches(dataset(40), transform, batch_size=4, seed=0, workers=2).epoch(0)
    next(epoch)
    assert isinstance(epoch, Generator)
    epoch.close()
    assert 4 <= len(read) <= 12


def test_fewer_samples_than_a_batch_are_refused_with_both_numbers(dataset: Save) -> None:
    with pytest.raises(ChannelError) as refusal:
        TrainingBatches(dataset(3), as_it_is, batch_size=4, seed=0, workers=0)
    assert str(refusal.value) == (
        "mini_batch_size 4 needs as many samples at least, and channel train has 3: "
        "lower mini_batch_size or add samples"
    )


@pytest.mark.parametrize("workers", [0, 2])
def test_evaluation_sees_each_sample_once_in_order(dataset: Save, workers: int) -> None:
    batches = list(evaluation_batches(dataset(5), CentreCrop(4), batch_size=2, workers=workers))
    assert [numbers(batch) for batch in batches] == [[0, 1], [2, 3], [4]]
    assert (batches[2].images.shape, batches[2].images.dtype) == ((1, 4, 4, 3), np.uint8)


def test_watched_batches_are_the_same_and_tell_the_end_of_each_epoch(dataset: Save) -> None:
    ends: list[str] = []
    batches = TrainingBatches(dataset(7), as_it_is, batch_size=3, seed=0, workers=0)
    watched = WatchedBatches(batches, lambda: ends.append("end"))
    assert watched.iterations_per_epoch == 2
    assert epochs_of(watched, 3) == epochs_of(batches, 3)
    assert ends == ["end"] * 3


class Shuffled:
    """The samples of a data set in the order in which each epoch shuffles them, pass by pass."""

    def __init__(self, dataset: Dataset, seed: int) -> None:
        self.dataset, self.seed, self.passes = dataset, seed, 0

    def one_pass(self) -> Iterator[int]:
        self.passes += 1
        return iter(sample_order(self.seed, self.passes - 1, len(self.dataset)).tolist())

    def read(self, place: int) -> Drawn:
        return self.dataset.read(place)


def streamed(
    dataset: Dataset,
    expected: int,
    miscounted: Callable[[int], None] = lambda found: None,
    size: int = 3,
    workers: int = 2,
) -> StreamedBatches:
    stream = Shuffled(dataset, 5)
    return StreamedBatches(stream, TrainingTransform(17, 8), size, 5, workers, expected, miscounted)


@pytest.mark.parametrize("workers", [0, 2])
def test_streamed_batches_in_the_shuffled_order_are_those_of_files(dataset: Save, workers: int) -> None:
    samples = dataset(7)
    files = TrainingBatches(samples, TrainingTransform(17, 8), batch_size=3, seed=5, workers=2)
    stream = streamed(samples, 7, workers=workers)
    assert stream.iterations_per_epoch == files.iterations_per_epoch == 2
    for epoch, count in enumerate((2, 2, 3)):
        pairs = list(zip(stream.epoch(epoch), files.epoch(epoch)))
        assert len(pairs) == count
        for one, other in pairs:
            np.testing.assert_array_equal(one.images, other.images)
            np.testing.assert_array_equal(one.masks, other.masks)


def test_another_number_of_samples_than_expected_is_told_once(dataset: Save) -> None:
    told: list[int] = []
    batches = streamed(dataset(7), 9, told.append)
    assert [len(list(batches.epoch(epoch))) for epoch in range(3)] == [2, 2, 3]
    assert told == [7]
    assert batches.iterations_per_epoch == 3


def test_a_stream_of_as_many_samples_as_a_batch_is_one_batch_a_pass(dataset: Save) -> None:
    batches = streamed(dataset(3), 3)
    assert [len(list(batches.epoch(epoch))) for epoch in range(2)] == [1, 1]


def test_a_stream_of_fewer_samples_than_a_batch_is_refused_after_its_first_pass(dataset: Save) -> None:
    with pytest.raises(ChannelError, match="channel train has 2"):
        list(streamed(dataset(2), 4).epoch(0))


def test_a_stream_is_read_ahead_a_few_batches_and_no_more(dataset: Save) -> None:
    taken = []

    class Counted(Shuffled):
        def one_pass(self) -> Iterator[int]:
            for place in super().one_pass():
                taken.append(place)
                yield place

    epoch = StreamedBatches(Counted(dataset(40), 5), TrainingTransform(17, 8), 4, 5, 2, 40, print).epoch(0)
    next(epoch)
    assert isinstance(epoch, Generator)
    epoch.close()
    assert 4 <= len(taken) <= 12


class Member:
    """One process of a group that never meets the others."""

    def __init__(self, rank: int, size: int) -> None:
        self.rank, self.size = rank, size

    def sum(self, array: np.ndarray) -> np.ndarray:
        return array

    def barrier(self) -> None:
        pass


def parts(make: Callable[[Member], Batches], size: int, epochs: int) -> list[list[list[int]]]:
    """The shares of each batch of some epochs, by the numbers of the samples."""
    members = [make(Member(rank, size)) for rank in range(size)]
    shares = [[batch for epoch in range(epochs) for batch in member.epoch(epoch)] for member in members]
    assert all(batch.samples == 4 for share in shares for batch in share)
    return [[numbers(batch) for batch in together] for together in zip(*shares)]


@pytest.mark.parametrize("size", [2, 3])
def test_the_shares_of_a_group_are_the_batches_of_one_process(dataset: Save, size: int) -> None:
    samples = dataset(10)
    one = TrainingBatches(samples, as_it_is, batch_size=4, seed=3, workers=0)
    together = parts(lambda member: TrainingBatches(samples, as_it_is, 4, 3, 0, member), size, 2)
    whole = [numbers(batch) for epoch in range(2) for batch in one.epoch(epoch)]
    assert [[number for share in batch for number in share] for batch in together] == whole
    # a batch of four over two processes is 2 + 2, over three 2 + 1 + 1
    assert [len(share) for share in together[0]] == {2: [2, 2], 3: [2, 1, 1]}[size]


def test_a_group_shares_out_a_stream_too(dataset: Save) -> None:
    samples = dataset(10)
    one = StreamedBatches(samples, as_it_is, 4, 3, 0, 10, lambda found: None)
    together = parts(lambda member: StreamedBatches(samples, as_it_is, 4, 3, 0, 10, lambda n: None, member), 3, 2)
    whole = [numbers(batch) for epoch in range(2) for batch in one.epoch(epoch)]
    assert [[number for share in batch for number in share] for batch in together] == whole


def test_a_batch_with_fewer_samples_than_processes_is_refused(dataset: Save) -> None:
    with pytest.raises(UserError, match="mini_batch_size must be at least the number of processes, 3, got 2"):
        TrainingBatches(dataset(4), as_it_is, 2, 0, 0, Member(0, 3))


def test_a_sample_for_each_process_is_enough(dataset: Save) -> None:
    batches = parts(lambda member: TrainingBatches(dataset(8), as_it_is, 4, 0, 0, member), 4, 1)
    assert [[len(share) for share in batch] for batch in batches] == [[1, 1, 1, 1]] * 2


def test_samples_to_score_are_shared_out_and_none_is_scored_twice(dataset: Save) -> None:
    samples = dataset(5)
    shares = [
        [number for batch in evaluation_batches(samples, as_it_is, 2, 0, Member(rank, 2)) for number in numbers(batch)]
        for rank in range(2)
    ]
    assert shares == [[0, 2, 4], [1, 3]]
