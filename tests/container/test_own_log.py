"""The log of a server: its own to keep short only where it prints into it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from semseg.container.serve import own_log
from semseg.contract.job_directory import JobDirectory

PROGRAM = """
import sys
from semseg.container.serve import own_log
from semseg.contract.job_directory import JobDirectory
print(own_log(JobDirectory(sys.argv[1])) is not None)
"""


def test_a_server_that_prints_elsewhere_as_on_sagemaker_has_no_log(tmp_path: Path) -> None:
    assert own_log(JobDirectory(tmp_path)) is None
    (tmp_path / "log.txt").touch()
    assert own_log(JobDirectory(tmp_path)) is None


def test_a_server_whose_output_is_its_log_keeps_it_short(tmp_path: Path) -> None:
    with (tmp_path / "log.txt").open("ab") as log:
        subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path)], stdout=log, check=True, timeout=60)
    assert (tmp_path / "log.txt").read_text() == "True\n"
