"""A console in a process of its own, started as its users start it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.endtoend import python

SECONDS = 60  # that it takes to answer, or to end, on a busy machine
LINK = re.compile(r"http://127\.0\.0\.1:\d+/\?token=\S+")


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
