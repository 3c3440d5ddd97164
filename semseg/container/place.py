"""Which of the processes that train a job together this one is."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from semseg.contract.job_directory import JobDirectory
from semseg.contract.torchrun import LOCAL_SIZE, RANK, SIZE
from semseg.engines.group import Group, from_first
from semseg.errors import PlatformError

LEASHED = "--leashed"  # the argument of a process that ends when whoever started it does
OWN = ".process-"  # what the name of a process's own folder begins with, before its rank
FAILED, GROUP_ENDED = 1, 3  # exit codes; the second of a process that failed because another did


@dataclass(frozen=True)
class Place:
    """The place of this process among those of its job.

    Attributes:
        rank: which of them it is, 0 to ``size`` - 1; rank 0 writes the log and the results.
        size: how many they are.
        local_size: how many of them are on this machine.
        is_given: whether torchrun, or our own starter, said so.
    """

    rank: int = 0
    size: int = 1
    local_size: int = 1
    is_given: bool = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Place:
        """Returns the place that torchrun's variables tell; a process that nobody gave one trains alone.

        Raises:
            PlatformError: one of them is no number.
        """
        if SIZE not in environment:
            return cls()
        rank, size, local_size = (_number(name, environment.get(name, other)) for name, other in _DEFAULTS.items())
        return cls(rank, size, local_size, is_given=True)

    def __str__(self) -> str:
        return f"process {self.rank} of {self.size}, counted from 0,"


_DEFAULTS = {RANK: "0", SIZE: "1", LOCAL_SIZE: "1"}


def _number(name: str, value: str) -> int:
    try:
        return int(value)
    except ValueError as error:
        raise PlatformError(
            f"the environment variable {name}, which torchrun sets, must be a whole number, got {value!r}: leave "
            f"{SIZE} unset to train in one process"
        ) from error


def end_with_the_starter() -> None:
    """Ends this process where the one that started it ends, and with it the other end of standard input."""

    def watch() -> None:
        os.read(0, 1)
        os._exit(1)

    threading.Thread(target=watch, name="leash", daemon=True).start()


@contextmanager
def own_results(directory: JobDirectory, group: Group) -> Iterator[JobDirectory]:
    """Yields the directory that this process writes its results to.

    Rank 0 writes the job's. The others have a folder of their own, for what rank 0 sends them, which is removed at the
    end: they may lie on another machine, whose model directory must stay empty. All have checkpoints, or none has.
    """
    has_checkpoints = from_first(int(directory.checkpoints.is_dir()), group)
    if group.rank == 0:
        yield directory
        return
    own = JobDirectory(directory.root / f"{OWN}{group.rank}")
    try:
        shutil.rmtree(own.root, ignore_errors=True)
        for folder in (own.model, *([own.checkpoints] if has_checkpoints else [])):
            folder.mkdir(parents=True)
        yield own
    finally:
        shutil.rmtree(own.root, ignore_errors=True)


def remove_results_of_others(directory: JobDirectory) -> None:
    """Removes what processes of this machine left of :func:`own_results`, because they were killed."""
    for folder in directory.root.glob(f"{OWN}*"):
        shutil.rmtree(folder, ignore_errors=True)
