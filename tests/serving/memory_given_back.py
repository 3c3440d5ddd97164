"""Prints how many MiB stay in this process once twenty blocks of 3 MiB are freed from between small ones."""

import sys
from pathlib import Path

from semseg.serving.server import give_large_blocks_back


def resident_mib() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) // 1024


if sys.argv[1] == "asked":
    give_large_blocks_back()
larger = bytearray(b"1") * (24 << 20)
del larger  # from here on glibc by itself takes blocks of up to this size from its heap
before = resident_mib()
blocks, between = [], []
for _ in range(20):
    blocks.append(bytearray(b"1") * (3 << 20))
    between.append(bytearray(b"1") * (200 << 10))
blocks.clear()
print(resident_mib() - before)
