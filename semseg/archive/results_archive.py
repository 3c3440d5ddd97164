"""``output.tar.gz``: the files of a job's ``output/data``, which whoever unpacks them does not trust."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from semseg.archive.archive_stream import opened
from semseg.errors import PlatformError
from semseg.plumbing.disk_space import no_room

RESULTS_ARCHIVE = "output.tar.gz"
SUFFIXES = (".json", ".csv", ".png", ".html")  # of the files that are taken
MOST_FILES = 1000  # entries of an archive
MOST_BYTES = 2**30  # of all files together


def unpack_results(archive: Path, folder: Path) -> None:
    """Unpacks the files that lie directly in an archive and have one of SUFFIXES into a folder; others are left out.

    Raises:
        PlatformError: it is no whole .tar.gz file, or holds too much.
    """
    try:
        with opened(archive) as stream, tarfile.open(fileobj=stream, mode="r:") as tar:
            for name, entry in _files(tar, archive):
                source = tar.extractfile(entry)
                if source is not None:
                    with source, (folder / name).open("wb") as file:
                        shutil.copyfileobj(source, file)
    except (OSError, EOFError, ValueError, tarfile.TarError, gzip.BadGzipFile, zlib.error) as error:
        why = no_room(error, folder)
        raise PlatformError(why or f"{archive} must be a whole .tar.gz file, but it cannot be read: {error}") from error


def _files(tar: tarfile.TarFile, archive: Path) -> Iterator[tuple[str, tarfile.TarInfo]]:
    """Yields the files that are taken, each with its name."""
    total = 0
    for count, entry in enumerate(tar, start=1):
        total += entry.size
        if count > MOST_FILES or total > MOST_BYTES:
            raise PlatformError(
                f"{archive} must hold at most {MOST_FILES} entries of {MOST_BYTES} bytes together, got {count} of "
                f"{total} bytes"
            )
        name = entry.name.removeprefix("./")
        if entry.isreg() and "/" not in name and name.endswith(SUFFIXES) and not name.startswith("."):
            yield name, entry
