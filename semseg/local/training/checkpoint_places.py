"""Where a job's checkpoints are kept beside its own folder: in S3 or in a folder of this machine.

Whoever reads there finds a checkpoint either whole or without its ``state.json``, also where a copy or a removal was
cut short.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from semseg.archive.checkpoint import FILES, STATE, newest_first, point_of
from semseg.aws.object_store import ObjectStore, StoredObject
from semseg.contract.s3_uri import S3Uri
from semseg.errors import UserError
from semseg.plumbing.whole_file import PART, beside

ALL_FILES = (*FILES, STATE)
REMOVED = (STATE, *FILES)  # in this order: it is not whole from the first removal on
BEGINNING = "epoch-"  # of their names
LARGEST_STATE = 2**20  # bytes; it has about a thousand


class CheckpointPlace(Protocol):
    """Checkpoints by their names, such as ``epoch-0002``."""

    def missing_files(self) -> dict[str, list[str]]:
        """Returns the name of each checkpoint that is there, the newest first, with the files that it lacks."""

    def holds(self, folder: Path) -> bool:
        """Returns whether the checkpoint in ``folder`` is there, with all files and the same ``state.json``."""

    def fetch(self, name: str, folder: Path) -> None:
        """Copies a checkpoint's files into a folder that is made.

        Raises:
            UserError, PlatformError, OSError: the files could not be read, or not be written.
        """

    def put(self, held: Path, name: str) -> None:
        """Brings the checkpoint in the folder ``held`` there.

        Raises:
            UserError, PlatformError, OSError: it could not be brought, or not whole.
        """

    def remove(self, name: str) -> None:
        """Removes a checkpoint's files and nothing else, ``state.json`` first.

        Raises:
            UserError, PlatformError, OSError: a file could not be removed; those after it are still there.
        """

    def tidy(self) -> None:
        """Removes what is left there of copies that were cut short, when none is under way.

        Raises:
            UserError, PlatformError, OSError: something could not be removed.
        """


class CheckpointsInS3:
    """Checkpoints below a URI."""

    def __init__(self, uri: S3Uri, store: ObjectStore) -> None:
        self._uri = uri
        self._store = store
        self._start = f"{uri.key.rstrip('/')}/" if uri.key else ""  # how the keys begin

    def missing_files(self) -> dict[str, list[str]]:
        stored = [object.uri for object in self._store.list_prefix(self._below(BEGINNING))]
        return _missing(tuple(self._parts(uri)) for uri in stored)

    def holds(self, folder: Path) -> bool:
        there = self._objects(folder.name)
        if {name: stored.size for name, stored in there.items()} != _sizes(folder):
            return False
        state = self._store.read(there[STATE].uri, there[STATE].etag, most=LARGEST_STATE)
        return state == (folder / STATE).read_bytes()

    def fetch(self, name: str, folder: Path) -> None:
        self._store.download((stored, folder / file) for file, stored in self._objects(name).items())

    def put(self, held: Path, name: str) -> None:
        there = self._objects(name)
        if STATE in there:  # saved anew: where it may not be removed, its checksums tell
            with contextlib.suppress(UserError):
                self._store.remove([there[STATE].uri])
        self._store.upload([(held / file, self._uri.join(name, file)) for file in FILES])
        self._store.upload([(held / STATE, self._uri.join(name, STATE))])  # last: it is whole from now on

    def remove(self, name: str) -> None:
        there = self._objects(name)
        self._store.remove(there[file].uri for file in REMOVED if file in there)

    def tidy(self) -> None:
        """Ends uploads in parts, whose parts cost money as objects do and are in no list of objects."""
        ours = [
            upload for upload in self._store.unfinished_uploads(self._below(BEGINNING)) if self._is_ours(upload.uri)
        ]
        for upload in ours:
            self._store.end_upload(upload)

    def _objects(self, name: str) -> dict[str, StoredObject]:
        """Returns the objects of a checkpoint by the names of their files."""
        uris = {self._uri.join(name, file): file for file in ALL_FILES}
        return {
            uris[found.uri]: found for found in self._store.list_prefix(self._below(f"{name}/")) if found.uri in uris
        }

    def _below(self, end: str) -> S3Uri:
        return S3Uri(self._uri.bucket, f"{self._start}{end}")

    def _parts(self, uri: S3Uri) -> list[str]:
        return uri.key[len(self._start) :].split("/")

    def _is_ours(self, uri: S3Uri) -> bool:
        name, *files = self._parts(uri)
        return point_of(name) is not None and len(files) == 1 and files[0] in ALL_FILES


class CheckpointsInFolder:
    """Checkpoints in a folder of this machine, which need not be there yet."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def missing_files(self) -> dict[str, list[str]]:
        folders = [path for path in self._root.iterdir() if path.is_dir()] if self._root.is_dir() else []
        return _missing((folder.name, file) for folder in folders for file in ("", *_names(folder)))

    def holds(self, folder: Path) -> bool:
        there = self._root / folder.name
        return _sizes(there) == _sizes(folder) and (there / STATE).read_bytes() == (folder / STATE).read_bytes()

    def fetch(self, name: str, folder: Path) -> None:
        folder.mkdir(parents=True)
        for file in ALL_FILES:
            shutil.copyfile(self._root / name / file, folder / file)

    def put(self, held: Path, name: str) -> None:
        self.tidy()
        self._root.mkdir(parents=True, exist_ok=True)
        with beside(self._root / name) as part:
            shutil.copytree(held, part)

    def remove(self, name: str) -> None:
        for file in REMOVED:
            (self._root / name / file).unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # somebody's own file is there
            (self._root / name).rmdir()

    def tidy(self) -> None:
        for cut_short in self._root.glob(f".{BEGINNING}*{PART}"):
            shutil.rmtree(cut_short, ignore_errors=True)


def _missing(found: Iterable[tuple[str, ...]]) -> dict[str, list[str]]:
    """Returns checkpoints and the files that they lack, of the (name, file) of each file that was found."""
    files: dict[str, set[str]] = {}
    for name, *rest in found:
        if rest:
            files.setdefault(name, set()).add("/".join(rest))
    return {name: sorted(set(ALL_FILES) - files[name]) for name in newest_first(files)}


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def _sizes(folder: Path) -> dict[str, int]:
    """Returns the bytes of each file of the checkpoint in a folder; those that are missing are left out."""
    paths = {file: folder / file for file in ALL_FILES}
    return {file: path.stat().st_size for file, path in paths.items() if path.is_file()}
