"""What the memory of this machine has room for: the size of a job's mini-batches, and in how many parts they are
computed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from semseg.contract.hyperparameters import MEASURED, Hyperparameters
from semseg.engines.engine import DeviceMemory
from semseg.engines.group import Group, from_first, gathered
from semseg.inspection.training_memory import SAFE_SHARE, room_for
from semseg.plumbing.counted import counted
from semseg.training.job_log import JobLog

MOST = 64  # samples of a mini-batch that is chosen
CONFIRMED_HERE = 4  # samples that the processor computes to confirm; one takes it about a second, at a crop of 240
CONFIRMED_ON_GPU = 8  # trying all algorithms for 64 samples once took a GPU more than a minute in float32
UNKNOWN = -1
GIGABYTE = 10**9


class Trial(Protocol):
    """Steps that are made only to see how much memory they need; see memory_trial.py."""

    def peak_of(self, samples: int) -> int | None: ...

    def end(self) -> None: ...


@dataclass(frozen=True)
class TrainingDevice:
    """What a process of a job computes on.

    Attributes:
        devices: that share each batch, over all processes.
        on_gpu: whether they are GPUs.
        memory: of this process's device.
        trial: returns a new trial of a job on it.
        group: the processes that train together.
    """

    devices: int
    on_gpu: bool
    memory: DeviceMemory
    trial: Callable[[Hyperparameters], Trial]
    group: Group


@dataclass(frozen=True)
class Need:
    """The memory that a step was measured to need, in bytes: so much in any case, and so much for each sample; nothing
    in any case where a step of one sample alone was measured.
    """

    fixed: int
    per_sample: int

    @classmethod
    def through(cls, first: tuple[int, int], second: tuple[int, int]) -> Need:
        """Returns the need on which two measurements lie, each of so many samples and bytes; the second of more."""
        per_sample = max(1, -((first[1] - second[1]) // (second[0] - first[0])))  # rounded up
        return cls(first[1] - first[0] * per_sample, per_sample)

    def fitting(self, room: int) -> int:
        """Returns how many samples have room in so many bytes; 0 or less where none has."""
        return (room - self.fixed) // self.per_sample

    def of(self, samples: int) -> int:
        """Returns the bytes that so many samples need."""
        return self.fixed + samples * self.per_sample


def measured(trial: Trial, room: int, most: int, confirmed: int) -> tuple[int, Need]:
    """Returns how many samples of a device have room, 1 to ``most``, and what they need: steps of one and of two are
    measured, and one of as many as seem to have room, or of ``confirmed``.

    Args:
        room: bytes.
    """
    try:
        first, second = trial.peak_of(1) or 0, trial.peak_of(2) if most > 1 else None
        if second is None:  # no room for two, or no use
            return 1, Need(0, max(1, first))
        need = Need.through((1, first), (2, second))
        fits = min(most, need.fitting(room))
        while (tried := min(fits, confirmed)) > 2:
            peak = trial.peak_of(tried)
            if peak is not None:
                need = Need.through((1, first), (tried, peak))
                fits = min(fits, need.fitting(room))
                break
            fits = tried // 2
        return max(1, fits), need
    finally:
        trial.end()


def with_batch_size(
    hyperparameters: Hyperparameters, samples: int, before: int | None, device: TrainingDevice, log: JobLog
) -> Hyperparameters:
    """Returns the hyperparameters with a number as ``mini_batch_size``. All processes of the group call this.

    Args:
        samples: for training.
        before: the number that the job had before it was interrupted; None where it begins.
    """
    if hyperparameters.mini_batch_size != MEASURED:
        return hyperparameters
    known = from_first(before or MEASURED, device.group)
    if known:
        log.info(f"mini_batch_size is auto, and {known} as in the job's checkpoint.")
        return _with(hyperparameters, known)
    most = max(1, min(MOST, samples) // device.devices)
    room = _room(device)
    if room is None:
        size = min(Hyperparameters.mini_batch_size, most * device.devices)
        log.info(f"mini_batch_size is auto, and {size}: this system does not tell how much memory is free.")
        return _with(hyperparameters, size)
    fits, need = _measured_by_first(hyperparameters, device, room, most)
    size = min(most, fits * hyperparameters.accumulate) * device.devices
    log.info(f"mini_batch_size is auto, and {size}: {_told(fits, need, room, device)}.")
    return _with(hyperparameters, size)


def _with(hyperparameters: Hyperparameters, size: int) -> Hyperparameters:
    return replace(hyperparameters, mini_batch_size=size, accumulate=min(hyperparameters.accumulate, size))


def planned_parts(hyperparameters: Hyperparameters, device: TrainingDevice, log: JobLog) -> int:
    """Returns in how many parts a step is computed from the first one on: as the job asks, or in more where the memory
    of the processor has no room for that. All processes of the group call this.

    The kernel ends a process that takes more memory than there is, or than its control group may have, and nothing can
    be done about it then. A GPU only says that there is no more.

    Nothing is measured where a rough estimate, which is known to be high, finds room enough.
    """
    asked = hyperparameters.accumulate
    room = None if device.on_gpu else _room(device)
    if room is None:
        return asked
    if seems_to_fit(hyperparameters, device, least_free(device)):
        return asked
    samples = -(-hyperparameters.mini_batch_size // device.devices)
    fits, need = _measured_by_first(hyperparameters, device, room, samples)
    parts = asked if fits * asked >= samples else even_parts(samples, -(-samples // fits))
    if parts > asked:
        log.warning(
            f"mini_batch_size {hyperparameters.mini_batch_size} has no room in memory: "
            f"{_told(fits, need, room, device)}{_all_told(samples, need)}. Each step is computed in {parts} "
            f"parts, as accumulate {parts} says; a lower mini_batch_size or crop_size needs less."
        )
    return parts


def least_free(device: TrainingDevice) -> int | None:
    """Returns the free bytes of the device that has the fewest; None where nobody tells. All of the group call this."""
    free = device.memory.free()
    least = min(gathered(UNKNOWN if free is None else free, device.group))
    return None if least == UNKNOWN else least


def seems_to_fit(hyperparameters: Hyperparameters, device: TrainingDevice, free: int | None) -> bool:
    """Returns whether a rough estimate, which is known to be high, finds room for a job's steps.

    Args:
        free: bytes, as of :func:`least_free`; all fits where that is not known.
    """
    if free is None:
        return True
    samples = -(-hyperparameters.mini_batch_size // device.devices)
    room = room_for(hyperparameters.rounded_crop_size, hyperparameters.backbone, free)
    return room >= -(-samples // hyperparameters.accumulate)


def even_parts(samples: int, fewest: int) -> int:
    """Returns in how many parts of equal size samples can be split, at least ``fewest`` and at most twice as many; if
    in none, ``fewest``. What is compiled for each size, as MXNet's step is, needs memory for each.
    """
    numbers = range(fewest, min(2 * fewest, samples) + 1)
    return next((number for number in numbers if samples % number == 0), fewest)


def _measured_by_first(
    hyperparameters: Hyperparameters, device: TrainingDevice, room: int, most: int
) -> tuple[int, Need]:
    """Returns what rank 0 has measured, in each process of the group."""
    confirmed = CONFIRMED_ON_GPU if device.on_gpu else CONFIRMED_HERE
    is_first = device.group.rank == 0
    fits, need = measured(device.trial(hyperparameters), room, most, confirmed) if is_first else (0, Need(0, 0))
    each, fixed, per_sample = (from_first(value, device.group) for value in (fits, need.fixed, need.per_sample))
    return each, Need(fixed, per_sample)


def _room(device: TrainingDevice) -> int | None:
    """Returns the bytes that this process may have of its device, or another one where that has less; None where nobody
    tells.
    """
    held, free = device.memory.held(), device.memory.free()
    own = UNKNOWN if held is None or free is None else held + int(SAFE_SHARE * free)
    least = min(gathered(own, device.group))
    return None if least == UNKNOWN else least


def _told(fits: int, need: Need, room: int, device: TrainingDevice) -> str:
    on = f" on each of {device.devices} devices" if device.devices > 1 else ""
    has = "has" if fits == 1 else "have"
    others = f" and {_gigabytes(need.per_sample)} for each other" if need.fixed else ""
    return (
        f"{counted(fits, 'sample')} a step{on} {has} room; a process may have {_gigabytes(room)} and was measured to "
        f"need {_gigabytes(need.of(1))} for one sample{others}"
    )


def _all_told(samples: int, need: Need) -> str:
    if not need.fixed:
        return ""
    return f", and {counted(samples, 'sample')} would need {_gigabytes(need.of(samples))}"


def _gigabytes(count: int) -> str:
    return f"{count / GIGABYTE:.2f} GB"
