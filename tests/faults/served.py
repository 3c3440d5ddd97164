"""A real server in a process of its own, on a free port, with its log in a file."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from semseg.contract.environment import BASE_DIR
from tests.faults import processes
from tests.faults.attempts import LARGEST_BODY, LARGEST_PICTURE, head, post
from tests.faults.raw_client import Reply, exchange

REPOSITORY = Path(__file__).resolve().parents[2]
SERVE = (sys.executable, "-m", "semseg.container.serve")
SECONDS = 120  # for a server to start or to end
LISTENING = re.compile(r"listening on \S+ port (\d+)")
PING = head(b"GET", b"/ping", [(b"Host", b"x"), (b"Connection", b"close")])
# what a tried server takes: small, so that what is too large is so at once
SMALL = {
    "SEMSEG_MAX_BODY_BYTES": str(LARGEST_BODY),
    "SEMSEG_MAX_PIXELS": str(LARGEST_PICTURE),
    "SEMSEG_MAX_SIDE": "4096",
}


@dataclass
class Served:
    """A running server.

    Attributes:
        log: what it wrote to standard output and standard error.
        start_seconds: from its start until it was ready.
    """

    process: subprocess.Popen[bytes]
    log: Path
    port: int
    start_seconds: float

    def members(self) -> list[int]:
        """Its processes, the one that answers HTTP first."""
        return processes.tree(self.process.pid)

    def engines(self) -> list[int]:
        """Its engine processes: whatever it started that lives."""
        return [pid for pid in self.members()[1:] if processes.lives(pid)]

    def ready(self) -> bool:
        return ping(self.port) == 200

    def wait_until_ready(self) -> float:
        """The seconds that it took."""
        return wait_until(self.ready, "GET /ping is not 200")

    def ask(self, body: bytes, accept: bytes = b"image/png") -> Reply | None:
        """The answer to one picture; None where the connection ended without one."""
        return ask(self.port, body, accept)


def ping(port: int) -> int:
    """The status of GET /ping, 0 where nobody listens."""
    try:
        replies = exchange(port, (PING,), ("GET",)).replies
    except OSError:
        return 0
    return replies[0].status if replies else 0


def ask(port: int, body: bytes, accept: bytes = b"image/png") -> Reply | None:
    replies = exchange(port, (post(body, [(b"Accept", accept), (b"Connection", b"close")]),), ("POST",)).replies
    return replies[0] if replies else None


@contextlib.contextmanager
def started(
    folder: Path, command: Sequence[str] = SERVE, stdout: Path | None = None, **environment: str
) -> Iterator[Served]:
    """A server that is ready, killed with all that it started at the end.

    Args:
        folder: where its log is written, and where ``model`` lies if the command needs one.
        stdout: where its standard output goes instead of the log; its port is then to be given in ``environment``.
        environment: variables of the server beside SMALL.
    """
    log = folder / f"log-{time.monotonic_ns()}.txt"
    own = {BASE_DIR.name: str(folder), "SEMSEG_CACHE_DIR": str(folder / "cache"), "SAGEMAKER_BIND_TO_PORT": "0"}
    variables = {**os.environ, **SMALL, **own, **environment, "PYTHONUNBUFFERED": "1"}
    began = time.monotonic()
    with log.open("wb") as errors, (stdout or log).open("ab") as output:
        process = subprocess.Popen(command, cwd=REPOSITORY, env=variables, stdout=output, stderr=errors)
    try:
        port = int(environment.get("SAGEMAKER_BIND_TO_PORT", 0)) or _port(process, log)
        served = Served(process, log, port, 0)
        served.wait_until_ready()
        served.start_seconds = time.monotonic() - began
        yield served
    finally:
        members = processes.tree(process.pid)
        process.kill()
        process.wait(SECONDS)
        processes.kill(members[1:])


def tracebacks(log: Path) -> list[str]:
    """The tracebacks in a log, each with some lines before and after it."""
    lines = log.read_text(errors="replace").splitlines()
    starts = [number for number, line in enumerate(lines) if "Traceback (most recent call last)" in line]
    return ["\n".join(lines[max(0, number - 3) : number + 40]) for number in starts]


def wait_until(condition: Callable[[], object], complaint: str, seconds: float = SECONDS) -> float:
    """The seconds until ``condition()`` was true."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"after {seconds} seconds still: {complaint}")
        time.sleep(0.02)
    return time.monotonic() - began


@dataclass
class PingProbe:
    """Asks /ping again and again, in a thread: how long the slowest answer took, and what the answers were."""

    port: int
    slowest: float = 0
    count: int = 0
    statuses: dict[int, int] = field(default_factory=dict)

    def __enter__(self) -> PingProbe:
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(SECONDS)

    def _run(self) -> None:
        while not self._ended.wait(0.1):
            began = time.monotonic()
            status = ping(self.port)
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.count += 1
            self.statuses[status] = self.statuses.get(status, 0) + 1


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    def found() -> re.Match[str] | None:
        return LISTENING.search(log.read_text(errors="replace"))

    wait_until(lambda: found() or process.poll() is not None, "no port is open")
    match = found()
    if match is None:
        raise ChildProcessError(f"the server ended with {process.returncode}: {log.read_text(errors='replace')}")
    return int(match[1])
