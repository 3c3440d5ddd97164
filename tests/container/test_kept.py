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
from semseg.data.dataset import Dataset
from semseg.data.file_check import ReadFacts
from semseg.data.labels.label_map import LabelMap
from semseg.data.samples import Sample
from semseg.data.stream import Stream
from semseg.engines.group import ALONE
from semseg.machine.memory import free_memory
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
    Image.new("RGB", (640, 512)).save(tmp_path / "a.png")
    Image.new("L", (640, 512), 1).save(tmp_path / "m.png")
    return Dataset([Sample(tmp_path / "a.png", tmp_path / "m.png", "a")], IDENTITY, 2, "train")


def told_of(dataset: Dataset, cache: int | str, is_checked: bool) -> str:
    text = io.StringIO()
    keep_samples(dataset, cache, Place(), ALONE, JobLog(text))
    for sample in dataset.samples if is_checked else []:
        facts = ReadFacts(kept=dataset.kept)
        facts.image(sample.image, "an image")
        facts.mask(sample.mask, "a mask", None)
    tell_of_kept(dataset, JobLog(text))
    return text.getvalue()


@pytest.mark.parametrize(
    ("cache", "is_checked", "kept"),
    [
        (3, True, "1 of 1, 2 MiB of at most 3 MiB."),
        (
            1,
            True,
            "0 of 1, and the masks alone of 1, 1 MiB of at most 1 MiB; others once they are read, as far as there is",
        ),
        (3, False, "0 of 1, 0 MiB of at most 3 MiB; others once they are read, as far as there is room."),
    ],
    ids=["checked", "too large", "checked as they come"],
)
def test_the_log_says_how_many_are_kept(dataset: Dataset, cache: int, is_checked: bool, kept: str) -> None:
    assert f"Decoded training samples kept in memory: {kept}" in told_of(dataset, cache, is_checked)


def test_nothing_is_kept_and_nothing_said_where_it_is_switched_off(dataset: Dataset) -> None:
    assert told_of(dataset, "off", is_checked=True) == ""
    assert dataset.kept is None


def test_a_stream_is_told_not_to_be_kept() -> None:
    text = io.StringIO()
    keep_samples(Stream(Path(), ["train"], IDENTITY, 2, lambda: None), "auto", Place(), ALONE, JobLog(text))
    assert "Decoded samples of a stream are not kept in memory." in text.getvalue()
