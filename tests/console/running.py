"""A console in a process of its own, started as its users start it."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.endtoend import python

SECONDS = 60  # that it takes to answer, or to end, on a busy machine
LINK = re.compile(r"http://127\.0\.0\.1:\d+/\?token=\S+")


@dataclass(frozen=True)
class Answer:
    """What a console answered."""

    status: int
    headers: Mapping[str, str]
    text: str


@dataclass(frozen=True)
class Console:
    """A console that runs.

    Attributes:
        link: that it printed, with the token.
        process: that runs it.
    """

    link: str
    process: subprocess.Popen[str]

    @property
    def server(self) -> str:
        """Such as http://127.0.0.1:8765."""
        return f"http://{urlsplit(self.link).netloc}"

    @property
    def cookie(self) -> str:
        """What a browser sends once it has followed the link."""
        return f"semseg_{urlsplit(self.link).port}={self.link.split('token=')[1]}"

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        """Sends a request as it is, without following where it leads; ``Host`` and ``Cookie`` may be given."""
        address = urlsplit(self.link)
        connection = http.client.HTTPConnection("127.0.0.1", address.port or 0, timeout=SECONDS)
        try:
            sent = {"Host": address.netloc, "Cookie": self.cookie, "Origin": self.server, **headers}
            connection.request(method, path, body, {name: value for name, value in sent.items() if value})
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read().decode("utf-8", "replace"))
        finally:
            connection.close()


@contextmanager
def console(home: Path, root: Path) -> Iterator[Console]:
    """A console over the jobs of a home, which may read below a root; it is ended by SIGINT, as by Ctrl-C."""
    command = python("-m", "semseg", "console", "--root", str(root), "--port", "0", "--no-open")
    environment = {**os.environ, "SEMSEG_HOME": str(home)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            found = LINK.search(process.stdout.readline())
            assert found is not None
            yield Console(found[0], process)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(SECONDS)
