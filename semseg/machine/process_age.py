"""How long this process has been running."""

from __future__ import annotations

import os
from pathlib import Path

from semseg.machine.memory import text_of

START = 19  # of the fields after the name in /proc/self/stat, counted from 0: Linux, Documentation/filesystems/proc.rst


def process_age(root: Path = Path("/")) -> float:
    """Returns the seconds since this process was started; 0 where the system does not tell, as on macOS and Windows.

    Args:
        root: where /proc lies.
    """
    _, _, after_name = text_of(root / "proc/self/stat").rpartition(")")
    fields, uptime = after_name.split(), text_of(root / "proc/uptime").split()
    if len(fields) <= START or not uptime:
        return 0.0
    return max(0.0, float(uptime[0]) - int(fields[START]) / os.sysconf("SC_CLK_TCK"))
