"""How long a process has been running."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from semseg.machine.process_age import process_age


def laid(root: Path, stat: str, uptime: str = "1000.25 3000.00") -> Path:
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/stat").write_text(stat)
    (root / "proc/uptime").write_text(uptime)
    return root


def test_the_age_is_the_uptime_less_the_start_whatever_the_name_of_the_program(tmp_path: Path) -> None:
    ticks = 990 * os.sysconf("SC_CLK_TCK")
    fields = " ".join(["S", *map(str, range(1, 19)), str(ticks), "7", "7"])
    assert process_age(laid(tmp_path, f"12 (a) b) {fields}")) == pytest.approx(10.25)


@pytest.mark.parametrize(("stat", "uptime"), [("", ""), ("12 (a) S 1 2", "1000.25"), ("12 (a)", "")])
def test_it_is_0_where_the_system_does_not_tell(tmp_path: Path, stat: str, uptime: str) -> None:
    assert process_age(laid(tmp_path, stat, uptime)) == 0.0
    assert process_age(tmp_path / "none") == 0.0


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells it")
def test_it_begins_before_python_does() -> None:
    code = "import time; time.sleep(0.3); from semseg.machine.process_age import process_age; print(process_age())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 0.3 <= float(done.stdout) < 600
