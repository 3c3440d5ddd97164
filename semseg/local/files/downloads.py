"""Objects of S3, kept on this machine: fetched once, and again only where they have changed."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from semseg.aws.object_store import ObjectStore, Progress, StoredObject
from semseg.local.process.file_lock import lock_file

LOCK = "lock"
KEPT = re.compile(r"[0-9a-f]{64}")


class Downloads:
    """A folder with one file for each content of each object; many processes may use it at once.

    A file has its name only once it is whole. What a process that was killed left half-done is removed by the next one
    that fetches while no other does.

    Args:
        folder: made where it is not there.
        store: S3.
    """

    def __init__(self, folder: Path, store: ObjectStore) -> None:
        self.folder = folder
        self._store = store

    def path(self, stored: StoredObject) -> Path:
        """Returns where an object of this content is kept, once it was fetched."""
        content = json.dumps([stored.uri.bucket, stored.uri.key, stored.etag, stored.size])
        return self.folder / hashlib.sha256(content.encode()).hexdigest()

    def missing(self, objects: Sequence[StoredObject]) -> list[StoredObject]:
        """Returns those that must be fetched, each once."""
        return [stored for stored in dict.fromkeys(objects) if _size(self.path(stored)) != stored.size]

    def fetch(self, objects: Sequence[StoredObject], progress: Progress | None = None) -> list[Path]:
        """Fetches what is missing, many objects side by side.

        Args:
            progress: called with the bytes that have arrived since its last call, from any thread.

        Returns:
            A file for each object, in their order; to be read or linked, not to be changed.

        Raises:
            UserError: an object is not there, has changed since it was listed, or may not be read.
            PlatformError: S3 did not deliver it after all attempts; what has arrived whole is kept.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / LOCK).open("ab") as lock:
            self._remove_leftovers(lock)
            lock_file(lock, shared=True)
            self._store.download([(stored, self.path(stored)) for stored in self.missing(objects)], progress)
        return [self.path(stored) for stored in objects]

    def _remove_leftovers(self, lock: BinaryIO) -> None:
        """Removes half-done files, if nobody else fetches: whoever fetches shares the lock."""
        with contextlib.suppress(BlockingIOError):
            lock_file(lock, wait=False)
            for path in self.folder.iterdir():
                if path.name != LOCK and not KEPT.fullmatch(path.name):
                    path.unlink(missing_ok=True)


@contextlib.contextmanager
def undisturbed(folder: Path) -> Iterator[bool]:
    """Yields whether nobody fetches into a folder of downloads; if so, nobody does for as long as the block lasts."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / LOCK).open("ab") as lock:
        try:
            lock_file(lock, wait=False)
        except BlockingIOError:
            yield False
            return
        yield True


def kept_files(folder: Path) -> list[Path]:
    """Returns the files of a folder of downloads, without what is half-done."""
    return sorted(path for path in folder.glob("*") if KEPT.fullmatch(path.name))


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None
