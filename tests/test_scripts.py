"""What the scripts say of a wrong argument; each is one sentence, before anything is tried."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("semseg/nosuch.py", "each place must be a file of the clone, or file:line, got semseg/nosuch.py"),
        ("semseg/errors.py:1", "there is nothing to change in semseg/errors.py:1"),
        (
            "semseg/data/fifo.py",
            "semseg/data/fifo.py cannot be tried: no test beside it or in TESTS runs without MXNet; name one in TESTS",
        ),
    ],
)
def test_changes_that_cannot_be_tried_are_refused(place: str, sentence: str) -> None:
    command = [sys.executable, str(REPOSITORY / "scripts" / "try_mutants"), place]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, f"try_mutants: error: {sentence}")


def test_a_python_that_is_not_here_is_refused_by_name() -> None:
    command = [sys.executable, str(REPOSITORY / "scripts" / "try_pythons"), "--edition", "pytorch", "3.99"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    sentence = "try_pythons: error: no Python 3.99 is on the PATH or among pyenv's versions"
    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, sentence)
