from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from semseg.plumbing.held_signals import held_back
from tests.endtoend import ROOT, SECONDS

LATE = (
    "import signal, sys; from semseg.plumbing.held_signals import let_through; sys.stdin.read(); "
    "signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(7)); let_through(signal.SIGTERM)"
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")


def test_a_process_gets_a_signal_once_it_lets_it_through() -> None:
    with held_back(signal.SIGTERM):
        process = subprocess.Popen([sys.executable, "-c", LATE], cwd=ROOT, stdin=subprocess.PIPE)
    with process:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=SECONDS)
    assert process.returncode == 7


def test_signals_are_held_back_inside_alone() -> None:
    with held_back(signal.SIGTERM, signal.SIGINT):
        assert {signal.SIGTERM, signal.SIGINT} <= signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert not {signal.SIGTERM, signal.SIGINT} & signal.pthread_sigmask(signal.SIG_BLOCK, ())
