"""Who reads the samples that a job trains on: threads, or processes of their own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from semseg.data.dataset import Dataset
from semseg.data.stream import Stream
from semseg.machine.facts import usable_cores
from semseg.training.reader_pool import ReaderPool


@contextmanager
def open_readers(
    dataset: Dataset | Stream, is_on_gpu: bool, workers: int, local_size: int = 1
) -> Iterator[ReaderPool | None]:
    """Yields the processes that read the samples; None where threads do.

    On the processor threads do as well, for the step leaves them the interpreter. Samples in a stream, and those that
    are checked when they are read, are always read by threads: the training process remembers what it has seen of them.
    So are validation samples, for the network that scores them waits for its device; and all samples on Windows, where
    a child inherits no socket.

    Args:
        dataset: the training samples.
        is_on_gpu: whether the job trains on a GPU.
        workers: the most readers, as the hyperparameter says; 0 reads in the training process.
        local_size: how many processes train on this machine.

    Raises:
        PlatformError: a process cannot be started.
    """
    size = most_processes(workers, usable_cores(), local_size)
    if not is_on_gpu or type(dataset) is not Dataset or size == 0 or os.name != "posix":
        yield None
        return
    with ReaderPool(size) as readers:
        yield readers


def most_processes(workers: int, cores: int, local_size: int = 1) -> int:
    """Returns how many processes read samples for one of those that train on this machine: one for each of its cores,
    without that of the training loop.
    """
    return min(workers, max(1, cores // local_size - 1))


def most_threads(workers: int, cores: int, local_size: int = 1) -> int:
    """Returns how many threads read samples in one of the processes that train on this machine: two for each core."""
    return min(workers, max(1, 2 * cores // local_size))
