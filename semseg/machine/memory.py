"""The memory of this machine: what is free, and what this process takes. Imports no engine."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

KIB = 1024
RESET_PEAK = "5"  # Linux, Documentation/filesystems/proc.rst, "clear_refs"


@dataclass(frozen=True)
class ControlGroups:
    """How one version of control groups tells of memory.

    Attributes:
        folder: where its groups lie below /.
        controller: what stands in /proc/self/cgroup before a process's own group; "" in version 2.
        limit, used: the files with these numbers of bytes.
        idle: what memory.stat calls pages of files that nobody reads just now: the kernel gives them up for others.
    """

    folder: str
    controller: str
    limit: str
    used: str
    idle: str


VERSIONS = (
    ControlGroups("sys/fs/cgroup", "", "memory.max", "memory.current", "inactive_file"),
    ControlGroups(
        *("sys/fs/cgroup/memory", "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ),
)


def free_memory(root: Path = Path("/")) -> int | None:
    """Returns the bytes of memory that this process can still get: the kernel's MemAvailable, or less if a control
    group that it is in allows less; None where neither tells, as on macOS and Windows.

    Pages of files count as free where nobody reads them just now, in a group too: a data set that was read once would
    otherwise look like memory that is taken.

    Args:
        root: where /proc and /sys lie.
    """
    available = _bytes_in(root / "proc/meminfo", "MemAvailable")
    known = [*([] if available is None else [available]), *_left_in_groups(root)]
    return min(known, default=None)


def _left_in_groups(root: Path) -> Iterator[int]:
    """Yields the bytes that each control group of this process leaves it, of those that have a limit."""
    for version in VERSIONS:
        for folder in _folders(version, root):
            limit, used = text_of(folder / version.limit), text_of(folder / version.used)
            if limit.isdigit() and used.isdigit():
                idle = _numbers(text_of(folder / "memory.stat")).get(version.idle, 0)
                yield max(0, int(limit) - max(0, int(used) - idle))


def _folders(version: ControlGroups, root: Path) -> Iterator[Path]:
    """Yields the folders of this process's group and of all around it; inside a container that is the outermost."""
    own = PurePosixPath("/")
    for line in text_of(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if version.controller in controllers.split(",") and ".." not in PurePosixPath(path).parts:
            own = PurePosixPath(path)
    for group in (own, *own.parents):
        yield root / version.folder / group.relative_to("/")


def peak_memory(root: Path = Path("/")) -> int | None:
    """Returns the most bytes of memory that this process had since :func:`reset_peak`; None where nobody tells."""
    return _bytes_in(root / "proc/self/status", "VmHWM")


def memory_in_use(root: Path = Path("/")) -> int | None:
    """Returns the bytes of memory that this process has now; None where nobody tells."""
    return _bytes_in(root / "proc/self/status", "VmRSS")


def reset_peak(root: Path = Path("/")) -> None:
    """Lets :func:`peak_memory` begin anew. Does nothing where the system has no such thing, or does not allow it."""
    with contextlib.suppress(OSError):
        (root / "proc/self/clear_refs").write_text(RESET_PEAK)


def address_space_in_use(root: Path = Path("/")) -> int | None:
    """Returns the bytes of address space that this process has now; None where nobody tells."""
    return _bytes_in(root / "proc/self/status", "VmSize")


def peak_address_space(root: Path = Path("/")) -> int | None:
    """Returns the most bytes of address space that this process ever had; None where nobody tells."""
    return _bytes_in(root / "proc/self/status", "VmPeak")


def room_in_address_space(root: Path = Path("/")) -> int | None:
    """Returns how many bytes this process may still ask for by its own limit (RLIMIT_AS, ``ulimit -v``); None where it
    has none.
    """
    limit = next(
        (line for line in text_of(root / "proc/self/limits").splitlines() if line.startswith("Max address space")), ""
    )
    words, taken = limit.split(), address_space_in_use(root)
    if len(words) < 4 or not words[3].isdigit() or taken is None:
        return None
    return max(0, int(words[3]) - taken)


class ProcessMemory:
    """The memory that this process computes in, where that is the processor's.

    Where the address space of the process has a limit, what it has of that is counted, used or not: that is what runs
    out.

    Args:
        processes: of this machine, alike, that share what is free.
        promised: bytes of what is free that something else will take.
        root: where /proc and /sys lie.
    """

    def __init__(self, processes: int = 1, promised: int = 0, root: Path = Path("/")) -> None:
        self._processes = processes
        self._promised = promised
        self._root = root

    def held(self) -> int | None:
        """Returns the bytes that this process has; None where nobody tells."""
        return address_space_in_use(self._root) if self._is_limited() else memory_in_use(self._root)

    def free(self) -> int | None:
        """Returns the bytes that this process can still get; None where nobody tells."""
        free, allowed = free_memory(self._root), room_in_address_space(self._root)
        if free is None:
            return allowed
        own = max(0, free - self._promised) // self._processes
        return own if allowed is None else min(own, allowed)

    def begin(self) -> None:
        """Lets :meth:`peak` begin anew."""
        reset_peak(self._root)

    def peak(self) -> int:
        """Returns the most bytes that this process had since :meth:`begin`, of an address space with a limit since its
        start; 0 where nobody tells.
        """
        highest = peak_address_space if self._is_limited() else peak_memory
        return highest(self._root) or 0

    def _is_limited(self) -> bool:
        return room_in_address_space(self._root) is not None


def _bytes_in(file: Path, name: str) -> int | None:
    """Returns the bytes behind a name in a file of the kernel with lines such as "VmRSS:   1000 kB"."""
    kibibytes = _numbers(text_of(file)).get(f"{name}:")
    return None if kibibytes is None else kibibytes * KIB


def _numbers(text: str) -> dict[str, int]:
    """Returns the number in each line that has one as its second word, by the first word."""
    lines = (line.split() for line in text.splitlines())
    return {words[0]: int(words[1]) for words in lines if len(words) > 1 and words[1].isdigit()}


def text_of(file: Path) -> str:
    """Returns the content of a small file of the kernel, "" if there is no such file."""
    try:
        return file.read_text().strip()
    except OSError:
        return ""
