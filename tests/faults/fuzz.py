"""Thousands of right and wrong requests to one server, and whether it kept every promise."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults import processes
from tests.faults.attempts import Attempt, draw
from tests.faults.raw_client import Outcome, exchange
from tests.faults.served import PingProbe, Served, tracebacks
from tests.faults.verdict import fault_of

CLIENTS = 6
WARM = 1000  # requests, after which memory is to be flat
STEP = 250  # requests between two readings of memory
GROWTH = 1.05
SLOWEST_PING = 2.0  # seconds


@dataclass(frozen=True)
class Reading:
    """What a server held after so many requests: bytes of its process that speaks HTTP and of its engines, files."""

    done: int
    front: int
    engines: int
    files: int

    @property
    def resident(self) -> int:
        return self.front + self.engines

    @classmethod
    def of(cls, served: Served, done: int) -> Reading:
        front, *engines = served.members()
        files = processes.open_files([front, *engines])
        return cls(done, processes.resident_bytes([front]), processes.resident_bytes(engines), files)

    def __str__(self) -> str:
        return f"{self.done}: {self.front / 2**20:.0f} + {self.engines / 2**20:.0f} MiB, {self.files} files"


@dataclass
class Report:
    """What came of a run; all that is wrong is in ``faults``."""

    seed: int
    statuses: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    resident: list[Reading] = field(default_factory=list)
    seconds: float = 0
    slowest_ping: float = 0
    pings: int = 0

    def count(self, attempt: Attempt, outcome: Outcome) -> None:
        self.kinds[attempt.kind.split(":")[0]] += 1
        for reply in outcome.replies:
            self.statuses[str(reply.status)] += 1
        if len(outcome.replies) < len(attempt.methods):
            self.statuses[f"no answer, {outcome.ended}"] += 1

    def lines(self) -> Iterator[str]:
        yield f"seed {self.seed}, {sum(self.kinds.values())} requests in {self.seconds:.0f} s"
        yield "answers: " + ", ".join(f"{count} x {status}" for status, count in sorted(self.statuses.items()))
        yield "requests: " + ", ".join(f"{count} x {kind}" for kind, count in self.kinds.most_common())
        yield f"/ping: {self.pings} times, the slowest took {1000 * self.slowest_ping:.0f} ms"
        yield f"resident memory and open files after so many requests: {'  '.join(map(str, self.resident))}"
        if warm := [reading.resident for reading in self.resident if reading.done >= WARM]:
            least, most = (100 * (size / warm[0] - 1) for size in (min(warm), max(warm)))
            yield f"memory after {WARM} requests: from {least:.1f} % to {most:+.1f} % of what it was"
        yield from (f"FAULT {fault}" for fault in self.faults)
        yield f"{len(self.faults)} faults"


def run(served: Served, seed: int, numbers: range, folder: Path, clients: int = CLIENTS) -> Report:
    """Send the attempts of these numbers; the bytes of one that shows a fault are written into ``folder``."""
    report = Report(seed)
    lock = threading.Lock()
    began = time.monotonic()

    def one(number: int) -> None:
        attempt = draw(seed, number)
        outcome, fault = _tried(served.port, attempt)
        with lock:
            report.count(attempt, outcome)
            if fault:
                path = folder / f"fuzz-{seed}-{number}.bin"
                path.write_bytes(b"".join(attempt.parts))
                report.faults.append(f"{attempt.kind} (number {number}, {path}): {fault}")

    with ThreadPoolExecutor(clients) as pool, PingProbe(served.port) as probe:
        for start in range(0, len(numbers), STEP):
            list(pool.map(one, numbers[start : start + STEP]))
            # nothing is under way now, so that this reads what is kept
            report.resident.append(Reading.of(served, min(start + STEP, len(numbers))))
    report.seconds = time.monotonic() - began
    report.slowest_ping, report.pings = probe.slowest, probe.count
    _judge_run(served, probe, report)
    return report


def _tried(port: int, attempt: Attempt) -> tuple[Outcome, str | None]:
    try:
        outcome = exchange(port, attempt.parts, attempt.methods, attempt.end, attempt.pause)
    except OSError as error:
        return Outcome(ended="unreachable"), f"no connection: {error}"
    return outcome, fault_of(attempt, outcome)


def _judge_run(served: Served, probe: PingProbe, report: Report) -> None:
    """What no single request shows."""
    report.faults += [f"a traceback in the log:\n{text}" for text in tracebacks(served.log)]
    if served.process.poll() is not None:
        report.faults.append(f"the server ended with {served.process.returncode}")
    if probe.slowest >= SLOWEST_PING or set(probe.statuses) != {200}:
        report.faults.append(f"/ping took {probe.slowest:.1f} s at most and answered {probe.statuses}")
    warm = [reading for reading in report.resident if reading.done >= WARM]
    if warm and max(reading.resident for reading in warm) > GROWTH * warm[0].resident:
        report.faults.append(f"resident memory grew by more than 5 % after the first {WARM} requests")
    if warm and warm[-1].files > warm[0].files + CLIENTS:
        report.faults.append(f"open files grew from {warm[0].files} to {warm[-1].files} after {WARM} requests")
