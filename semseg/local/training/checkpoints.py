"""A job's checkpoints, kept also where its CheckpointConfig says: in S3 or in a folder of this machine."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semseg.archive.checkpoint import FILES, STATE, NotWholeError, newest_first, point_of, read_whole
from semseg.aws.account import Account
from semseg.contract.s3_uri import S3Uri, is_s3
from semseg.errors import SemsegError, UserError
from semseg.local.files.channel_files import link
from semseg.local.files.locations import absolute
from semseg.local.training.checkpoint_places import CheckpointPlace, CheckpointsInFolder, CheckpointsInS3
from semseg.plumbing.teller import Teller

CHECKPOINT_LOCATION = "checkpoint_s3_uri"  # as messages name it
CONTAINER_FOLDER = "/opt/ml/checkpoints"
SYNC_SECONDS = 30.0


def checkpoint_location(request: Mapping[str, Any]) -> str | None:
    """Returns where a request keeps its checkpoints, a path made absolute; None where it keeps none.

    Raises:
        UserError: it names no such place, or another folder than the algorithm's own for the container.
    """
    config = request.get("CheckpointConfig")
    if not config:
        return None
    folder = config.get("LocalPath") or CONTAINER_FOLDER
    if folder.rstrip("/") != CONTAINER_FOLDER:
        raise UserError(f"checkpoint_local_path must be {CONTAINER_FOLDER}, the algorithm's own, got {folder!r}")
    return absolute(CHECKPOINT_LOCATION, config["S3Uri"])


@dataclass(frozen=True)
class Saved:
    """A checkpoint as it lies in the job's folder; ``identity`` (ns, bytes, inode) differs once it is saved anew."""

    name: str
    epochs: int
    seconds: float  # Unix time at which it was saved
    identity: tuple[int, int, int]


class CheckpointSync:
    """Brings the newest checkpoint of a folder to a location, again and again, and back at the start of a job.

    The training process removes old checkpoints meanwhile. So all files of a checkpoint are held under second names
    before the first one is sent. One checkpoint at most is held, and the newest one is taken up after it: those in
    between are left out where the way there is slow.

    Args:
        folder: the job's checkpoints, which exists.
        staging: a folder on the same file system for what is on its way.
        location: an S3 URI or an absolute path.
        teller: told of what is passed over, left out or not to be brought.
        sync_seconds: from one look for a new checkpoint to the next.
    """

    def __init__(
        self,
        folder: Path,
        staging: Path,
        location: str,
        account: Account,
        teller: Teller,
        sync_seconds: float = SYNC_SECONDS,
    ) -> None:
        self.folder = folder
        self.location = location
        self._teller = teller
        self._staging = staging
        self._place = _place(location, account)
        self._sync_seconds = sync_seconds
        self._brought: Saved | None = None
        self._left_out = 0
        self._warned = False
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sync_often, name="keeps checkpoints", daemon=True)

    def restore(self) -> str | None:
        """Brings the newest whole checkpoint that is there into the folder; returns its name, None where none is whole.

        Raises:
            UserError, PlatformError, OSError: it could not be read or written.
        """
        for name in self._place.names():
            arriving = self._emptied(name)
            try:
                self._place.fetch(name, arriving)
                read_whole(arriving)
            except NotWholeError as error:
                self._teller.line(f"Checkpoint {name} in {self.location} is not whole and passed over: {error}")
                shutil.rmtree(arriving, ignore_errors=True)
                continue
            arriving.rename(self.folder / name)
            self._brought = self._newest()
            return name
        return None

    def start(self) -> None:
        """Brings the newest checkpoint there every ``sync_seconds``, from a thread of its own."""
        self._thread.start()

    def finish(self) -> None:
        """Brings the newest checkpoint there, and tells how many were left out before it."""
        self._ended.set()
        self.sync()
        if self._left_out and self._brought is not None:
            self._teller.line(
                f"The newest checkpoint in {self.location} is {self._brought.name}; "
                f"{self._left_out} earlier ones were left out."
            )

    def sync(self) -> None:
        """Brings the newest checkpoint there, unless it is there already.

        What fails is said in the log and tried again at the next call: a job does not end for want of a checkpoint.
        """
        with self._lock:
            try:
                self._bring_newest()
            except (SemsegError, OSError) as error:
                self._teller.line(f"Checkpoints are kept in {self.folder} alone for now: {error}")

    def _sync_often(self) -> None:
        wait = self._sync_seconds
        while not self._ended.wait(wait):
            began = time.monotonic()
            self.sync()
            wait = max(0.0, self._sync_seconds - (time.monotonic() - began))

    def _bring_newest(self) -> None:
        saved = self._hold_newest()
        if saved is None:
            return
        began = time.monotonic()
        held = self._staging / saved.name
        try:
            self._place.put(held, saved.name)
        finally:
            shutil.rmtree(held, ignore_errors=True)
        earlier = self._brought.epochs if self._brought is not None else 0
        self._left_out += max(0, saved.epochs - earlier - 1)
        self._brought = saved
        self._warn_of_pace(saved, time.monotonic() - began)

    def _hold_newest(self) -> Saved | None:
        """Gives all files of the newest checkpoint a second name; returns None where none is new."""
        failed = None
        while (saved := self._newest()) not in (None, self._brought, failed):
            held = self._emptied(saved.name)
            try:
                for file in (*FILES, STATE):
                    link(self.folder / saved.name / file, held / file)
                return saved
            except FileNotFoundError:
                failed = saved  # removed meanwhile, so there is a newer one
                shutil.rmtree(held, ignore_errors=True)
        return None

    def _newest(self) -> Saved | None:
        return next(self._saved(), None)

    def _saved(self) -> Iterator[Saved]:
        """Yields the checkpoints in the folder, the newest first; each is whole from the moment it has its name."""
        for name in newest_first(path.name for path in self.folder.iterdir()):
            try:
                facts = (self.folder / name / STATE).stat()
            except FileNotFoundError:
                continue
            identity = (facts.st_mtime_ns, facts.st_size, facts.st_ino)
            epochs, _ = point_of(name) or (0, 0)
            yield Saved(name, epochs, facts.st_mtime, identity)

    def _warn_of_pace(self, brought: Saved, seconds: float) -> None:
        """Says once that checkpoints are saved faster than they are brought; ``seconds`` is what one took."""
        newest = self._newest()
        saved_meanwhile = newest.epochs - brought.epochs if newest is not None else 0
        if self._warned or newest is None or saved_meanwhile < 2:
            return
        self._warned = True
        every = (newest.seconds - brought.seconds) / saved_meanwhile
        self._teller.line(
            f"Checkpoints are saved faster than they reach {self.location}: one comes every {every:.3g} s, and it "
            f"takes {seconds:.3g} s to bring one there. The newest is brought whole, and those before it are left out."
        )

    def _emptied(self, name: str) -> Path:
        """Returns the path for a folder in the staging folder, with nothing there."""
        shutil.rmtree(self._staging, ignore_errors=True)
        self._staging.mkdir(parents=True)
        return self._staging / name


def _place(location: str, account: Account) -> CheckpointPlace:
    if is_s3(location):
        return CheckpointsInS3(S3Uri.parse(CHECKPOINT_LOCATION, location), account.objects)
    return CheckpointsInFolder(Path(location))
