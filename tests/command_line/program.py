"""The real program, in processes of its own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from semseg.command_line.program import run

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "semseg")
SECONDS = 150  # a command that takes longer hangs


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


def semseg(home: Path, *arguments: object, code: int = 0, folder: Path = ROOT, typed: str = "") -> Ended:
    """Runs the program in a folder, with this home, and expects this exit code."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=folder,
        env=environment(home),
        input=typed,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return Ended(done.returncode, done.stdout, done.stderr)


def semseg_here(home: Path, *arguments: object, code: int = 0) -> Ended:
    """Does the same in this process, which saves the start of another: for what the program says, not how it runs."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setenv("SEMSEG_HOME", str(home))
        assert run([*map(str, arguments)]) == code, err.getvalue()
    return Ended(code, out.getvalue(), err.getvalue())


@contextmanager
def started(home: Path, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """The program while it runs; it is ended where it still does at the end."""
    with subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        cwd=ROOT,
        env=environment(home),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def environment(home: Path) -> dict[str, str]:
    """What a command finds in its environment: this home, and this package wherever it runs."""
    return {**os.environ, "SEMSEG_HOME": str(home), "PYTHONPATH": str(ROOT)}
