"""Reads samples in threads or in other processes, transforms them, and gathers them into the batches that an engine
takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol, TypeVar

import numpy as np

from semseg.contract.processes import check_batch
from semseg.contract.sample_order import sample_order
from semseg.data.dataset import Dataset, Passes
from semseg.engines.group import ALONE, Group, share
from semseg.errors import ChannelError
from semseg.plumbing.ordered_map import ordered_map
from semseg.training.good_samples import made_of_good
from semseg.training.reader_pool import ReaderPool

# While the engine works on one batch the next ones are read.
_BATCHES_AHEAD = 2

Drawn = tuple[np.ndarray, np.ndarray]  # an image (H, W, 3) uint8 and its mask (H, W) uint8
Turn = tuple[int, int, int]  # the index of a sample, the epoch in which it is drawn, and its position in that
Item = TypeVar("Item")


class Transform(Protocol):
    """A function that turns a sample of any size into one of a set size; see data/augmentation.py."""

    def __call__(
        self, image: np.ndarray, mask: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]: ...


class Batches(Protocol):
    """The batches of a training job, epoch by epoch.

    A checkpoint keeps what an epoch hands over to the next: arrays, none of them empty.
    """

    @property
    def iterations_per_epoch(self) -> int: ...

    def epoch(self, number: int, done: int = 0) -> Iterator[Batch]:
        """Yields the batches of an epoch, counted from 0, without the first ``done`` ones."""

    def left_over(self, done: int) -> dict[str, np.ndarray]:
        """Returns what a job needs to go on after ``done`` batches of an epoch; 0 means: after the end of an epoch."""

    def go_on_from(self, left_over: Mapping[str, np.ndarray]) -> None:
        """Takes up what :meth:`left_over` returned, before the first epoch of this object is begun."""


@dataclass(frozen=True)
class Drawing:
    """How a sample becomes one of a batch. It can be sent to another process if its parts can.

    Attributes:
        transform: gives every sample the same size.
        seed: 0 or more.
    """

    dataset: Dataset
    transform: Transform
    seed: int

    def sample(self, turn: Turn) -> Drawn:
        """Returns one image and its mask."""
        index, epoch, position = turn
        return _drawn(self.dataset.read(index), self.transform, self.seed, epoch, position)

    def stacked(self, turns: Iterable[Turn]) -> Drawn:
        """Returns several images and masks, (N, H, W, 3) and (N, H, W)."""
        return _stacked(self.sample(turn) for turn in turns)


@dataclass(frozen=True)
class Batch:
    """The input of one step.

    Attributes:
        images: (N, H, W, 3) uint8, RGB; of a group, this process's share.
        masks: (N, H, W) uint8, class per pixel, 255 = ignore.
        samples: how many the whole batch has, over all processes of the group.
    """

    images: np.ndarray
    masks: np.ndarray
    samples: int


class TrainingBatches:
    """An endless stream of shuffled epochs, cut into full batches.

    The samples that are left over at the end of an epoch begin the first batch of the next, so that no sample is lost.
    Shuffling and random changes depend on ``seed``, the epoch and the place in it alone, not on who reads.

    Args:
        transform: gives every sample the same size.
        batch_size: samples per batch, mini_batch_size in SageMaker's words.
        seed: 0 or more.
        workers: threads that read; 0 reads in the caller's.
        group: the processes that share out each batch.
        readers: processes that read instead of threads, a batch each.

    Raises:
        ChannelError: fewer samples than ``batch_size``.
    """

    def __init__(
        self,
        dataset: Dataset,
        transform: Transform,
        batch_size: int,
        seed: int,
        workers: int,
        group: Group = ALONE,
        readers: ReaderPool | None = None,
    ) -> None:
        if len(dataset) < batch_size:
            raise _too_few(batch_size, f"channel train has {len(dataset)}")
        check_batch(group.size, batch_size)
        self.drawing = Drawing(dataset, transform, seed)
        self.samples = len(dataset)
        self.batch_size = batch_size
        self.workers = workers
        self.group = group
        self.readers = readers

    @property
    def iterations_per_epoch(self) -> int:
        """Returns the number of full batches in one epoch. An epoch that takes over enough samples of the one before
        has one batch more.
        """
        return self.samples // self.batch_size

    def epoch(self, number: int, done: int = 0) -> Iterator[Batch]:
        """Yields the batches whose last sample falls into epoch ``number``, counted from 0, without the first ``done``
        ones.
        """
        first, end = number * self.samples // self.batch_size, (number + 1) * self.samples // self.batch_size
        own = range(self.batch_size)[share(self.batch_size, self.group)]
        stream = (batch * self.batch_size + place for batch in range(first + done, end) for place in own)
        turns = self._turns(stream)
        if self.readers is None:
            drawn = ordered_map(self.drawing.sample, turns, self.workers, _BATCHES_AHEAD * len(own))
            stacks: Iterator[Drawn] = map(_stacked, _parts(drawn, len(own)))
        else:
            stacks = self.readers.map(self.drawing.stacked, _parts(turns, len(own)), _BATCHES_AHEAD)
        for images, masks in stacks:
            yield Batch(images, masks, self.batch_size)

    def left_over(self, done: int) -> dict[str, np.ndarray]:
        """Returns nothing: which samples a batch has follows from its number alone."""
        return {}

    def go_on_from(self, left_over: Mapping[str, np.ndarray]) -> None:
        """Has nothing to take up."""

    def _turns(self, stream: Iterable[int]) -> Iterator[Turn]:
        """Yields who is drawn at each place in the stream of all epochs."""
        order, order_epoch = np.empty(0, dtype=int), -1
        for place in stream:
            epoch, position = divmod(place, self.samples)
            if epoch != order_epoch:
                order, order_epoch = sample_order(self.drawing.seed, epoch, self.samples), epoch
            yield int(order[position]), epoch, position


class WatchedBatches:
    """The batches of another object, with a call after the last batch of each epoch.

    Args:
        epoch_drawn: called after the last batch of each epoch; what it raises ends the training.
    """

    def __init__(self, batches: Batches, epoch_drawn: Callable[[], None]) -> None:
        self._batches = batches
        self._epoch_drawn = epoch_drawn

    @property
    def iterations_per_epoch(self) -> int:
        """Returns the same number as the other batches."""
        return self._batches.iterations_per_epoch

    def epoch(self, number: int, done: int = 0) -> Iterator[Batch]:
        """Yields the batches of one epoch unchanged."""
        yield from self._batches.epoch(number, done)
        self._epoch_drawn()

    def left_over(self, done: int) -> dict[str, np.ndarray]:
        """Returns what the other batches leave over."""
        return self._batches.left_over(done)

    def go_on_from(self, left_over: Mapping[str, np.ndarray]) -> None:
        """Lets the other batches take it up."""
        self._batches.go_on_from(left_over)


class StreamedBatches:
    """The batches of samples that come in the order of their passes, as :class:`TrainingBatches` makes them of files.
    One pass is one epoch.

    If the samples come in the order in which :class:`TrainingBatches` shuffles, both give the same batches.

    Args:
        stream: the training samples.
        transform: gives every sample the same size.
        batch_size: samples per batch.
        seed: 0 or more.
        workers: threads that decode; 0 decodes in the caller's.
        expected: the number of samples of a pass, as far as it is known: num_training_samples.
        miscounted: called at most once, with the number that a pass really has where it is another.
        group: the processes that share out each batch; each of them is handed the whole stream.

    Raises:
        ChannelError: fewer samples than ``batch_size``, expected or found.
    """

    def __init__(
        self,
        stream: Passes,
        transform: Transform,
        batch_size: int,
        seed: int,
        workers: int,
        expected: int,
        miscounted: Callable[[int], None],
        group: Group = ALONE,
    ) -> None:
        if expected < batch_size:
            raise _too_few(batch_size, f"num_training_samples is {expected}")
        check_batch(group.size, batch_size)
        self.stream = stream
        self.transform = transform
        self.batch_size = batch_size
        self.seed = seed
        self.workers = workers
        self.expected = expected
        self.group = group
        self._miscounted: Callable[[int], None] | None = miscounted
        self._left_over: list[Drawn] = []  # this process's share of the unfinished batch
        self._begun = 0  # how many samples that batch has so far, over the whole group
        self._begun_before = 0  # how many the first batch of the present epoch had from the epoch before
        self._taken: dict[int, int] = {}  # by batches of the present epoch: the samples of its pass that they took

    @property
    def iterations_per_epoch(self) -> int:
        """Returns the number of full batches in the samples that are expected."""
        return self.expected // self.batch_size

    def epoch(self, number: int, done: int = 0) -> Iterator[Batch]:
        """Yields the batches whose last sample is in the next pass; ``number`` is the epoch of that pass, counted from
        0. The samples of the first ``done`` batches are read from the stream and not decoded.

        Raises:
            BadPass: samples of the pass cannot be used and are not left out.
        """
        own = range(self.batch_size)[share(self.batch_size, self.group)]
        begun = self._begun_before = self._begun

        def draw(place: tuple[int, Any]) -> tuple[int, Drawn | None]:
            position, sample = place
            if (begun + position) % self.batch_size not in own:  # in a group no sample is left out
                return position, None
            return position, _drawn(self.stream.read(sample), self.transform, self.seed, number, position)

        places = enumerate(self.stream.one_pass())
        count = done * self.batch_size - begun if done else 0
        passed_over = self._taken.get(done, count)
        self._taken = {done: passed_over}
        count -= passed_over - sum(1 for _ in islice(places, passed_over))  # a pass may have become shorter
        for position, drawn in made_of_good(draw, places, self.workers, ahead=_BATCHES_AHEAD * self.batch_size):
            count += 1
            self._left_over += [] if drawn is None else [drawn]
            if (begun + count) % self.batch_size == 0:
                full, self._left_over = self._left_over, []
                self._taken[(begun + count) // self.batch_size] = position + 1
                yield _batch(full, self.batch_size)
        self._begun = (begun + count) % self.batch_size
        self._compare(count)

    def left_over(self, done: int) -> dict[str, np.ndarray]:
        """Returns how many samples the epoch took over from the one before, or those that it left over itself. The
        latter are this process's share alone: a group has no streams. Where samples were left out, also how many of the
        pass the batches took.
        """
        if done:
            begun = {"begun": np.array([self._begun_before])}
            taken = self._taken[done]
            is_whole = taken == done * self.batch_size - self._begun_before
            return begun if is_whole else {**begun, "taken": np.array([done, taken])}
        if not self._left_over:
            return {}
        images, masks = _stacked(self._left_over)
        return {"begun": np.array([self._begun]), "images": images, "masks": masks}

    def go_on_from(self, left_over: Mapping[str, np.ndarray]) -> None:
        """Takes up what was left over. The samples of a batch that was trained on are not needed any more."""
        if "begun" in left_over:
            self._begun = int(left_over["begun"][0])
        if "taken" in left_over:
            done, taken = map(int, left_over["taken"])
            self._taken = {done: taken}
        if "images" in left_over:
            self._left_over = list(zip(left_over["images"], left_over["masks"]))

    def _compare(self, count: int) -> None:
        if count < self.batch_size:
            raise _too_few(self.batch_size, f"channel train has {count}")
        if count != self.expected and self._miscounted is not None:
            self._miscounted(count)
            self._miscounted = None


def _too_few(batch_size: int, found: str) -> ChannelError:
    return ChannelError(
        f"mini_batch_size {batch_size} needs as many samples at least, and {found}: "
        "lower mini_batch_size or add samples"
    )


def _drawn(sample: tuple[np.ndarray, np.ndarray], transform: Transform, seed: int, epoch: int, position: int) -> Drawn:
    # Position 0 would give the numbers that shuffled the epoch: numpy fills short seeds up with zeros.
    rng = np.random.default_rng([seed, epoch, position + 1])
    return transform(*sample, rng)


def evaluation_batches(
    dataset: Passes, transform: Transform, batch_size: int, workers: int, group: Group = ALONE
) -> Iterator[Batch]:
    """Yields batches with each sample once, in order. In a group, each process gets its share. The last batch may be
    smaller.

    Args:
        transform: gives every sample the same size; what is random in it depends on the place of the sample alone.
        workers: threads that read; 0 reads in the caller's.
    """

    def draw(place: tuple[int, Any]) -> Drawn:
        index, sample = place
        return transform(*dataset.read(sample), np.random.default_rng(index))

    places = own_places(enumerate(dataset.one_pass()), group)
    drawn = made_of_good(draw, places, workers, ahead=_BATCHES_AHEAD * batch_size)
    for part in _parts(drawn, batch_size):
        yield _batch(part, len(part))


def own_places(places: Iterable[Item], group: Group) -> Iterator[Item]:
    """Returns this process's share of the samples to score: every so many-th."""
    return islice(places, group.rank, None, group.size)


def _parts(items: Iterable[Item], count: int) -> Iterator[list[Item]]:
    """Yields ``count`` items at a time; the last may be fewer."""
    remaining = iter(items)
    while part := list(islice(remaining, count)):
        yield part


def _stacked(samples: Iterable[Drawn]) -> Drawn:
    images, masks = zip(*samples)
    return np.stack(images), np.stack(masks)


def _batch(share_of_it: Sequence[Drawn], samples: int) -> Batch:
    return Batch(*_stacked(share_of_it), samples)
