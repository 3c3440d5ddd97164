"""How much of the disk a home takes, and what of it may be removed."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Callable

from semseg.contract.echoed import echoed
from semseg.errors import UserError
from semseg.local.endpoint.endpoints import Endpoints
from semseg.local.files.downloads import LOCK, kept_files, undisturbed
from semseg.local.files.locations import local_path
from semseg.local.jobs.home import Home, remove
from semseg.local.jobs.job_folder import JobFolder, JobStatus
from semseg.local.jobs.job_store import ENDING_SECONDS, UNREADABLE, JobStore
from semseg.local.jobs.moment import moment
from semseg.local.jobs.process_folder import ProcessFolder, remove_leftovers
from semseg.local.process.process import is_locked, wait_until_unlocked
from semseg.local.transform.folder import TransformFolder
from semseg.local.tuning.folder import TuningFolder
from semseg.plumbing.json_file import read_json

DAY = 86_400.0  # seconds


@dataclass(frozen=True)
class Removal:
    """Something that was removed, or may be.

    Attributes:
        kind: the folder of the home that it lies in, such as "jobs" or "downloads".
        name: its name there.
        bytes: how much of the disk it takes.
        last_used: when it ended or was last used, as an aware datetime in UTC.
    """

    kind: str
    name: str
    bytes: int
    last_used: datetime


@dataclass(frozen=True)
class _Candidate:
    """What may be removed if it is old enough and nobody names it; ``remove`` returns whether it did."""

    path: Path
    last_used: float  # Unix seconds
    remove: Callable[[], bool]


@dataclass(frozen=True)
class JobChoice:
    """Which jobs are removed, where not all that have ended are; then nothing but jobs and failed endpoints is.

    Attributes:
        keep: so many of each kind stay, those that ended last; None means by age alone.
        failed: whether only what has failed is removed.
    """

    keep: int | None = None
    failed: bool = False

    @property
    def is_made(self) -> bool:
        """Whether there is a choice at all."""
        return self.keep is not None or self.failed

    def of(self, candidates: Sequence[tuple[_Candidate, JobStatus]]) -> Iterator[_Candidate]:
        """Yields those of the jobs of one kind that are chosen."""
        newest_first = sorted(candidates, key=lambda found: found[0].last_used, reverse=True)
        for candidate, status in newest_first[self.keep or 0 :]:
            if status.status == "Failed" or not self.failed:
                yield candidate


ALL_ENDED = JobChoice()


def disk_use(home: Home) -> dict[str, dict[str, int]]:
    """Returns the bytes that each job, endpoint, model and file of a home takes, by kind and name.

    The kinds are the names of the home's folders: "jobs", "transform_jobs", "tuning_jobs", "endpoints", "models",
    "endpoint_configs", "exports", "evaluations", "downloads", "compiled" and "facts". What is half-made, with a name
    that begins with a full stop, is counted as well.
    """
    return {
        folder.name: {_shown_name(path): size_of(path) for path in _in(folder) if path != home.downloads / LOCK}
        for folder in home.folders
    }


def _shown_name(path: Path) -> str:
    return path.stem if path.suffix == ".json" else path.name


def size_of(path: Path) -> int:
    """Returns the bytes of a file, or of all files below a folder; links are not followed."""
    inside = [os.path.join(place, name) for place, _, names in os.walk(path) for name in names]
    return sum(map(_bytes_of, inside)) if path.is_dir() and not path.is_symlink() else _bytes_of(path)


class Cleaner:
    """Finds and removes what has not been used for long.

    What runs is never touched, nor a job, an export, an evaluation or a download with a file that a kept model, a kept
    endpoint or a running job names. Other models, and endpoint configurations, stay.

    Args:
        home: what is cleaned.
        stores: its training, transform and tuning jobs.
        endpoints: its endpoints.
        models: the names of models that are not needed any more, each with what removes it.
    """

    def __init__(
        self,
        home: Home,
        stores: Sequence[JobStore[Any]],
        endpoints: Endpoints,
        models: Mapping[str, Callable[[], bool]],
    ) -> None:
        self._home = home
        self._stores = stores
        self._endpoints = endpoints
        self._models = models

    def clean(self, older_than_days: float, dry_run: bool, choice: JobChoice = ALL_ENDED) -> list[Removal]:
        """Removes ended jobs, rests of failed endpoints, exports, evaluations and downloads, not used for so many days.

        Args:
            older_than_days: 0 or more.
            dry_run: True removes nothing.
            choice: of the jobs; where one is made, exports, evaluations, downloads and models stay.

        Returns:
            What was removed, or would be, with its size.

        Raises:
            UserError: the number of days, or of jobs to keep, is not one.
        """
        if isinstance(older_than_days, bool) or not isinstance(older_than_days, (int, float)) or older_than_days < 0:
            raise UserError(f"older_than_days must be a number of at least 0, got {echoed(older_than_days)}")
        if choice.keep is not None and (type(choice.keep) is not int or choice.keep < 0):
            raise UserError(f"keep must be a whole number of at least 0, got {echoed(choice.keep)}")
        before = time.time() - older_than_days * DAY
        if choice.is_made:
            return self._clean_jobs(before, dry_run, choice)
        models = _removed([one for one in self._unneeded_models() if one.last_used <= before], dry_run)
        failed = [candidate for candidate in self._failed_endpoints() if candidate.last_used <= before]
        named = self._named({candidate.path.name for candidate in failed})
        others = [*self._ended_jobs(), *self._folders()]
        old = [one for one in others if one.last_used <= before and not _is_named(one.path, named)]
        removed = [*models, *_removed(failed + old, dry_run), *self._removed_downloads(before, named, dry_run)]
        if not dry_run:
            self._remove_leftovers(min(before, time.time() - DAY))
        return removed

    def _clean_jobs(self, before: float, dry_run: bool, choice: JobChoice) -> list[Removal]:
        """Removes the chosen jobs and, where only what has failed is to go, what is left of failed endpoints."""
        failed = [one for one in self._failed_endpoints() if choice.failed and one.last_used <= before]
        named = self._named({candidate.path.name for candidate in failed})
        jobs = [one for one in self._ended_jobs(choice) if one.last_used <= before and not _is_named(one.path, named)]
        return _removed(failed + jobs, dry_run)

    def _unneeded_models(self) -> Iterator[_Candidate]:
        for name, remove_it in self._models.items():
            file = self._home.models / f"{name}.json"
            yield _Candidate(file, _written(file), remove_it)

    def _failed_endpoints(self) -> Iterator[_Candidate]:
        for name in self._endpoints.kept():
            folder = self._endpoints.folder(name)
            if self._endpoints.has_failed(name):
                used = max(_written(folder.record), _written(folder.log))  # whoever describes it reads the record
                yield _Candidate(folder.root, used, partial(self._endpoints.forget_failed, name))

    def _ended_jobs(self, choice: JobChoice = ALL_ENDED) -> Iterator[_Candidate]:
        trials = self._trials_under_way()
        for store in self._stores:
            found = []
            for folder, status in store.standing():
                is_trial = store.place == self._home.jobs and folder.root.name in trials
                ended = status.ended or status.created
                if status.is_final and not is_trial and _is_over(folder.lock, ended):
                    found.append((_Candidate(folder.root, ended, partial(_deleted, store, folder.root.name)), status))
            yield from choice.of(found)

    def _folders(self) -> Iterator[_Candidate]:
        """Yields the folders of exports and evaluations that nobody works in."""
        for path in [*_in(self._home.exports), *_in(self._home.evaluations)]:
            if path.is_dir() and not is_locked(ProcessFolder(path).lock):
                used = max([_written(path), *(_used(file) for file in path.rglob("*") if not file.is_dir())])
                yield _Candidate(path, used, partial(_removed_folder, path))

    def _removed_downloads(self, before: float, named: set[Path], dry_run: bool) -> list[Removal]:
        if not self._home.downloads.is_dir():
            return []
        with undisturbed(self._home.downloads) as alone:
            files = kept_files(self._home.downloads) if alone else []
            old = [path for path in files if _used(path) <= before and not _is_named(path, named)]
            return _removed([_Candidate(path, _used(path), partial(_unlinked, path)) for path in old], dry_run)

    def _trials_under_way(self) -> set[str]:
        """Returns the names of the trials of tuning jobs that run."""
        found: set[str] = set()
        for store in self._stores:
            for folder, status in store.standing():
                if isinstance(folder, TuningFolder) and not status.is_final:
                    with contextlib.suppress(*UNREADABLE):
                        found.update(trial.name for trial in folder.read_trials())
        return found

    def _named(self, gone: set[str]) -> set[Path]:
        """Returns what is named by models, by endpoints but those that are gone, and by running jobs."""
        files = list(self._home.models.glob("[!.]*.json"))
        files += [self._endpoints.folder(name).record for name in self._endpoints.kept() if name not in gone]
        for store in self._stores:
            files += [file for folder, status in store.standing() if not status.is_final for file in _asked(folder)]
        found: set[Path] = set()
        for file in files:
            with contextlib.suppress(OSError, ValueError):
                found.update(_paths_in(read_json(file)))
        return found

    def _remove_leftovers(self, before: float) -> None:
        for kind in (*(store.place for store in self._stores), self._home.endpoints):
            remove_leftovers(kind, before)


def _removed(candidates: Sequence[_Candidate], dry_run: bool) -> list[Removal]:
    removals = []
    for candidate in candidates:
        path = candidate.path
        removal = Removal(path.parent.name, _shown_name(path), size_of(path), moment(candidate.last_used))
        if dry_run or candidate.remove():
            removals.append(removal)
    return removals


def _is_over(lock: Path, ended: float) -> bool:
    """Returns whether nobody holds a job that has ended; who has just written its end is waited for."""
    left = ended + ENDING_SECONDS - time.time()
    return wait_until_unlocked(lock, min(max(left, 0.0), ENDING_SECONDS))


def _deleted(store: JobStore[Any], name: str) -> bool:
    with contextlib.suppress(UserError):  # it was removed meanwhile, or another has begun under its name
        store.delete(name)
        return True
    return False


def _removed_folder(path: Path) -> bool:
    remove(path)
    return True


def _unlinked(path: Path) -> bool:
    path.unlink(missing_ok=True)
    return True


def _asked(folder: JobFolder) -> list[Path]:
    """Returns the files that say what a job reads."""
    return [folder.request, *([folder.model_description] if isinstance(folder, TransformFolder) else [])]


def _paths_in(content: Any) -> Iterator[Path]:
    """Yields every string in the content of a JSON file that may be a path or a file:// URI, as an absolute path."""
    if isinstance(content, str):
        with contextlib.suppress(UserError, OSError, ValueError, RuntimeError):  # it is no path, but a name or a text
            yield local_path("a location", content).resolve()
    elif isinstance(content, dict):
        for value in content.values():
            yield from _paths_in(value)
    elif isinstance(content, list):
        for value in content:
            yield from _paths_in(value)


def _is_named(path: Path, named: set[Path]) -> bool:
    place = path.resolve()
    return any(place == other or place in other.parents for other in named)


def _in(folder: Path) -> list[Path]:
    """Returns what lies in a folder, sorted; nothing where it is not there."""
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _used(path: Path) -> float:
    """Returns when a file was last read or written, in Unix seconds; 0 where it is not there."""
    try:
        return max(path.lstat().st_atime, path.lstat().st_mtime)
    except FileNotFoundError:
        return 0.0


def _written(path: Path) -> float:
    """Returns when a file or a folder was last written, in Unix seconds; 0 where it is not there."""
    try:
        return path.lstat().st_mtime
    except FileNotFoundError:
        return 0.0


def _bytes_of(path: str | os.PathLike[str]) -> int:
    try:
        return os.lstat(path).st_size
    except FileNotFoundError:  # removed meanwhile
        return 0
