"""Signs of life: how processes on several machines know a dead one from one that is busy."""

from __future__ import annotations

import threading
import time

from torch.distributed.distributed_c10d import Store

from semseg.engines.group import GroupEnded

SILENCE = 45.0  # seconds without a sign of life after which a process counts as dead; it is noticed within a minute
SIGNS = 9  # of life in that time


class Heartbeat:
    """Counts up a number of this process in the store of the group, and watches the numbers of the others.

    A process that ended closes its connections, which the others notice without this. A machine that is switched off or
    cut off closes nothing.

    Args:
        store: what the group has in common.
        rank: which process of the group this is.
        size: how many they are.
        silence: seconds without a sign of life after which a process counts as dead.
    """

    def __init__(self, store: Store, rank: int, size: int, silence: float = SILENCE) -> None:
        # a connection of its own, so that nothing that waits for the store delays it; PyTorch's stubs leave it out
        self._store: Store = store.clone()  # type: ignore[attr-defined]
        self._rank = rank
        self._others = [other for other in range(size) if other != rank]
        self._silence = silence
        self._counts = dict.fromkeys(self._others, 0)
        self._heard = dict.fromkeys(self._others, time.monotonic())
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raises GroupEnded if a process of the group has given no sign of life for too long."""
        now = time.monotonic()
        silent = [str(other) for other in self._others if now - self._heard[other] > self._silence]
        if silent:
            raise GroupEnded(
                f"process {', '.join(silent)} of this job has given no sign of life for {self._silence:g} seconds: its "
                "machine is off, or cannot be reached. Start the job again, and it goes on from its last checkpoint"
            )

    def stop(self) -> None:
        """Gives no more signs of life."""
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self._beat()
            except RuntimeError:  # the store is gone with the process that kept it: everyone falls silent
                return
            self._ended.wait(self._silence / SIGNS)

    def _beat(self) -> None:
        self._store.add(_key(self._rank), 1)
        for other in self._others:
            count = self._store.add(_key(other), 0)
            if count != self._counts[other]:
                self._counts[other], self._heard[other] = count, time.monotonic()


def _key(rank: int) -> str:
    return f"semseg/heartbeat/{rank}"
