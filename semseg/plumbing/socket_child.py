"""Starts a child process that has a socket of its own to its parent, and ends with that, not by a signal to the job."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from semseg.plumbing.held_signals import held_back
from semseg.plumbing.rotating_log import RotatingLog

Started = tuple["subprocess.Popen[bytes]", socket.socket]


def start_on_socket(command: Sequence[str], environment: Mapping[str, str], log: RotatingLog | None = None) -> Started:
    """Returns a process, and this side's end of its socket, which ends when either of them does.

    SIGTERM and SIGINT never reach the process: its parent ends it, once that is due.

    Args:
        command: the file descriptor of the socket is appended as the last argument.
        log: takes what it prints; None lets it print where this process prints.

    Raises:
        OSError: it cannot be started.
    """
    ours, theirs = socket.socketpair()
    with theirs, held_back(signal.SIGTERM, signal.SIGINT), ExitStack() as undo:
        undo.enter_context(ours)
        process = subprocess.Popen(
            [*command, str(theirs.fileno())],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if log else None,
            stderr=subprocess.STDOUT if log else None,
            pass_fds=(theirs.fileno(),),
        )
        undo.pop_all()
    if log and process.stdout:
        log.take(process.stdout)
    return process, ours
