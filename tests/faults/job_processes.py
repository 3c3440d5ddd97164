"""The processes of a training job, found in /proc by the job's folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from semseg.contract.environment import BASE_DIR
from tests.faults.processes import PROC, command_line, lives

SUPERVISOR = "supervisor"  # how the modules that look after jobs end
TRAINER, BOTH = "trainer", "both"


def supervisors(root: Path) -> list[int]:
    """The processes that look after the job in this folder: one while it runs."""
    return [pid for pid in _living() if _is_supervisor(command_line(pid), root)]


def trainers(root: Path) -> list[int]:
    """The processes that train it, with all that they started; the one that its supervisor started comes first."""
    wanted = f"{BASE_DIR.name}={root}".encode()
    return [pid for pid in _living() if wanted in _environment(pid) and not _is_supervisor(command_line(pid), root)]


def of_rank(root: Path, rank: int) -> list[int]:
    """The processes of a group that have this rank."""
    return [pid for pid in trainers(root) if f"RANK={rank}".encode() in _environment(pid)]


def members(root: Path, which: str) -> list[int]:
    """The processes of the job that are called so: SUPERVISOR, TRAINER or BOTH."""
    found = supervisors(root) if which in (SUPERVISOR, BOTH) else []
    return found + (trainers(root) if which in (TRAINER, BOTH) else [])


def _is_supervisor(words: list[str], root: Path) -> bool:
    return str(root) in words and any(word.endswith(SUPERVISOR) for word in words)


def _living() -> Iterator[int]:
    pids = sorted(int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())
    return (pid for pid in pids if lives(pid))


def _environment(pid: int) -> list[bytes]:
    try:
        return (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return []
