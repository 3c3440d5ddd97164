"""Puts an endpoint under load for minutes, and reports failed requests, times and memory.

    python -m benchmarks.load JOB --minutes 5 --clients 8

JOB is a folder with a model in JOB/model. Clients ask without a pause for the masks and probabilities of pictures of
many sizes, photographs of SEMSEG_TEST_DATA where they are there. Every answer must be, to the byte, that of the server
when it had nothing else to do. Prints the 50th and the 99th percentile of the times, and those of /ping beside them.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.faults import processes
from tests.faults.clients import Load, asked, questions
from tests.faults.served import PingProbe, Served, started, tracebacks

REPOSITORY = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("SEMSEG_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
PHOTOGRAPHS = 24
SLOWEST_PING = 2.0  # seconds


@dataclass
class Report:
    """The results of a run."""

    seconds: float = 0
    times: list[float] = field(default_factory=list)
    results: str = ""
    memory: tuple[int, int] = (0, 0)  # bytes, after the first tenth and at the end
    slowest_ping: float = 0
    pings: int = 0
    faults: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        yield f"{self.seconds:.0f} s; requests: {self.results}; {len(self.times) / self.seconds:.1f} answers a second"
        if self.times:
            half, most = (1000 * float(np.percentile(self.times, share)) for share in (50, 99))
            yield f"an answer took {half:.0f} ms (p50), {most:.0f} ms (p99), {1000 * max(self.times):.0f} ms (slowest)"
        yield f"/ping: {self.pings} times, the slowest took {1000 * self.slowest_ping:.0f} ms"
        first, last = (size / 2**20 for size in self.memory)
        yield f"resident memory: {first:.0f} MiB after a tenth of the time, {last:.0f} MiB at its end"
        yield from (f"FAULT {fault}" for fault in self.faults)
        yield f"{len(self.faults)} faults"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("job", type=Path)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--clients", type=int, default=8)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "model").symlink_to((arguments.job / "model").resolve())
        with started(Path(folder)) as served:
            report = run(served, 60 * arguments.minutes, arguments.clients, photographs())
    print("\n".join(report.lines()))
    return 1 if report.faults else 0


def run(served: Served, seconds: float, clients: int, paths: Sequence[Path]) -> Report:
    """Asks the endpoint for so many seconds, with drawn pictures and those at ``paths``, and returns the results."""
    report = Report(seconds)
    asked_for = questions(served) + [asked(served, path.read_bytes()) for path in paths]
    with Load(served, asked_for, clients) as load, PingProbe(served.port) as probe:
        time.sleep(seconds / 10)
        early = processes.resident_bytes(served.members())
        time.sleep(seconds * 9 / 10)
    report.memory = early, processes.resident_bytes(served.members())
    report.times, report.results = load.seconds, load.line()
    report.slowest_ping, report.pings = probe.slowest, probe.count
    report.faults += load.faults(allowed=())
    report.faults += [f"a traceback in the log:\n{text}" for text in tracebacks(served.log)]
    if probe.slowest >= SLOWEST_PING or set(probe.statuses) != {200}:
        report.faults.append(f"/ping took {probe.slowest:.1f} s at most and answered {probe.statuses}")
    return report


def photographs() -> list[Path]:
    """Returns some of the JPEG pictures of SEMSEG_TEST_DATA; none if there are none."""
    paths = sorted(DATA.rglob("*.jpg"))
    return paths[:: max(1, len(paths) // PHOTOGRAPHS)][:PHOTOGRAPHS]


if __name__ == "__main__":
    sys.exit(main())
