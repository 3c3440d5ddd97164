"""Tells whether the kernel has ended processes for want of memory."""

from __future__ import annotations

import re
from pathlib import Path

# Linux, Documentation/admin-guide/cgroup-v2.rst (memory.events); /proc/vmstat counts those of the whole machine.
COUNTERS = ("sys/fs/cgroup/memory.events", "proc/vmstat")
KILLS = re.compile(r"^oom_kill (\d+)$", re.M)


def kills(root: Path = Path("/")) -> int:
    """Returns how many processes the kernel has ended so far, as far as it tells. Only a rise of the number means
    anything.
    """
    total = 0
    for counter in COUNTERS:
        try:
            found = KILLS.search((root / counter).read_text())
        except OSError:
            continue
        total += int(found[1]) if found else 0
    return total
