"""Where a job's checkpoints are kept beside its own folder: in S3 or in a folder of this machine.

Whoever reads there finds a checkpoint either whole or without its ``state.json``, also where a copy was cut short.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from semseg.archive.checkpoint import FILES, STATE, NotWholeError, newest_first
from semseg.aws.object_store import ObjectStore
from semseg.contract.s3_uri import S3Uri
from semseg.plumbing.whole_file import PART, beside


class CheckpointPlace(Protocol):
    """Checkpoints by their names, such as ``epoch-0002``."""

    def names(self) -> list[str]:
        """Returns the names of all that are there, the newest first; not each need be whole."""

    def fetch(self, name: str, folder: Path) -> None:
        """Copies a checkpoint's files into a folder that is made.

        Raises:
            NotWholeError: a file is missing there.
            UserError, PlatformError, OSError: the files could not be read, or not be written.
        """

    def put(self, held: Path, name: str) -> None:
        """Brings the checkpoint in the folder ``held`` there.

        Raises:
            UserError, PlatformError, OSError: it could not be brought, or not whole.
        """


class CheckpointsInS3:
    """Checkpoints below a URI; nothing there is ever removed."""

    def __init__(self, uri: S3Uri, store: ObjectStore) -> None:
        self._uri = uri
        self._store = store

    def names(self) -> list[str]:
        start = f"{self._uri.key.rstrip('/')}/" if self._uri.key else ""
        keys = [stored.uri.key[len(start) :] for stored in self._store.list_prefix(S3Uri(self._uri.bucket, start))]
        return newest_first({key.split("/", 1)[0] for key in keys if "/" in key})

    def fetch(self, name: str, folder: Path) -> None:
        uris = {self._uri.join(name, file): folder / file for file in (*FILES, STATE)}
        below = S3Uri(self._uri.bucket, f"{self._uri.join(name).key}/")
        wanted = [(stored, uris[stored.uri]) for stored in self._store.list_prefix(below) if stored.uri in uris]
        _check_complete(path.name for _, path in wanted)
        self._store.download(wanted)

    def put(self, held: Path, name: str) -> None:
        self._store.upload([(held / file, self._uri.join(name, file)) for file in FILES])
        self._store.upload([(held / STATE, self._uri.join(name, STATE))])  # last: it is whole from now on


class CheckpointsInFolder:
    """Checkpoints in a folder of this machine, which need not be there yet; none that is whole is ever removed."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self) -> list[str]:
        folders = self._root.iterdir() if self._root.is_dir() else []
        return newest_first(path.name for path in folders if path.is_dir())

    def fetch(self, name: str, folder: Path) -> None:
        _check_complete(path.name for path in (self._root / name).iterdir())
        folder.mkdir(parents=True)
        for file in (*FILES, STATE):
            shutil.copyfile(self._root / name / file, folder / file)

    def put(self, held: Path, name: str) -> None:
        for cut_short in self._root.glob(f".epoch-*{PART}"):
            shutil.rmtree(cut_short, ignore_errors=True)
        self._root.mkdir(parents=True, exist_ok=True)
        with beside(self._root / name) as part:
            shutil.copytree(held, part)


def _check_complete(names: Iterable[str]) -> None:
    missing = sorted({*FILES, STATE} - set(names))
    if missing:
        raise NotWholeError(f"it has no {', '.join(missing)}")
