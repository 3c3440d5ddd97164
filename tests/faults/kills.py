"""kill -9 of an engine process again and again, while clients ask."""

from __future__ import annotations

import os
import random
import signal
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from tests.faults.clients import Load, questions
from tests.faults.served import PingProbe, Served, tracebacks, wait_until

SLOWEST_PING = 2.0  # seconds
SLOW = "took longer to come back than the server took to start"


@dataclass
class Report:
    """What came of it; ``back`` has the seconds from each kill until an engine was ready again."""

    start_seconds: float
    back: list[float] = field(default_factory=list)
    results: str = ""
    faults: list[str] = field(default_factory=list)
    slowest_ping: float = 0

    def lines(self) -> Iterator[str]:
        yield f"{len(self.back)} kills; requests: {self.results}"
        yield (
            f"ready again after {statistics.median(self.back):.2f} s (median), {max(self.back):.2f} s (slowest); "
            f"the server itself started in {self.start_seconds:.2f} s"
        )
        yield f"/ping: the slowest took {1000 * self.slowest_ping:.0f} ms"
        yield from (f"FAULT {fault}" for fault in self.faults)
        yield f"{len(self.faults)} faults"


def run(served: Served, times: int, clients: int, seed: int = 1) -> Report:
    """Kill ``times`` times; an engine has at least answered something before it is killed."""
    report = Report(served.start_seconds)
    rng = random.Random(seed)
    with Load(served, questions(served), clients) as load, PingProbe(served.port) as probe:
        for _ in range(times):
            asked = sum(load.results.values())
            wait_until(partial(load.answered, asked + clients), "no request is answered")
            time.sleep(rng.uniform(0, 0.5))
            report.back.append(kill_and_wait(served))
    report.results, report.slowest_ping = load.line(), probe.slowest
    report.faults += load.faults()
    report.faults += [f"a traceback in the log:\n{text}" for text in tracebacks(served.log)]
    if max(report.back) > served.start_seconds:
        report.faults.append(f"an engine {SLOW}")
    if probe.slowest >= SLOWEST_PING:
        report.faults.append(f"/ping took {probe.slowest:.1f} s")
    return report


def kill_and_wait(served: Served) -> float:
    """The seconds until another engine process is ready."""
    killed = served.engines()[0]
    began = time.monotonic()
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: replaced(served, killed), f"engine process {killed} is not replaced")
    return time.monotonic() - began


def replaced(served: Served, pid: int) -> bool:
    """Whether an engine process that is not this one is there and ready."""
    engines = served.engines()
    return bool(engines) and pid not in engines and served.ready()
