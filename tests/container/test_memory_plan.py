from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from semseg.container.memory_plan import (
    Need,
    TrainingDevice,
    even_parts,
    least_free,
    measured,
    planned_parts,
    seems_to_fit,
    with_batch_size,
)
from semseg.contract.hyperparameters import Hyperparameters
from semseg.engines.group import ALONE, Group
from semseg.training.job_log import JobLog
from tests.engines.group_of_threads import in_threads

GB = 10**9


@dataclass
class Memory:
    """A device's memory, in bytes."""

    free_bytes: int | None
    held_bytes: int = GB

    def held(self) -> int | None:
        return self.held_bytes

    def free(self) -> int | None:
        return self.free_bytes

    def begin(self) -> None: ...

    def peak(self) -> int:
        return 0


@dataclass
class Steps:
    """Steps that need 2 GB and half a GB a sample, up to so many samples; more find no memory."""

    most: int = 1000
    sizes: list[int] = field(default_factory=list)
    has_ended: bool = False

    def peak_of(self, samples: int) -> int | None:
        self.sizes.append(samples)
        return None if samples > self.most else 2 * GB + samples * GB // 2

    def end(self) -> None:
        self.has_ended = True


def given(**strings: str) -> Hyperparameters:
    return Hyperparameters.from_strings({"num_classes": "2", "num_training_samples": "100", **strings})


def device_of(
    memory: Memory, steps: Steps, devices: int = 1, on_gpu: bool = False, group: Group = ALONE
) -> TrainingDevice:
    return TrainingDevice(devices, on_gpu, memory, lambda _: steps, group)


def test_what_samples_need_lies_on_a_line() -> None:
    need = Need.through((1, 110), (3, 150))
    assert need == Need(90, 20)
    assert need.of(4) == 170
    assert [need.fitting(room) for room in (129, 130, 169, 80)] == [1, 2, 3, -1]
    assert Need.through((1, 100), (2, 90)) == Need(99, 1)  # whatever was measured: a sample needs something
    assert Need.through((1, 0), (3, 3)) == Need(-2, 2)  # rounded up


@pytest.mark.parametrize(
    ("room", "most", "confirmed", "fits", "sizes"),
    [
        (6 * GB, 64, 64, 8, [1, 2, 8]),  # 2 + 8 / 2 = 6
        (6 * GB, 64, 4, 8, [1, 2, 4]),
        (6 * GB, 5, 64, 5, [1, 2, 5]),
        (3 * GB, 64, 64, 2, [1, 2]),
        (0, 64, 64, 1, [1, 2]),  # one sample is tried in any case
        (6 * GB, 1, 64, 1, [1]),
    ],
)
def test_as_many_samples_fit_as_have_room(room: int, most: int, confirmed: int, fits: int, sizes: list[int]) -> None:
    steps = Steps()
    assert measured(steps, room, most, confirmed)[0] == fits
    assert steps.sizes == sizes
    assert steps.has_ended


def test_a_number_that_finds_no_memory_after_all_is_halved() -> None:
    steps = Steps(most=5)
    assert measured(steps, 12 * GB, 64, 64)[0] == 5  # 20, 10, 5: of which the line says 20 again
    assert steps.sizes == [1, 2, 20, 10, 5]
    assert measured(Steps(most=1), 12 * GB, 64, 64)[0] == 1


def test_auto_becomes_what_has_room_with_a_fifth_of_the_free_memory_left() -> None:
    log = io.StringIO()
    found = with_batch_size(given(mini_batch_size="auto"), 100, None, device_of(Memory(10 * GB), Steps()), JobLog(log))
    assert found.mini_batch_size == 14  # held 1 + 0.8 * 10 = 9 = 2 + 14 / 2
    assert found.to_strings()["mini_batch_size"] == "14"
    assert (
        "mini_batch_size is auto, and 14: 14 samples a step have room; a process may have 9.00 GB and was measured to "
        "need 2.50 GB for one sample and 0.50 GB for each other."
    ) in log.getvalue()


@pytest.mark.parametrize(("on_gpu", "confirmed"), [(False, 4), (True, 8)])
def test_a_few_samples_confirm_what_many_need(on_gpu: bool, confirmed: int) -> None:
    steps = Steps()
    device = device_of(Memory(100 * GB), steps, on_gpu=on_gpu)
    found = with_batch_size(given(mini_batch_size="auto"), 100, None, device, JobLog(io.StringIO()))
    assert found.mini_batch_size == 64
    assert steps.sizes == [1, 2, confirmed]


@pytest.mark.parametrize(
    ("samples", "devices", "accumulate", "size"),
    [(100, 1, 1, 14), (9, 1, 1, 9), (100, 3, 1, 42), (100, 8, 1, 64), (100, 1, 3, 42), (100, 1, 99, 64)],
)
def test_auto_is_for_all_devices_and_parts_but_no_more_than_64_nor_than_there_are_samples(
    samples: int, devices: int, accumulate: int, size: int
) -> None:
    hyperparameters = given(mini_batch_size="auto", accumulate=str(accumulate))
    device = device_of(Memory(10 * GB), Steps(), devices)
    found = with_batch_size(hyperparameters, samples, None, device, JobLog(io.StringIO()))
    assert found.mini_batch_size == size
    assert found.accumulate == min(accumulate, size)


def test_a_number_that_was_given_stays_and_nothing_is_measured() -> None:
    steps, hyperparameters = Steps(), given(mini_batch_size="30")
    device = device_of(Memory(10 * GB), steps)
    assert with_batch_size(hyperparameters, 100, None, device, JobLog(io.StringIO())) is hyperparameters
    assert steps.sizes == []


def test_a_job_that_goes_on_keeps_the_number_of_its_checkpoint() -> None:
    steps = Steps()
    device = device_of(Memory(GB), steps)
    assert with_batch_size(given(mini_batch_size="auto"), 100, 12, device, JobLog(io.StringIO())).mini_batch_size == 12
    assert steps.sizes == []


def test_auto_is_the_default_where_the_system_does_not_tell_of_memory() -> None:
    log = io.StringIO()
    found = with_batch_size(given(mini_batch_size="auto"), 9, None, device_of(Memory(None), Steps()), JobLog(log))
    assert found.mini_batch_size == 9
    assert "mini_batch_size is auto, and 9: this system does not tell how much memory is free." in log.getvalue()


def test_a_batch_without_room_is_split_from_the_first_step_and_warned_of() -> None:
    log = io.StringIO()
    hyperparameters = given(mini_batch_size="30", crop_size="480")
    assert planned_parts(hyperparameters, device_of(Memory(10 * GB), Steps()), JobLog(log)) == 3  # 14 have room
    assert "WARNING" in log.getvalue()
    assert (
        "mini_batch_size 30 has no room in memory: 14 samples a step have room; a process may have 9.00 GB and was "
        "measured to need 2.50 GB for one sample and 0.50 GB for each other, and 30 samples would need 17.00 GB. Each "
        "step is computed in 3 parts, as accumulate 3 says; a lower mini_batch_size or crop_size needs less."
    ) in log.getvalue()


def test_what_other_samples_need_is_not_told_where_one_alone_found_memory() -> None:
    log = io.StringIO()
    hyperparameters = given(mini_batch_size="30", crop_size="480")
    assert planned_parts(hyperparameters, device_of(Memory(10 * GB), Steps(most=1)), JobLog(log)) == 30
    assert "was measured to need 2.50 GB for one sample. Each step is computed in 30 parts" in log.getvalue()


@pytest.mark.parametrize(
    ("strings", "free", "on_gpu", "parts", "sizes"),
    [
        ({"mini_batch_size": "30", "crop_size": "480", "accumulate": "4"}, 10, False, 4, [1, 2, 4]),  # 8 of 14
        ({"mini_batch_size": "14", "crop_size": "480"}, 10, False, 1, [1, 2, 4]),
        ({"mini_batch_size": "16", "crop_size": "24"}, 10, False, 1, []),  # 0.8 * 10 GB is known to be enough
        ({"mini_batch_size": "30", "crop_size": "480"}, 10, True, 1, []),  # a GPU says so itself
        ({"mini_batch_size": "30", "crop_size": "480"}, None, False, 1, []),
    ],
)
def test_only_a_batch_that_may_have_no_room_is_measured(
    strings: dict[str, str], free: int | None, on_gpu: bool, parts: int, sizes: Sequence[int]
) -> None:
    steps, memory = Steps(), Memory(None if free is None else free * GB)
    device = device_of(memory, steps, on_gpu=on_gpu)
    assert planned_parts(given(**strings), device, JobLog(io.StringIO())) == parts
    assert steps.sizes == sizes


def test_parts_are_of_equal_size_where_not_too_many_are_needed_for_that() -> None:
    assert [even_parts(10, 4), even_parts(16, 3), even_parts(16, 4), even_parts(1, 1)] == [5, 4, 4, 1]
    assert even_parts(17, 3) == 3  # 17 parts would be too many


def test_all_processes_take_what_the_one_with_the_least_memory_has_room_for() -> None:
    def plan(group: Group) -> tuple[int, int, int]:
        steps = Steps()
        device = device_of(Memory((10 - 5 * group.rank) * GB), steps, 2, group=group)
        log = JobLog(io.StringIO())
        found = with_batch_size(given(mini_batch_size="auto"), 100, None, device, log)
        parts = planned_parts(given(mini_batch_size="30", crop_size="480"), device, log)
        return found.mini_batch_size, parts, len(steps.sizes)

    # 1 + 0.8 * 5 = 5 = 2 + 6 / 2; 15 samples a process in 3 parts of 6 at most; rank 0 measures
    assert in_threads(2, plan) == [(12, 3, 6), (12, 3, 0)]


def test_a_rough_estimate_leaves_a_fifth_of_what_is_free() -> None:
    device = device_of(Memory(None), Steps(), 2)
    job = given(mini_batch_size="8", crop_size="160")
    # four samples a device of 160 x 160 pixels at 7,000 bytes are 0.717 GB, and 1.2 GB come to it: 0.8 of 2.396 GB
    assert [seems_to_fit(job, device, free) for free in (2_390_000_000, 2_400_000_000)] == [False, True]
    in_parts = given(mini_batch_size="8", crop_size="160", accumulate="4")
    assert seems_to_fit(in_parts, device, 1_800_000_000)  # one sample at a time: 0.8 of 1.724 GB
    assert seems_to_fit(job, device, least_free(device))  # nobody tells
