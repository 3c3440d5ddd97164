from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

PROGRAM = """
import contextlib
from semseg.local.process.progress_bar import LogBar
from semseg.local.training.log import TrainingReader
from semseg.plumbing.teller import Printer
from tests.local.fake_train import LOG
with contextlib.closing(LogBar(TrainingReader(), "horses", Printer())) as bar:
    for line in LOG.splitlines():
        bar.feed(line)
"""


def test_a_terminal_sees_how_many_iterations_are_done() -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))  # 24 rows of 100 columns
    subprocess.run([sys.executable, "-c", PROGRAM], stderr=theirs, check=True)
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert "horses" in shown
    assert "40/40" in shown  # epoch 1 (the second), iteration 20, of 2 epochs of 20


def test_where_there_is_no_terminal_nothing_is_shown() -> None:
    assert subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True).stderr == b""


def test_a_notebook_sees_the_bar_although_its_output_is_no_terminal(tmp_path: Path) -> None:
    (tmp_path / "ipykernel.py").touch()  # what a notebook's kernel has imported before any cell runs
    in_kernel = [sys.executable, "-c", f"import sys; sys.path.append({str(tmp_path)!r}); import ipykernel\n{PROGRAM}"]
    shown = subprocess.run(in_kernel, capture_output=True, check=True, text=True)
    assert "40/40" in shown.stderr + shown.stdout
