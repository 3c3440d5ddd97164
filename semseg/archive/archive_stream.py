"""Archives that nobody trusts, opened so that reading them takes a bounded memory."""

from __future__ import annotations

import gzip
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from semseg.plumbing.regular_file import open_regular

MAX_READ = 2**20  # bytes; tarfile asks for more at once only where an entry's extra header claims to be larger


class ArchiveStream(gzip.GzipFile):
    """A gzip file that refuses to read more than MAX_READ bytes at once, because tarfile reads an extra header of any
    size in one call.
    """

    def read(self, size: int | None = -1) -> bytes:
        """Returns at most ``size`` bytes; raises ReadError if that is more than MAX_READ."""
        if size is not None and size > MAX_READ:
            raise tarfile.ReadError(f"an entry has a header of {size} bytes")
        return super().read(size)


@contextmanager
def opened(archive: Path) -> Iterator[ArchiveStream]:
    """Yields what a .tar.gz file holds once it is unzipped.

    Raises:
        OSError: it is no regular file, or cannot be read.
    """
    with open_regular(archive) as file, ArchiveStream(fileobj=file, mode="rb") as stream:
        yield stream
