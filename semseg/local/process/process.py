"""Child processes that outlive the one that starts them, and the lock that says whether they live; and leashed ones.

The lock is taken before the child is started and handed to it open, so that there is no moment in between at which a
living child looks dead. The system gives it back when the child ends, however it ends.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from semseg.local.process.file_lock import lock_file
from semseg.local.process.leash import leashed
from semseg.plumbing.disk_space import full
from semseg.plumbing.rotating_log import RotatingLog, newest_first

POLL_SECONDS = 0.05
LAST_LINE_BYTES = 4096
ASKING_SECONDS = 1.0  # that others who only ask for a lock may hinder one who takes it
MOMENT_SECONDS = 0.001  # for which each of them has it


def take_lock(path: Path) -> BinaryIO:
    """Returns an open file whose lock is held until every process that has it open ends or closes it.

    Raises:
        BlockingIOError: another holds it.
        FileNotFoundError: its folder is not there.
    """
    deadline = time.monotonic() + ASKING_SECONDS
    while True:
        try:
            with left_on_failure() as opened:
                lock: BinaryIO = opened.enter_context(path.open("ab"))
                lock_file(lock, wait=False)
                if os.path.samestat(os.fstat(lock.fileno()), path.stat()):
                    return lock
                lock.close()  # its folder was removed meanwhile, and another took the name
        except BlockingIOError:
            if is_locked(path) or time.monotonic() > deadline:
                raise
        time.sleep(MOMENT_SECONDS)  # somebody only asked for it, in is_locked


@contextlib.contextmanager
def left_on_failure() -> Iterator[contextlib.ExitStack]:
    """Yields a stack of contexts that are left where the block fails, and stay entered where it ends well."""
    with contextlib.ExitStack() as stack:
        yield stack
        stack.pop_all()


def is_locked(path: Path) -> bool:
    """Returns whether a process holds the lock of the file; False where there is no file."""
    try:
        with path.open("rb") as lock:
            lock_file(lock, shared=True, wait=False)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


@contextlib.contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Lets one process at a time, and one thread of it, into the block; the others wait."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        lock_file(descriptor)
        yield
    finally:
        os.close(descriptor)


def start_detached(
    command: Sequence[str], environment: Mapping[str, str], log: Path, lock: BinaryIO, handed: Sequence[int] = ()
) -> int:
    """Starts a process in a session of its own, hands it the lock, and returns its process id.

    What it prints is appended to ``log``. Ctrl-C in this terminal does not reach it.

    Args:
        handed: further file descriptors that it gets, under the same numbers.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(lock.fileno(), *handed),
        )
    threading.Thread(target=process.wait, daemon=True).start()  # leaves no zombie behind
    return process.pid


def start_leashed(
    command: Sequence[str], environment: Mapping[str, str], log: RotatingLog, handed: Sequence[int] = ()
) -> subprocess.Popen[bytes]:
    """Starts a process in a session of its own that ends when this one does; to be started from its main thread.

    What it prints goes to ``log``; it is all there once that is finished. Ctrl-C in this terminal does not reach it.

    Args:
        handed: further file descriptors that it gets, under the same numbers.
    """
    process = subprocess.Popen(
        leashed(list(command)),
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        pass_fds=handed,
    )
    assert process.stdout is not None
    log.take(process.stdout)
    return process


def start_leashed_locked(
    command: Sequence[str], environment: Mapping[str, str], log: RotatingLog, lock: Path
) -> subprocess.Popen[bytes]:
    """Starts a process as :func:`start_leashed`, which holds the lock of a file with its process id.

    Raises:
        BlockingIOError: another holds it.
    """
    with take_lock(lock) as held:
        process = start_leashed(command, environment, log, (held.fileno(),))
        held.truncate(0)
        held.write(str(process.pid).encode())
    return process


def end_orphan(lock: Path, seconds: float) -> bool:
    """Ends the process of :func:`start_leashed_locked` whose starter is dead, if it still runs.

    Where there are leashes it is ending already, and gives back its memory before the lock.

    Returns:
        Whether it has ended within so many seconds.
    """
    if is_locked(lock):
        with contextlib.suppress(ValueError, FileNotFoundError):
            kill_session(int(lock.read_bytes()))
    return wait_until_unlocked(lock, seconds)


def ending_of(exit_code: int, log: Path) -> str:
    """Returns how a process ended and the last line that it printed: "exit code 3; the last line of its log: ...".

    Before that line is told that the disk of its log is full, where it is: then the log may lack the reason.
    """
    how = f"exit code {exit_code}" if exit_code >= 0 else f"signal {-exit_code} ({signal.strsignal(-exit_code)})"
    is_full = full(log)
    if is_full:
        how += f"; {is_full}"
    return f"{how}; the last line of its log: {last_line(log)}"


def stop_detached(process_id: int, lock: Path, grace_seconds: float) -> None:
    """Sends SIGTERM, and SIGKILL to all of its session where the lock is still held after the grace."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process_id, signal.SIGTERM)
    if not wait_until_unlocked(lock, grace_seconds):
        kill_session(process_id)
        wait_until_unlocked(lock, grace_seconds)


def wait_until_unlocked(lock: Path, seconds: float) -> bool:
    """Waits until a lock is given back; returns whether it was given back within so many seconds."""
    deadline = time.monotonic() + seconds
    while is_locked(lock):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def kill_session(process_id: int) -> None:
    """Sends SIGKILL to a process that leads a session, and to all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process_id, signal.SIGKILL)


def last_line(log: Path) -> str:
    """Returns the last line of a log that is not blank, "none" where there is no such line."""
    for part in newest_first(log):
        with contextlib.suppress(FileNotFoundError), part.open("rb") as file:
            file.seek(max(0, part.stat().st_size - LAST_LINE_BYTES))
            lines = file.read().decode("utf-8", "replace").splitlines()
            line = next((line.strip() for line in reversed(lines) if line.strip()), None)
            if line is not None:
                return line
    return "none"
