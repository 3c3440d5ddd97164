from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

from tests.notebook_kernel import kernel_at

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


def test_a_notebook_sees_one_output_that_is_updated_and_needs_no_widgets(tmp_path: Path) -> None:
    shown = subprocess.run(
        [sys.executable, "-c", kernel_at(tmp_path) + PROGRAM], capture_output=True, check=True, text=True
    )
    assert shown.stderr == ""
    lines = shown.stdout.splitlines()
    assert [line.split()[0] for line in lines if line.startswith("display")] == ["display"]
    assert lines[-1].startswith("update horses: iteration 40/40")
    assert {line.split()[0] for line in lines} == {"display", "update"}


def test_where_ipython_is_imported_without_a_kernel_there_is_no_page() -> None:
    program = "import sys, types; sys.modules['IPython'] = types.SimpleNamespace(get_ipython=lambda: None)\n" + PROGRAM
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert (shown.stdout, shown.stderr) == (b"", b"")
