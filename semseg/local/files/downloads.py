"""Objects of S3, kept on this machine: fetched once, and again only where they have changed."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from semseg.aws.object_store import ObjectStore, Progress, StoredObject
from semseg.local.process.progress_bar import in_notebook

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
        """Where an object of this content is kept, once it was fetched."""
        content = json.dumps([stored.uri.bucket, stored.uri.key, stored.etag, stored.size])
        return self.folder / hashlib.sha256(content.encode()).hexdigest()

    def missing(self, objects: Sequence[StoredObject]) -> list[StoredObject]:
        """Those that must be fetched, each once."""
        return [stored for stored in dict.fromkeys(objects) if _size(self.path(stored)) != stored.size]

    def fetch(self, objects: Sequence[StoredObject], progress: Progress | None = None) -> list[Path]:
        """Fetch what is missing, many objects side by side.

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
            fcntl.flock(lock, fcntl.LOCK_SH)
            self._store.download([(stored, self.path(stored)) for stored in self.missing(objects)], progress)
        return [self.path(stored) for stored in objects]

    def _remove_leftovers(self, lock: BinaryIO) -> None:
        """Whoever fetches shares the lock, so that alone with it every half-done file is a dead one."""
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for path in self.folder.iterdir():
                if path.name != LOCK and not KEPT.fullmatch(path.name):
                    path.unlink(missing_ok=True)


@contextmanager
def download_bar(description: str, objects: Sequence[StoredObject]) -> Iterator[Progress]:
    """A bar on terminals and in notebooks for the bytes of these objects; gives what :meth:`Downloads.fetch` calls."""
    from tqdm.auto import tqdm  # a tenth of the time that `import semseg` may take

    only_on_terminals = None  # tqdm's word for it; a notebook's output is no terminal
    with tqdm(
        desc=description,
        total=sum(stored.size for stored in objects),
        unit="B",
        unit_scale=True,
        disable=False if in_notebook() else only_on_terminals,
    ) as bar:

        def tell(moved: int) -> None:
            with bar.get_lock():
                bar.update(moved)

        yield tell


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None
