"""A job's checkpoints, kept also where its CheckpointConfig says: in S3 or in a folder of this machine."""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semseg.archive.checkpoint import FILES, STATE, NotWholeError, check_readable, newest_first, point_of, read_whole
from semseg.aws.account import Account
from semseg.contract.echoed import echoed
from semseg.contract.s3_uri import S3Uri, is_s3
from semseg.errors import SemsegError, UserError
from semseg.local.files.channel_files import link
from semseg.local.files.locations import absolute
from semseg.local.training.checkpoint_places import CheckpointPlace, CheckpointsInFolder, CheckpointsInS3
from semseg.plumbing.disk_space import reason_of
from semseg.plumbing.teller import Teller

CHECKPOINT_LOCATION = "checkpoint_s3_uri"  # as messages name it
CONTAINER_FOLDER = "/opt/ml/checkpoints"
SYNC_SECONDS = 30.0
START = (0, 0)  # epochs, and steps of the next


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
        raise UserError(f"checkpoint_local_path must be {CONTAINER_FOLDER}, the algorithm's own, got {echoed(folder)}")
    return absolute(CHECKPOINT_LOCATION, config["S3Uri"])


@dataclass(frozen=True)
class Saved:
    """A checkpoint as it lies in the job's folder; ``identity`` (ns, bytes, inode) differs once it is saved anew."""

    name: str
    seconds: float  # Unix time at which it was saved
    identity: tuple[int, int, int]

    @property
    def point(self) -> tuple[int, int]:
        """Returns the epochs, and the steps of the next, after which it was saved."""
        return point_of(self.name) or START


class CheckpointSync:
    """Brings the newest checkpoint of a folder to a location, again and again, and back at the start of a job.

    The training process removes old checkpoints meanwhile. So all files of a checkpoint are held under second names
    before the first one is sent. One checkpoint at most is held, and the newest one is taken up after it: those in
    between are left out where the way there is slow. Once the newest is whole there, it and the one before it are kept,
    and those before them are removed.

    Args:
        folder: the job's checkpoints, which exists.
        staging: a folder on the same file system for what is on its way.
        location: an S3 URI or an absolute path.
        teller: told of what is found, passed over, left out, or not to be brought or removed.
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
        self._broken: set[Saved] = set()  # in the folder, found not whole at the start
        self._doubted: set[str] = set()  # at the location, and passed over
        self._seen: set[Saved] = set()
        self._accounted: set[Saved] = set()  # brought, or there from the start
        self._warned = False
        self._staying: set[str] = set()  # what was told to stay there
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sync_often, name="keeps checkpoints", daemon=True)

    def restore(self) -> str | None:
        """Brings the newest whole checkpoint that is there into the folder, unless the folder has one as new already.

        Of all others nothing is read. Tells what the job goes on from, as far as it is known here.

        Returns:
            Its name; None where none was brought.

        Raises:
            UserError, PlatformError, OSError: it could not be read or written, and the folder has none that is whole.
        """
        own = self._newest_whole()
        try:
            name = self._fetch_later_than(own)
            if own is not None and name is None and self._place.holds(self.folder / own.name):
                self._brought = own
        except (SemsegError, OSError) as error:
            if own is None:
                raise
            self._teller.line(f"{self.location} was not searched for a checkpoint after {own.name}: {error}")
            name = None
        self._accounted = set(self._saved())
        self._clear_uploads()
        return name

    def start(self) -> None:
        """Brings the newest checkpoint there every ``sync_seconds``, from a thread of its own."""
        self._thread.start()

    def finish(self) -> None:
        """Brings the newest checkpoint there, and tells how many were left out before it."""
        self._ended.set()
        self.sync()
        if self._brought is None:
            return
        left_out = sum(1 for saved in self._seen - self._accounted if saved.point < self._brought.point)
        if left_out:
            self._teller.line(
                f"The newest checkpoint in {self.location} is {self._brought.name}; "
                f"left out before it: at least {left_out}."
            )

    def sync(self) -> None:
        """Brings the newest checkpoint there, unless it is there already.

        What fails is said in the log and tried again at the next call: a job does not end for want of a checkpoint.
        """
        with self._lock:
            try:
                self._bring_newest()
            except (SemsegError, OSError) as error:
                self._teller.line(
                    f"Checkpoints are kept in {self.folder} alone for now: {reason_of(error, self.folder)}"
                )

    def _sync_often(self) -> None:
        wait = self._sync_seconds
        while not self._ended.wait(wait):
            began = time.monotonic()
            self.sync()
            wait = max(0.0, self._sync_seconds - (time.monotonic() - began))

    def _newest_whole(self) -> Saved | None:
        """Returns the newest checkpoint in the folder that is whole; those after it are never brought away."""
        for saved in self._saved():
            try:
                _check(self.folder / saved.name)
                return saved
            except NotWholeError:
                self._broken.add(saved)
        return None

    def _fetch_later_than(self, own: Saved | None) -> str | None:
        """Brings the newest whole checkpoint into the folder if it is later than this one; returns its name."""
        for name, missing in self._place.missing_files().items():
            if own is not None and (point_of(name) or START) <= own.point:
                break
            if self._fetch(name, missing):
                self._teller.line(f"Found {name} in {self.location}.")
                return name
            self._doubted.add(name)
        found = f"{own.name} in {self.folder}, and no later one" if own is not None else "no whole checkpoint"
        self._teller.line(f"Found {found} in {self.location}.")
        return None

    def _fetch(self, name: str, missing: Sequence[str]) -> bool:
        """Brings a checkpoint into the folder, and tells and returns False if it is not whole."""
        arriving = self._emptied(name)
        try:
            if missing:
                raise NotWholeError(f"it has no {', '.join(missing)}")
            self._place.fetch(name, arriving)
            _check(arriving)
        except NotWholeError as error:
            self._teller.line(f"Checkpoint {name} in {self.location} is not whole and passed over: {error}")
            shutil.rmtree(arriving, ignore_errors=True)
            return False
        shutil.rmtree(self.folder / name, ignore_errors=True)  # one that is not whole
        arriving.rename(self.folder / name)
        self._brought = next(saved for saved in self._saved() if saved.name == name)
        return True

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
        self._doubted.discard(saved.name)
        if self._brought is not None and self._brought.point > saved.point:
            self._doubted.add(self._brought.name)  # the job went back behind it, for it could not read it
        self._brought = saved
        self._accounted.add(saved)
        self._warn_of_pace(saved, time.monotonic() - began)
        self._clear_older(saved)
        self._clear_uploads()

    def _hold_newest(self) -> Saved | None:
        """Gives all files of the newest checkpoint a second name; returns None where none is new."""
        failed = None
        while (saved := next(iter(self._look()), None)) not in (None, self._brought, failed):
            held = self._emptied(saved.name)
            try:
                for file in (*FILES, STATE):
                    link(self.folder / saved.name / file, held / file)
                return saved
            except FileNotFoundError:
                failed = saved  # removed meanwhile, so there is a newer one
                shutil.rmtree(held, ignore_errors=True)
        return None

    def _look(self) -> list[Saved]:
        """Returns the checkpoints in the folder that may be brought, the newest first."""
        found = [saved for saved in self._saved() if saved not in self._broken]
        self._seen.update(found)
        return found

    def _saved(self) -> Iterator[Saved]:
        """Yields the checkpoints in the folder, the newest first; each is whole from the moment it has its name."""
        for name in newest_first(path.name for path in self.folder.iterdir()):
            try:
                facts = (self.folder / name / STATE).stat()
            except FileNotFoundError:
                continue
            yield Saved(name, facts.st_mtime, (facts.st_mtime_ns, facts.st_size, facts.st_ino))

    def _warn_of_pace(self, brought: Saved, seconds: float) -> None:
        """Says once that checkpoints are saved faster than they are brought; ``seconds`` is what one took."""
        meanwhile = [saved for saved in self._look() if saved.point > brought.point]
        if self._warned or len(meanwhile) < 2:
            return
        self._warned = True
        every = meanwhile[0].seconds - meanwhile[1].seconds
        self._teller.line(
            f"Checkpoints are saved faster than they reach {self.location}: one comes every {every:.3g} s, and it "
            f"takes {seconds:.3g} s to bring one there. The newest is brought whole, and those before it are left out."
        )

    def _clear_older(self, newest: Saved) -> None:
        """Removes what is there but the newest checkpoint and the whole one before it.

        Later ones are removed only if this job passed them over: others are not its own.
        """
        with self._told_if_it_stays("Older checkpoints"):
            there = self._place.missing_files()
            earlier = [name for name in there if (point_of(name) or START) < newest.point]
            passed_over = [name for name in there if name in self._doubted and name not in earlier]
            whole = [name for name in earlier if not there[name] and name not in self._doubted]
            for name in (*passed_over, *earlier):
                if name not in whole[:1]:
                    self._place.remove(name)

    def _clear_uploads(self) -> None:
        with self._told_if_it_stays("Parts of uploads that were cut short"):
            self._place.tidy()

    @contextlib.contextmanager
    def _told_if_it_stays(self, what: str) -> Iterator[None]:
        """Lets a removal fail, and says once that so much stays there."""
        try:
            yield
        except (SemsegError, OSError) as error:
            if what not in self._staying:
                self._staying.add(what)
                self._teller.line(f"{what} stay in {self.location}: {error}")

    def _emptied(self, name: str) -> Path:
        """Returns the path for a folder in the staging folder, with nothing there."""
        shutil.rmtree(self._staging, ignore_errors=True)
        self._staging.mkdir(parents=True)
        return self._staging / name


def _check(folder: Path) -> None:
    """Raises NotWholeError where a checkpoint is not the one that was saved, or no engine could read it."""
    read_whole(folder)
    check_readable(folder)


def _place(location: str, account: Account) -> CheckpointPlace:
    if is_s3(location):
        return CheckpointsInS3(S3Uri.parse(CHECKPOINT_LOCATION, location), account.objects)
    return CheckpointsInFolder(Path(location))
