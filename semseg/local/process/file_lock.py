"""Locks on open files, which the system gives back when the process that holds one ends, however it ends: flock(2)."""

from __future__ import annotations

from typing import BinaryIO, Union

from semseg.machine.posix import check_posix


def lock_file(file: Union[BinaryIO, int], shared: bool = False, wait: bool = True) -> None:
    """Takes the lock of an open file, and keeps it until every process that has it open ends or closes it.

    A lock that this open file has already is turned into the one that is asked for.

    Args:
        file: open, or a file descriptor; that of a folder is good too.
        shared: True lets others share it.
        wait: False raises where another holds it.

    Raises:
        BlockingIOError: another holds it, and ``wait`` is False.
        PlatformError: this system has no such locks.
    """
    check_posix()
    import fcntl  # not at the top: Windows has none, and imports this file all the same

    mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    fcntl.flock(file, mode if wait else mode | fcntl.LOCK_NB)
