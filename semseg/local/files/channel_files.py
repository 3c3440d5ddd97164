"""The files of a channel, on this machine or in S3, under their names below the channel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Union

from semseg.aws.object_store import ObjectStore, StoredObject
from semseg.contract.pairing import MAX_PICTURE_BYTES, is_hidden
from semseg.contract.s3_uri import S3Uri
from semseg.errors import ChannelError
from semseg.plumbing.regular_file import REGULAR, kind_of, read_regular
from semseg.plumbing.second_name import link_or_copy

Content = Union[Path, S3Uri]


@dataclass(frozen=True)
class StoredFile:
    """An object of S3 and its path below the channel, ``/`` between the parts."""

    name: str
    stored: StoredObject


def stored_files(uri: S3Uri, objects: Sequence[StoredObject], noun: str) -> list[StoredFile]:
    """Returns the objects of a channel at ``uri`` under the names that they get as files; keys are not trusted.

    Raises:
        ChannelError: a key cannot be a path, or one object's path would be another's folder.
    """
    files = [StoredFile(stored.uri.relative_to(uri).as_posix(), stored) for stored in objects]
    folders = {str(folder) for file in files for folder in PurePosixPath(file.name).parents}
    for file in files:
        if file.name in folders:
            raise ChannelError(f"{noun} must not have an object that is also a folder, got {file.stored.uri}")
    return files


def link(source: Path, target: Path) -> None:
    """Gives a file a second name in a folder that is made, or makes a copy where that cannot be."""
    target.parent.mkdir(parents=True, exist_ok=True)
    link_or_copy(source, target)


def visible_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yields the files below a folder but those that are hidden or in a hidden folder, each with its name below it.

    Raises:
        ChannelError: one of them is a FIFO, a socket or a device.
    """
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not is_hidden(name) and path.exists() and not path.is_dir():
            kind = kind_of(path.stat().st_mode)
            if kind != REGULAR:
                raise ChannelError(f"{path} must be a regular file or a link to one, got {kind}: remove it")
            yield name, path


def read_picture(path: Path) -> bytes:
    """Returns the bytes of the file of a picture, whole.

    Raises:
        ChannelError: it cannot be read, is no regular file, or has more than MAX_PICTURE_BYTES bytes.
    """
    try:
        return read_regular(path, MAX_PICTURE_BYTES)
    except OSError as error:
        raise ChannelError(f"{path} cannot be read: {error.strerror}") from error


def read_content(content: Content, store: ObjectStore | None) -> bytes:
    """Returns the bytes of a file, or of an object in ``store``, whole."""
    if isinstance(content, Path):
        return read_picture(content)
    if store is None:
        raise AssertionError(f"{content} is in S3, which nobody was connected to")
    return store.read(content, most=MAX_PICTURE_BYTES)
