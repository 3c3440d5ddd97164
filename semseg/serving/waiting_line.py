"""The line of decoded pictures that wait for an engine, and the choice of those that are computed together."""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass, field

from semseg.serving.engine_loop import MASK
from semseg.serving.engine_process import EngineFacts
from semseg.serving.limits import Limits
from semseg.serving.shared_array import SharedArray

BATCH_PIXELS = 1_000_000  # of a batch, at the pictures' own size and at the one that the network works at


@dataclass(eq=False)
class Job:
    """A picture that an engine is to compute.

    Attributes:
        kind: what is asked for, "mask" or "probabilities".
        image, result: (H, W, 3) uint8, RGB, and where the answer goes.
        done: a future that ends when the job is answered or has failed; cancelled if nobody waits for it any more.
        crashes: how many engine processes ended while they computed it.
        waited, computed: seconds in the line and in the engine.
    """

    kind: str
    image: SharedArray
    result: SharedArray
    done: asyncio.Future[None]
    crashes: int = 0
    waited: float = 0.0
    computed: float = 0.0
    since: float = field(default_factory=time.perf_counter)

    @property
    def size(self) -> tuple[int, int]:
        """Returns the (height, width) of the picture."""
        height, width = self.image.array.shape[:2]
        return height, width

    def fail(self, error: Exception) -> None:
        """Ends the job with an error, unless it has ended already."""
        if not self.done.done():
            self.done.set_exception(error)

    def answer(self) -> None:
        """Ends the job, whose result is filled in, unless it has ended already."""
        if not self.done.done():
            self.done.set_result(None)


class WaitingLine:
    """Gives out jobs in the order of arrival, except that jobs like the first one are computed together with it.

    Attributes:
        coming: how many requests are on their way into the line; it is worth waiting only for these.
    """

    def __init__(self, limits: Limits) -> None:
        self.coming = 0
        self._limits = limits
        self._jobs: list[Job] = []
        self._waiting: list[asyncio.Future[None]] = []  # for one more job

    def __len__(self) -> int:
        return len(self._jobs)

    async def compute(self, kind: str, image: SharedArray, result: SharedArray) -> Job:
        """Waits until an engine has filled in the result.

        Raises:
            RequestError: it could not.
        """
        job = Job(kind, image, result, asyncio.get_running_loop().create_future())
        self._jobs.append(job)
        self._tell()
        await job.done  # cancelling this cancels job.done too
        return job

    def put_back(self, job: Job) -> None:
        """Puts a job back to the front of the line."""
        job.since = time.perf_counter()
        self._jobs.insert(0, job)
        self._tell()

    async def next_batch(self, facts: EngineFacts) -> list[Job]:
        """Waits for a job, and for a moment for others like it, and takes them out of the line."""
        while True:
            if not self._alike(facts):
                await self._wait_for_one_more()
            await self._wait_for_company(facts)
            if batch := self._alike(facts):
                self._jobs = [job for job in self._jobs if job not in batch]
                now = time.perf_counter()
                for job in batch:
                    job.waited += now - job.since
                return batch

    async def _wait_for_company(self, facts: EngineFacts) -> None:
        end = time.monotonic() + self._limits.batch_milliseconds / 1000
        while self.coming and (batch := self._alike(facts)) and len(batch) < self._most(batch[0], facts):
            left = end - time.monotonic()
            if left <= 0:
                return
            await self._wait_for_one_more(left)

    async def _wait_for_one_more(self, seconds: float | None = None) -> None:
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        await asyncio.wait({waiting}, timeout=seconds)

    def _tell(self) -> None:
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
        self._waiting.clear()

    def _alike(self, facts: EngineFacts) -> list[Job]:
        """Returns the first job that somebody waits for, and those that can be computed with it."""
        self._jobs = [job for job in self._jobs if not job.done.done()]
        if not self._jobs:
            return []
        first = self._jobs[0]
        alike = [job for job in self._jobs if job is first or _go_together(first, job)]
        return alike[: self._most(first, facts)]

    def _most(self, job: Job, facts: EngineFacts) -> int:
        """Returns how many pictures like this one may be computed together."""
        if job.kind != MASK or job.crashes or not facts.batches:
            return 1
        pixels = max(math.prod(job.size), math.prod(facts.scale.working_size(*job.size)))
        return max(1, min(self._limits.max_batch, BATCH_PIXELS // pixels))


def _go_together(one: Job, other: Job) -> bool:
    # A picture during which an engine process ended is computed alone, because it may be the reason.
    return one.kind == other.kind and one.size == other.size and not other.crashes
