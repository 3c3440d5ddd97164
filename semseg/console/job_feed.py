"""What a training job tells while it runs, for a page that follows it: where it stands, its epochs, its log."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Callable

import anyio
from starlette.concurrency import run_in_threadpool

from semseg.local.jobs.job_folder import JobStatus
from semseg.local.process.log_follower import LogFollower
from semseg.local.training.epoch_table import scored_on, start_line
from semseg.local.training.folder import TrainingFolder
from semseg.local.training.history import Epoch
from semseg.local.training.watch import read_progress
from semseg.local.training.watched import WatchedJob

SECONDS_BETWEEN = 0.5  # of two looks at a job
SECONDS_OF_SILENCE = 15  # after which a page is told that it is still connected
MOST_LINES = 2000  # of a log in one look
MOST_SHOWN = 1000  # lines of a log that a page is sent at first


@dataclass(frozen=True)
class Look:
    """What one look at a job found.

    Attributes:
        state: where it stands, as JSON has it.
        lines: of its log that have come since the look before.
        left_out: how many lines before these are not sent, because they are many.
        is_over: whether the job has ended and all is read.
    """

    state: Mapping[str, Any]
    lines: list[str]
    left_out: int
    is_over: bool


class JobFeed:
    """Looks at one job again and again; reads each line of its log once."""

    def __init__(self, folder: TrainingFolder) -> None:
        self._folder = folder
        self._job = WatchedJob(folder)
        self._log = LogFollower(folder.log, lambda: True)
        self._is_first = True

    def look(self) -> Look:
        """Returns where the job stands, and what is new in its log."""
        status = self._folder.read_status()  # asked first: what is written before the end is read after it
        lines = self._new_lines()
        self._job.progress = read_progress(self._folder) or self._job.progress
        is_over = status.is_final and len(lines) < MOST_LINES
        self._job.status = status if is_over else None
        if is_over:
            self._job.history.finish()
        sent = lines[-MOST_SHOWN:] if self._is_first else lines
        self._is_first = False
        return Look(self._state(status), sent, len(lines) - len(sent), is_over)

    def _new_lines(self) -> list[str]:
        """Returns what is new: at first all of the log, then at most so much as a look should have."""
        lines = list(islice(self._log.new_lines(), None if self._is_first else MOST_LINES))
        for line in lines:
            self._job.history.read(line)
        return lines

    def _state(self, status: JobStatus) -> dict[str, Any]:
        job, place = self._job, self._job.place()
        progress, epochs = job.progress, job.history.epochs
        return {
            "status": status.status,
            "secondary": status.secondary_status,
            "reason": status.failure_reason or "",
            "what": "" if progress is None else start_line(job.name, progress),
            "phase": "" if progress is None or status.is_final else progress.phase,
            "share": place.done / place.total if place.total else 0,
            "note": job.note(),
            "of": scored_on(progress),
            "epochs": [_epoch(epoch) for epoch in epochs],
            "planned": max(0 if progress is None else progress.epochs, epochs[-1].number if epochs else 0),
            "warnings": job.history.warnings,
        }


async def events(feed: JobFeed, is_closing: Callable[[], bool]) -> AsyncIterator[bytes]:
    """Yields what a page is sent by server-sent events: ``state`` where it has changed, ``log`` with new lines, and at
    the end of the job ``over``.

    Args:
        is_closing: whether the console ends, so that the page is to ask the next one.
    """
    before: Mapping[str, Any] = {}
    silence = 0.0
    while not is_closing():
        look = await run_in_threadpool(feed.look)
        told = [
            *([_event("state", look.state)] if look.state != before else []),
            *([_event("log", {"lines": look.lines, "left_out": look.left_out})] if look.lines or not before else []),
            *([_event("over", {})] if look.is_over else []),
        ]
        before = look.state
        silence = 0.0 if told else silence + SECONDS_BETWEEN
        if silence >= SECONDS_OF_SILENCE:
            told, silence = [b": still here\n\n"], 0.0
        yield b"".join(told)
        if look.is_over:
            return
        await anyio.sleep(SECONDS_BETWEEN)


def _epoch(epoch: Epoch) -> dict[str, Any]:
    return {
        "number": epoch.number,
        "loss": epoch.loss,
        "accuracy": epoch.pixel_accuracy,
        "iou": epoch.mean_iou,
        "speed": epoch.pictures_per_second,
        "seconds": epoch.seconds,
        "best": epoch.is_best,
    }


def _event(name: str, content: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps(content)}\n\n".encode()
