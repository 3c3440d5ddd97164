"""A process and all that it started, as Linux tells of them in /proc."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

PROC = Path("/proc")


def tree(pid: int) -> list[int]:
    """The process and its descendants, itself first."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            parent = _parent(entry)
            children.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for member in found:
        found += children.get(member, [])
    return found


def command_line(pid: int) -> list[str]:
    """Its words; none where it has ended."""
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
    except OSError:
        return []


def resident_bytes(pids: Iterable[int]) -> int:
    """Of all of them together. A page that two of them share counts twice: what others share with them, not at all."""
    return sum(1024 * _status(pid, "VmRSS") for pid in pids)


def mapped_bytes(pid: int) -> int:
    """The size of its address space."""
    return 1024 * _status(pid, "VmSize")


def open_files(pids: Iterable[int]) -> int:
    """File descriptors of all of them together."""
    return sum(_count(PROC / str(pid) / "fd") for pid in pids)


def lives(pid: int) -> bool:
    """Whether it has not ended; one that has and was not waited for has."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


def kill(pids: Iterable[int]) -> None:
    """End those that live, at once."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def wait_until_gone(pids: Iterable[int], seconds: float) -> list[int]:
    """Those that still live after ``seconds``."""
    deadline = time.monotonic() + seconds
    left = [pid for pid in pids if lives(pid)]
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = [pid for pid in left if lives(pid)]
    return left


def _parent(entry: Path) -> int:
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _status(pid: int, name: str) -> int:
    try:
        lines = (PROC / str(pid) / "status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)


def _count(folder: Path) -> int:
    try:
        return len(os.listdir(folder))
    except OSError:
        return 0
