"""The processes that train one network together, each on its own device."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Protocol

import numpy as np
import torch
import torch.distributed
from torch.distributed import TCPStore  # type: ignore[attr-defined]
from torch.distributed.distributed_c10d import Store
from torch.distributed.rendezvous import rendezvous

from semseg.contract.torchrun import ADDRESS, AGENTS_STORE, LOCAL_RANK, PORT, RANK, SIZE, THIS_MACHINE
from semseg.engines.group import ALONE, Alone, GroupEnded
from semseg.engines.pytorch.heartbeat import SILENCE, Heartbeat
from semseg.errors import PlatformError

LONGEST_START = timedelta(minutes=10)  # until all processes are there
LONGEST_WAIT = timedelta(hours=1)  # for a process that is alive and busy
LOOK_AFTER = timedelta(seconds=5)  # of waiting, whether the others are alive
TIME_TO_END = 20  # seconds
PAUSE = 0.001  # seconds, from one look at a GPU to the next
REASON = "semseg/reason"  # in the store: why a process failed


class Work(Protocol):
    """A sum that is under way, as PyTorch gives it."""

    def wait(self, timeout: timedelta = LONGEST_WAIT) -> bool: ...

    def is_completed(self) -> bool: ...


class ProcessGroup:
    """A group of processes as :class:`semseg.engines.group.Group` describes it, which adds up tensors too.

    Arrays travel by gloo, which notices at once where a process has ended; tensors on GPUs travel by NCCL. A process
    that no longer answers, without having ended, is given up within a minute. A process is in one group at a time.

    Args:
        store: where the processes find each other.
        rank: which of them this process is.
        size: how many they are.
        device: where the tensors are.
        silence: seconds without a sign of life after which a process is given up.

    Raises:
        PlatformError: the others could not be reached.
    """

    def __init__(self, store: Store, rank: int, size: int, device: torch.device, silence: float = SILENCE) -> None:
        self.rank = rank
        self.size = size
        self._store = store
        self._stuck = False  # in a sum that takes long
        on_gpu = device.type == "cuda"
        try:
            torch.distributed.init_process_group(
                "cpu:gloo,cuda:nccl" if on_gpu else "gloo",
                store=store,
                rank=rank,
                world_size=size,
                timeout=LONGEST_WAIT,
                device_id=device if on_gpu else None,
            )
            self._heartbeat = Heartbeat(store, rank, size, silence)
        except RuntimeError as error:
            raise GroupEnded(f"the {size} processes of this job cannot reach one another: {error}") from error

    def close(self) -> None:
        """Leaves the group, once nothing is under way any more: PyTorch would wait for it."""
        self._heartbeat.stop()
        torch.distributed.destroy_process_group()

    def fail(self) -> None:
        """Gives no more signs of life, for this process failed and is about to end; the others notice its end.

        PyTorch lets no process end while a sum is under way. Where a process is silent, it waits for that for an hour,
        unless it is ended.
        """
        self._heartbeat.stop()
        if self._stuck and hasattr(signal, "alarm"):  # Windows has none
            signal.alarm(TIME_TO_END)

    def tell(self, reason: str) -> None:
        """Lets the others know why this process failed, unless another one was first."""
        with contextlib.suppress(RuntimeError):  # the store is gone with the first process
            self._store.compare_set(REASON, "", f"process {self.rank} of this job failed: {reason}")

    def told(self) -> str:
        """Returns why another process failed; "" where it could not say so."""
        with contextlib.suppress(RuntimeError):
            if self._store.check([REASON]):
                return str(self._store.get(REASON).decode(errors="replace"))
        return ""

    def sum(self, array: np.ndarray) -> np.ndarray:
        """Returns the sum of the arrays of all processes, as :class:`semseg.engines.group.Group` promises."""
        total: np.ndarray = self.sum_of(torch.from_numpy(np.array(array))).numpy()
        return total

    def barrier(self) -> None:
        """Waits until all processes are here, as :class:`semseg.engines.group.Group` promises."""
        self.sum(np.zeros(1))

    def sum_of(self, tensor: torch.Tensor) -> torch.Tensor:
        """Returns the sum of the tensors of all processes, the same in each; does not wait for a GPU.

        Raises:
            PlatformError: a process of the group has ended, or does not answer.
        """
        total = tensor.detach().clone(memory_format=torch.contiguous_format)
        self.start_sum(total)()
        return total

    def start_sum(self, tensor: torch.Tensor) -> Callable[[], None]:
        """Begins to add up a contiguous tensor in place.

        Returns:
            What waits until the sum is there; on a GPU it lets the stream wait. It raises what :meth:`sum_of` does.
        """
        try:
            work = torch.distributed.all_reduce(tensor, async_op=True)
        except RuntimeError as error:
            raise _ended(error) from error
        return work.wait if tensor.is_cuda else partial(self._wait, work)

    def wait_until(self, is_ready: Callable[[], bool]) -> None:
        """Waits for a GPU, whose work may hang on other processes: NCCL itself would wait for a dead machine for an
        hour.

        Args:
            is_ready: whether the GPU has done it.

        Raises:
            GroupEnded: a process of the group has ended, or does not answer.
        """
        while not _answer(is_ready):
            self._heartbeat.check()
            time.sleep(PAUSE)

    def _wait(self, work: Work) -> None:
        while not is_done(work):
            self._stuck = True
            self._heartbeat.check()
        self._stuck = False


@contextmanager
def from_environment(device: torch.device, silence: float = SILENCE) -> Iterator[ProcessGroup | Alone]:
    """Yields the group that torchrun, or whatever else sets its variables, started this process in.

    A process whose block raises is of no more use in the group, and has to end.

    Args:
        device: where this process trains.
        silence: seconds without a sign of life after which a process is given up.

    Raises:
        PlatformError: the variables are not complete, or the other processes cannot be reached.
    """
    if os.environ.get(SIZE, "1") == "1":
        yield ALONE
        return
    group = ProcessGroup(*_meet(), device, silence)
    try:
        yield group
    except GroupEnded as error:
        group.fail()
        raise GroupEnded(group.told() or str(error)) from error
    except BaseException as error:
        if isinstance(error, Exception):
            group.tell(str(error))
        group.fail()
        raise
    group.close()


def _meet() -> tuple[Store, int, int]:
    """Returns the store that the processes of the environment have in common, and this one's rank of how many."""
    is_here = os.environ.get(ADDRESS) == THIS_MACHINE and AGENTS_STORE not in os.environ
    try:
        store, rank, size = _meet_here() if is_here else next(rendezvous("env://", timeout=LONGEST_START))
    except ValueError as error:
        raise PlatformError(f"{SIZE} is set, so that torchrun's other variables must be too: {error}") from error
    except (RuntimeError, OSError) as error:
        raise GroupEnded(f"the first process of this job cannot be reached: {error}") from error
    return store, rank, size


def _meet_here() -> tuple[Store, int, int]:
    """Returns the same for processes of this machine alone, whose store then listens to no other machine."""
    rank, size, port = (_number(name) for name in (RANK, SIZE, PORT))
    listening = socket.create_server((THIS_MACHINE, port)).detach() if rank == 0 else None  # the store closes it
    return TCPStore(THIS_MACHINE, port, size, rank == 0, LONGEST_START, master_listen_fd=listening), rank, size


def _number(name: str) -> int:
    """Returns the number in a variable; raises ValueError where there is none."""
    return int(os.environ.get(name, f"no {name}"))


def local_rank() -> int:
    """Returns which of the processes of this machine this one is, from 0 on; 0 where torchrun did not start it."""
    return int(os.environ.get(LOCAL_RANK, "0"))


def is_done(work: Work) -> bool:
    """Returns whether a sum is there, after a few seconds at the most; raises GroupEnded if it will never be."""
    try:
        work.wait(LOOK_AFTER)
    except RuntimeError:
        return work.is_completed() and _is_there(work)  # the time was over, or the sum has failed
    return True


def _is_there(work: Work) -> bool:
    """Returns True for a sum that was completed, be it in the moment after the time was over."""
    try:
        work.wait()
    except RuntimeError as error:
        raise _ended(error) from error
    return True


def _answer(is_ready: Callable[[], bool]) -> bool:
    try:
        return is_ready()
    except RuntimeError as error:
        raise _ended(error) from error


def _ended(error: RuntimeError) -> GroupEnded:
    found = re.sub(r"^\[.*?\] ", "", str(error).splitlines()[0]).partition(". ")[0]  # without the line of its source
    return GroupEnded(
        "another process of this job has ended, and its own log says why; start the job again, and it goes on from its "
        f"last checkpoint ({found})"
    )
