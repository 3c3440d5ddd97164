"""How much memory a job gives its decoded samples, who shares it, and what the log says."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.container.kept import MIB, keep_samples, room_for, shared_arrays, tell_of_kept
from semseg.container.place import Place
from semseg.data.checks import check_samples
from semseg.data.dataset import Dataset, UncheckedDataset
from semseg.data.label_map import LabelMap
from semseg.data.samples import Sample
from semseg.data.stream import Stream
from semseg.engines.group import ALONE
from semseg.machine.facts import free_memory
from semseg.plumbing.kept_arrays import KeptArrays, Stamp
from semseg.training.job_log import JobLog

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="memory without a name is Linux's")

STAMP = Stamp(1, 1)
IDENTITY = LabelMap.identity()


class Rank:
    """One of several threads that stand for the processes of a group."""

    def __init__(self, rank: int, size: int, meeting: threading.Barrier, told: list[np.ndarray]) -> None:
        self.rank, self.size = rank, size
        self._meeting, self._told = meeting, told

    def sum(self, array: np.ndarray) -> np.ndarray:
        self._told[self.rank] = array
        self._meeting.wait()
        total: np.ndarray = np.sum(self._told, axis=0)
        self._meeting.wait()
        return total

    def barrier(self) -> None:
        self._meeting.wait()


def together(size: int, call: Callable[[Rank], KeptArrays | None]) -> list[KeptArrays]:
    meeting, told = threading.Barrier(size, timeout=60), [np.zeros(0)] * size
    with ThreadPoolExecutor(size) as pool:
        found = list(pool.map(lambda rank: call(Rank(rank, size, meeting, told)), range(size)))
    arrays = [each for each in found if each is not None]
    assert len(arrays) == size
    return arrays


def test_a_number_is_mib_and_auto_a_quarter_of_what_is_free() -> None:
    assert room_for(3) == 3 * MIB
    free = free_memory()
    assert free is not None
    assert room_for("auto") == pytest.approx(free / 4, rel=0.5)


def test_the_processes_of_a_machine_share_what_its_first_one_makes() -> None:
    first, second = together(2, lambda group: shared_arrays(4, 100, Place(group.rank, 2, local_size=2), group))
    first.put(7, STAMP, np.full(5, 3, np.uint8))
    found = second.get(7, STAMP)
    assert found is not None
    assert found.tolist() == [3] * 5


def test_each_machine_has_memory_of_its_own_and_the_room_that_it_says() -> None:
    """Three machines with a process each."""
    arrays = together(3, lambda group: shared_arrays(4, 100 + group.rank, Place(group.rank, 3, local_size=1), group))
    assert [each.place.room for each in arrays] == [100, 101, 102]
    arrays[0].put(7, STAMP, np.zeros(5, np.uint8))
    assert [each.count for each in arrays] == [1, 0, 0]


def test_where_nothing_is_known_to_be_free_nothing_is_kept() -> None:
    assert shared_arrays(4, 0, Place(), ALONE) is None


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    Image.new("RGB", (512, 512)).save(tmp_path / "a.png")
    Image.new("L", (512, 512), 1).save(tmp_path / "m.png")
    return Dataset([Sample(tmp_path / "a.png", tmp_path / "m.png", "a")], IDENTITY, 2, "train")


@pytest.mark.parametrize(
    ("cache", "line"),
    [
        (3, "Decoded training samples kept in memory: 1 of 1, 1 MiB of at most 3 MiB."),
        ("off", ""),
    ],
)
def test_the_log_says_how_many_are_kept_after_the_check(dataset: Dataset, cache: int | str, line: str) -> None:
    text = io.StringIO()
    keep_samples(dataset, cache, Place(), ALONE, JobLog(text))
    assert check_samples(dataset.samples, IDENTITY, 2, "train", 0, kept=dataset.kept) == []
    tell_of_kept(dataset, JobLog(text))
    assert line in text.getvalue()
    assert len(text.getvalue().splitlines()) == bool(line)


def test_samples_that_are_not_checked_before_are_kept_once_they_are_read() -> None:
    text, log = io.StringIO(), JobLog(io.StringIO())
    unchecked = UncheckedDataset([], IDENTITY, 2, "train")
    keep_samples(unchecked, 3, Place(), ALONE, log)
    tell_of_kept(unchecked, JobLog(text))
    assert "Decoded training samples are kept in memory once they are read, in at most 3 MiB." in text.getvalue()


def test_a_stream_is_told_not_to_be_kept() -> None:
    text = io.StringIO()
    keep_samples(Stream(Path(), ["train"], IDENTITY, 2, lambda: None), "auto", Place(), ALONE, JobLog(text))
    assert "Decoded samples of a stream are not kept in memory." in text.getvalue()
