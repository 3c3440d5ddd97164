"""One piece of work on a model, done by a command of the container in a child process that whoever asks waits for."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from semseg.contract.environment import BASE_DIR, without_aws
from semseg.errors import ChannelError, ImageError, ModelError, PlatformError, UserError
from semseg.local.jobs.process_folder import LEFT_OVER_SECONDS, ProcessFolder
from semseg.local.process.log_follower import LogFollower
from semseg.local.process.process import ending_of, is_locked, kill_session, start_leashed, take_lock
from semseg.plumbing.json_file import read_json
from semseg.plumbing.rotating_log import RotatingLog

DYING_SECONDS = 2.0  # within which a process ends that was killed
# What the child's failure may be: its class goes by name.
ERRORS = {kind.__name__: kind for kind in (UserError, ChannelError, ImageError, ModelError)}


@contextmanager
def work_folder(place: Path, noun: str) -> Iterator[ProcessFolder]:
    """Yields a job directory that is gone at the end; those whose work was killed are removed too.

    Args:
        place: a folder, where it is made under a hidden name.
        noun: the work, "export"; a part of that name.
    """
    for left in map(ProcessFolder, place.glob(f".{noun}-*")):
        if _is_left_over(left):
            shutil.rmtree(left.root, ignore_errors=True)
    folder = ProcessFolder(tempfile.mkdtemp(prefix=f".{noun}-", dir=place))
    try:
        with take_lock(folder.lock):
            yield folder
    finally:
        _remove(folder.root)


def run_child(
    folder: ProcessFolder,
    command: Sequence[str],
    noun: str,
    line: Callable[[str], None],
    environment: Mapping[str, str] | None = None,
    at_each_look: Callable[[], None] = lambda: None,
) -> None:
    """Runs a command to its end; it ends with this process, also where that is interrupted.

    Args:
        folder: that it works in: its SAGEMAKER_BASE_DIR.
        noun: the work, for the sentence of a child that could not say why it failed: "the export".
        line: is told each line of its log.
        environment: variables beside those of this process.
        at_each_look: is called about ten times a second.

    Raises:
        UserError, ModelError: as the child's own.
        PlatformError: the child failed otherwise.
    """
    own = {**without_aws(os.environ), **(environment or {}), BASE_DIR.name: str(folder.root)}
    log = RotatingLog(folder.log)
    child = start_leashed(command, {"PYTHONUNBUFFERED": "1", **own}, log)
    try:
        follower = LogFollower(folder.log, lambda: child.poll() is not None and log.finish(), at_each_look)
        for text in follower.lines():
            line(text)
    finally:
        if child.poll() is None:  # interrupted
            kill_session(child.pid)
            child.wait()
    if child.returncode != 0:
        raise _failure(folder, child.returncode, noun)


def _remove(folder: Path) -> None:
    """Removes a folder, also where a process of it that was just killed still makes a file."""
    until = time.monotonic() + DYING_SECONDS
    shutil.rmtree(folder, ignore_errors=True)
    while folder.exists() and time.monotonic() < until:
        time.sleep(0.02)
        shutil.rmtree(folder, ignore_errors=True)


def _is_left_over(folder: ProcessFolder) -> bool:
    """Returns whether the work that a folder was made for was killed; False where it is gone meanwhile."""
    try:
        age = time.time() - folder.root.stat().st_mtime
    except FileNotFoundError:
        return False
    return age > LEFT_OVER_SECONDS and not is_locked(folder.lock)


def _failure(folder: ProcessFolder, exit_code: int, noun: str) -> Exception:
    if folder.failure.is_file():
        written = read_json(folder.failure)
        return ERRORS.get(written["error"], PlatformError)(written["message"])
    return PlatformError(f"{noun} ended with {ending_of(exit_code, folder.log)}")
