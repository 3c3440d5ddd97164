"""Keeps one engine process running and busy, and replaces it if it crashes, hangs or runs out of memory."""

from __future__ import annotations

import asyncio
import logging
import signal

from semseg.errors import PlatformError, RequestError
from semseg.plumbing.counted import counted
from semseg.serving import out_of_memory, wire
from semseg.serving.engine_loop import MEMORY, REFUSED
from semseg.serving.engine_process import EngineEnded, EngineFacts, EngineProcess
from semseg.serving.engine_starter import EngineStarter
from semseg.serving.limits import Limits
from semseg.serving.metrics import Metrics
from semseg.serving.waiting_line import Job, WaitingLine

SECONDS_TO_LOAD = 600

logger = logging.getLogger(__name__)


class EngineFailure(Exception):
    """Raised if an engine failed in an unforeseen way; the message is its traceback."""


class EngineKeeper:
    """Looks after one engine process at a time.

    Args:
        starter: starts one.
        line: where it gets its work.

    Attributes:
        facts: what the engine said of its model; None until it was ready once.
        ready: whether it is ready now.
    """

    def __init__(self, starter: EngineStarter, line: WaitingLine, limits: Limits, metrics: Metrics) -> None:
        self.facts: EngineFacts | None = None
        self.ready = False
        self._starter = starter
        self._line = line
        self._limits = limits
        self._metrics = metrics

    async def run(self) -> None:
        """Runs until it is cancelled; no process is left then.

        Raises:
            PlatformError: the model cannot be loaded.
        """
        delays = self._limits.restart_delays
        failed_loads = fruitless = 0
        while True:
            await asyncio.sleep(delays[min(fruitless, len(delays) - 1)])
            try:
                has_answered = await self._run_one()
            except EngineEnded as failure:
                failed_loads += 1
                fruitless += 1
                logger.warning("%s", failure)
                if failed_loads == len(delays):
                    raise PlatformError(
                        f"The model could not be loaded in {failed_loads} attempts: {failure}"
                    ) from None
            else:
                failed_loads = 0
                fruitless = 0 if has_answered else fruitless + 1

    async def _run_one(self) -> bool:
        """Starts an engine process and keeps it busy until it ends; returns whether it answered anything.

        Raises:
            EngineEnded: it could not load the model, this time.
            PlatformError: it could not load the model, and none could before.
        """
        kills = out_of_memory.kills()
        engine = await self._load()
        try:
            unanswered, has_answered = await self._work(engine)
            self._set_ready(False)
            code = await engine.end()
        finally:
            self._set_ready(False)
            engine.kill()
        self._metrics.restarts.inc()
        logger.warning("the engine process ended (%s) and is replaced", _end(code))
        was_out_of_memory = code == -signal.SIGKILL and out_of_memory.kills() > kills
        for job in reversed(unanswered):
            self._ask_again(job, was_out_of_memory)
        return has_answered

    async def _load(self) -> EngineProcess:
        """Returns an engine process that is ready."""
        engine = None
        try:
            engine = EngineProcess(*self._starter.start())
            self.facts = await asyncio.wait_for(engine.ready(), SECONDS_TO_LOAD)
        except PlatformError as error:
            if self.facts is None:
                raise
            raise EngineEnded(str(error)) from error
        except asyncio.TimeoutError:
            raise EngineEnded(f"it took more than {SECONDS_TO_LOAD} seconds") from None
        except EngineEnded:
            assert engine is not None
            raise EngineEnded(f"the engine process ended ({_end(await engine.end())})") from None
        else:
            self._set_ready(True)
            logger.info("the model is loaded and warm")
            return engine
        finally:
            if engine is not None and not self.ready:
                engine.kill()

    async def _work(self, engine: EngineProcess) -> tuple[list[Job], bool]:
        """Gives an engine work until it cannot go on; returns the unanswered jobs, and whether it answered anything."""
        has_answered = False
        while True:
            batch = await self._next_batch(engine)
            if engine.ended.done():
                for job in reversed(batch):
                    self._line.put_back(job)
                return [], has_answered
            batch = [job for job in batch if not job.done.done()]  # of others the client hung up, and closed the files
            if not batch:
                continue
            try:
                can_go_on = await self._compute(engine, batch)
            except EngineEnded:
                return batch, has_answered
            has_answered = True
            if not can_go_on:
                return [], True

    async def _next_batch(self, engine: EngineProcess) -> list[Job]:
        """Returns the jobs to compute next; none if the engine ended before there are any."""
        assert self.facts is not None
        batch = asyncio.ensure_future(self._line.next_batch(self.facts))
        try:
            await engine.wait_for_end_or(batch)
            return batch.result() if batch.done() else []
        finally:
            batch.cancel()

    async def _compute(self, engine: EngineProcess, batch: list[Job]) -> bool:
        """Lets the engine compute a batch, and returns whether it can go on.

        Raises:
            EngineEnded: it crashed.
        """
        self._metrics.batch_size.observe(len(batch))
        message = {"kind": batch[0].kind, "sizes": [job.size for job in batch]}
        files = [file for job in batch for file in (job.image.file, job.result.file)]
        try:
            answer = await asyncio.wait_for(engine.ask(message, files), self._limits.deadline_seconds)
        except asyncio.TimeoutError:
            logger.warning("the engine process is stuck")
            for job in batch:
                job.fail(too_late(self._limits))
            return False
        self._metrics.inference_seconds.observe(answer["seconds"])
        for job, outcome in zip(batch, answer["outcomes"]):
            job.computed = answer["seconds"]
            _finish(job, outcome)
        return not any(outcome and outcome["kind"] == MEMORY for outcome in answer["outcomes"])

    def _ask_again(self, job: Job, was_out_of_memory: bool) -> None:
        job.crashes += 1
        if job.crashes == 1:
            self._line.put_back(job)
        elif was_out_of_memory:
            job.fail(_no_room("the engine process was ended by the system"))
        else:
            sentence = "The engine process ended twice while it computed this picture: ask again, or send another one"
            job.fail(RequestError(503, sentence))

    def _set_ready(self, ready: bool) -> None:
        if ready != self.ready:
            self.ready = ready
            self._metrics.engines.inc(1 if ready else -1)


def too_late(limits: Limits) -> RequestError:
    """Returns the error of a request that was not answered within the deadline."""
    return RequestError(
        504, f"A request must be answered within {counted(limits.deadline_seconds, 'second')}, and this one was not"
    )


def _finish(job: Job, outcome: wire.Message | None) -> None:
    if outcome is None:
        job.answer()
    elif outcome["kind"] == REFUSED:
        job.fail(RequestError(400, outcome["message"]))
    elif outcome["kind"] == MEMORY:
        job.fail(_no_room(outcome["message"]))
    else:
        job.fail(EngineFailure(outcome["message"]))


def _no_room(reason: str) -> RequestError:
    return RequestError(507, f"There is not enough memory for this picture ({reason}): scale it down")


def _end(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {-code}"
