from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from semseg.machine.resource_problems import resource_problems
from tests.machine.machines import BARE, GIBIBYTE


def test_a_machine_with_room_has_no_problems() -> None:
    assert list(resource_problems(BARE)) == []


def test_what_only_linux_has_is_missed_nowhere_else() -> None:
    mac = dataclasses.replace(BARE, system="Darwin", architecture="arm64", free_memory=None, free_shared_memory=None)
    assert list(resource_problems(mac)) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"free_memory": 3 * GIBIBYTE // 2},
            "Only 1.5 GiB of memory is free, and training may be killed; free some, or lower mini_batch_size or "
            "crop_size",
        ),
        (
            {"free_shared_memory": 64 * 2**20},
            "Only 64 MiB of /dev/shm is free, too little for several processes to hand batches over; in a container, "
            "start it with --shm-size=1g",
        ),
        (
            {"free_shared_memory": None},
            "Only 0 MiB of /dev/shm is free, too little for several processes to hand batches over; in a container, "
            "start it with --shm-size=1g",
        ),
        (
            {"omp_num_threads": "2"},
            "OMP_NUM_THREADS is 2, and 4 processor cores could work; unset it, and the engine gets them all",
        ),
    ],
)
def test_what_is_scarce_is_a_hint(changes: dict[str, Any], sentence: str) -> None:
    (problem,) = resource_problems(dataclasses.replace(BARE, **changes))
    assert (str(problem), problem.fatal) == (sentence, False)
