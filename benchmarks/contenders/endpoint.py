"""Our endpoint as a contender: it takes JPEG files and answers PNG masks over HTTP, to one client or several."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np

from benchmarks.contenders.process import end_of
from benchmarks.test_data import REPOSITORY
from semseg.contract import png_mask

SECONDS_TO_START = 120
HEADERS = {"Content-Type": "image/jpeg", "Accept": "image/png"}


@dataclass(frozen=True)
class Exchange:
    """One answered request: its id in the server's log, and the milliseconds that the client waited."""

    request: str
    milliseconds: float


class Endpoint:
    """Runs ``python -m semseg.container.serve``; ready once it is entered.

    Args:
        folder: holds the pictures, and takes the log.
        base: the folder in which ``model/`` lies.
        environment: what to set beside the defaults, such as SEMSEG_ENGINE.
    """

    def __init__(self, folder: Path, base: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.log = folder / f"endpoint_{'_'.join(environment.values())}.log"
        self._environment = {
            **os.environ,
            "SAGEMAKER_BASE_DIR": str(base),
            "SAGEMAKER_BIND_TO_PORT": "0",
            "SEMSEG_SCALE": "native",
            "SEMSEG_CACHE_DIR": str(folder / "cache"),
            **environment,
        }
        self._alone: dict[str, list[Exchange]] = {}

    def __enter__(self) -> Endpoint:
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "semseg.container.serve"],
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=REPOSITORY,
                env=self._environment,
            )
        try:
            self._port = self._wait_until_ready()
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(60)
        finally:
            self._process.kill()

    def masks(self, size: str) -> np.ndarray:
        """Returns the masks of all pictures of a size, (N, H, W) uint8."""
        with closing(self._connection()) as connection:
            return np.stack([png_mask.decode(self._ask(connection, body)[0]) for body in self._bodies(size)])

    def turn(self, size: str, count: int, clients: int) -> float:
        """Returns the seconds until ``count`` pictures of a size are answered, when ``clients`` of them are asked for
        at a time.
        """
        bodies = self._bodies(size)
        shares = [bodies_of(bodies, client, count, clients) for client in range(clients)]
        began = time.perf_counter()
        with ThreadPoolExecutor(clients) as pool:
            exchanges = list(itertools.chain.from_iterable(pool.map(self._ask_all, shares)))
        seconds = time.perf_counter() - began
        if clients == 1:
            self._alone.setdefault(size, []).extend(exchanges)
        return seconds

    def asked_alone(self, size: str) -> list[Exchange]:
        """Returns all exchanges of the turns with one client."""
        return self._alone.get(size, [])

    def engine_milliseconds(self) -> dict[str, float]:
        """Returns the engine's own time for each request id, from the server's log."""
        return dict(engine_times(self.log.read_text().splitlines()))

    def _ask_all(self, bodies: list[bytes]) -> list[Exchange]:
        exchanges = []
        with closing(self._connection()) as connection:
            for body in bodies:
                began = time.perf_counter()
                _, request = self._ask(connection, body)
                exchanges.append(Exchange(request, 1000 * (time.perf_counter() - began)))
        return exchanges

    def _ask(self, connection: http.client.HTTPConnection, body: bytes) -> tuple[bytes, str]:
        """Returns the mask as PNG, and the request's id."""
        connection.request("POST", "/invocations", body, HEADERS)
        response = connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise SystemExit(f"the endpoint refused a picture with {response.status}:\n{end_of(self.log)}")
        return answer, response.headers["x-request-id"]

    def _bodies(self, size: str) -> list[bytes]:
        return [file.read_bytes() for file in sorted(self.folder.glob(f"{size}_*.jpg"))]

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=100)

    def _wait_until_ready(self) -> int:
        """Waits until /ping answers 200, and returns the port."""
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline and self._process.poll() is None:
            time.sleep(0.1)
            _, found, rest = self.log.read_text().partition("listening on 127.0.0.1 port ")
            if found and "\n" in rest and self._is_ready(int(rest.split()[0])):
                return int(rest.split()[0])
        raise SystemExit(f"the endpoint does not start:\n{end_of(self.log)}")

    def _is_ready(self, port: int) -> bool:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
            connection.request("GET", "/ping")
            return connection.getresponse().status == 200


def bodies_of(bodies: list[bytes], client: int, count: int, clients: int) -> list[bytes]:
    """Returns what one of several clients sends, of ``count`` bodies in all."""
    return [bodies[number % len(bodies)] for number in range(client, count, clients)]


def engine_times(lines: list[str]) -> Iterator[tuple[str, float]]:
    for line in lines:
        _, brace, fields = line.partition("{")
        if brace and '"engine_milliseconds"' in fields:
            record = json.loads(brace + fields)
            if record["engine_milliseconds"] is not None:
                yield record["request"], record["engine_milliseconds"]
