"""A job's checkpoints, kept also where its CheckpointConfig says: in S3 or in a folder of this machine."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from semseg.aws.account import Account
from semseg.contract.s3_uri import S3Uri, is_s3
from semseg.errors import SemsegError, UserError
from semseg.local.files.channel_files import is_hidden, stored_files, visible_files
from semseg.local.files.locations import local_path
from semseg.plumbing.whole_file import beside

NOUN = "checkpoint_s3_uri"
CONTAINER_FOLDER = "/opt/ml/checkpoints"
SYNC_SECONDS = 30.0
UNFINISHED = ".part"  # what a file is called that is still being written


def checkpoint_location(request: Mapping[str, Any]) -> str | None:
    """Where a request keeps its checkpoints, a path made absolute; None where it keeps none.

    Raises:
        UserError: it names no such place, or another folder than the algorithm's own for the container.
    """
    config = request.get("CheckpointConfig")
    if not config:
        return None
    folder = config.get("LocalPath") or CONTAINER_FOLDER
    if folder.rstrip("/") != CONTAINER_FOLDER:
        raise UserError(f"checkpoint_local_path must be {CONTAINER_FOLDER}, the algorithm's own, got {folder!r}")
    location = config["S3Uri"]
    return str(S3Uri.parse(NOUN, location)) if is_s3(location) else str(local_path(NOUN, location))


class Checkpoints:
    """Keeps a folder and a location in step.

    Files are whole from the moment they have their name: they are written as ``.part`` or hidden, then renamed.

    Args:
        folder: the job's checkpoints, which exists.
        staging: a folder on the same file system for what is on its way.
        location: an S3 URI or an absolute path.
    """

    def __init__(self, folder: Path, staging: Path, location: str, account: Account) -> None:
        self.folder = folder
        self.location = location
        self._staging = staging
        self._account = account
        self._kept: dict[str, tuple[int, int, int]] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sync_often, name="keeps checkpoints", daemon=True)

    def restore(self) -> int:
        """Bring what is there into the folder; the number of files.

        Raises:
            UserError, PlatformError: it could not be read.
        """
        brought = self._download() if is_s3(self.location) else self._copy_here()
        self._kept = dict(self._files())
        return brought

    def start(self) -> None:
        """Bring changes there every SYNC_SECONDS, from a thread of its own."""
        self._thread.start()

    def finish(self) -> None:
        """Bring the last changes there."""
        self._ended.set()
        self.sync()

    def sync(self) -> None:
        """Bring what has changed there, in the order in which it was written.

        What fails is said in the log and tried again at the next call: a job does not end for want of a checkpoint.
        """
        with self._lock:
            try:
                self._bring_changes()
            except (SemsegError, OSError) as error:
                print(f"Checkpoints are kept in {self.folder} alone for now: {error}", flush=True)

    def _sync_often(self) -> None:
        while not self._ended.wait(SYNC_SECONDS):
            self.sync()

    def _bring_changes(self) -> None:
        for name, state in self._changed():
            held = self._staging / name
            held.parent.mkdir(parents=True, exist_ok=True)
            held.unlink(missing_ok=True)
            try:
                os.link(self.folder / name, held)  # stays the same file if a newer one takes its name meanwhile
            except FileNotFoundError:
                continue  # removed by the job: there is a newer one
            self._bring(name, held)
            held.unlink()
            self._kept[name] = state

    def _changed(self) -> list[tuple[str, tuple[int, int, int]]]:
        changed = [(name, state) for name, state in self._files() if self._kept.get(name) != state]
        return sorted(changed, key=lambda entry: entry[1])

    def _files(self) -> list[tuple[str, tuple[int, int, int]]]:
        """Each whole file with what changes when it does: time in nanoseconds, size, inode."""
        found = []
        for name, path in visible_files(self.folder):
            if not name.endswith(UNFINISHED):
                try:
                    facts = path.stat()
                except FileNotFoundError:
                    continue
                found.append((name, (facts.st_mtime_ns, facts.st_size, facts.st_ino)))
        return found

    def _bring(self, name: str, held: Path) -> None:
        if is_s3(self.location):
            self._account.objects.upload([(held, S3Uri.parse(NOUN, self.location).join(name))])
        else:
            copy_whole(held, Path(self.location) / name)

    def _download(self) -> int:
        uri = S3Uri.parse(NOUN, self.location)
        folder = S3Uri(uri.bucket, uri.key.rstrip("/") + "/") if uri.key else uri
        files = stored_files(uri, self._account.objects.list_prefix(folder), NOUN)
        wanted = [file for file in files if not is_hidden(file.name)]
        for file in wanted:
            (self.folder / file.name).parent.mkdir(parents=True, exist_ok=True)
        self._account.objects.download([(file.stored, self.folder / file.name) for file in wanted])
        return len(wanted)

    def _copy_here(self) -> int:
        source = Path(self.location)
        files = list(visible_files(source)) if source.is_dir() else []
        for name, path in files:
            copy_whole(path, self.folder / name)
        return len(files)


def copy_whole(source: Path, target: Path) -> None:
    """Copy beside the target, then take its place."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with beside(target) as part:
        shutil.copy2(source, part)
