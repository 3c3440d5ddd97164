"""A moto server in a process of its own, spoken to over HTTP."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_port

SECONDS = 60
REGION = "us-west-2"
ENVIRONMENT = {  # what boto3 reads; the keys open nothing
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "not-a-secret-of-anybody",
    "AWS_DEFAULT_REGION": REGION,
}


@contextmanager
def moto_server(log: Path) -> Iterator[str]:
    """A running server's address, such as http://127.0.0.1:5000."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    url = f"http://127.0.0.1:{port}"
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT) as process:
        try:
            _wait_for(url, process, log)
            yield url
        finally:
            process.terminate()


def reset(url: str) -> None:
    """Forget every bucket, job and role."""
    urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset", method="POST"), timeout=SECONDS).close()


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/moto-api/data.json", timeout=SECONDS).close()
            return
        except urllib.error.URLError:
            time.sleep(0.05)
    raise AssertionError(f"moto did not start: {log.read_text()}")
