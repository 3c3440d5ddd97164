"""Pairs images and masks, which have the same path below their folders except for the suffix."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from semseg.contract.pairing import IMAGE_SUFFIXES, MASK_SUFFIXES, Place, pair_paths, paths_by_name


class Picture(Protocol):
    """The file of a picture, on disk or elsewhere; a Path is one."""

    @property
    def suffix(self) -> str: ...

    def read_bytes(self) -> bytes: ...


@dataclass(frozen=True)
class Sample:
    """An image with its mask.

    Attributes:
        name: the path of both below their folders, without suffix, with ``/`` between the parts.
    """

    image: Picture
    mask: Picture
    name: str

    def shown(self, channel: str) -> tuple[str, str]:
        """Returns the names of the image and of the mask in an error; ``channel`` is the channel of the images."""
        return f"{channel}/{self.name}{self.image.suffix}", f"{channel}_annotation/{self.name}{self.mask.suffix}"


@dataclass(frozen=True)
class Listing:
    """The files below one folder: the pictures by their paths below it, and the name that an error gives the folder."""

    place: str
    pictures: Mapping[str, Picture]


def pair_samples(images: Path, masks: Path, channel: str) -> tuple[list[Sample], list[str]]:
    """Pairs the files below two folders, at any depth; links to folders are not followed.

    Args:
        images: folder of JPEG or PNG files.
        masks: folder of PNG files.
        channel: name of the channel of the images, for the sentences; the masks' is the same with ``_annotation``.

    Returns:
        As :func:`pair_listed`.
    """
    if images.is_dir() and masks.is_dir():
        return pair_listed(list_folder(images), list_folder(masks), channel)
    places = [(channel, images, IMAGE_SUFFIXES), (f"{channel}_annotation", masks, MASK_SUFFIXES)]
    problems: list[str] = []
    for name, folder, suffixes in places:
        if folder.is_dir():
            problems += paths_by_name(_place(list_folder(folder)), name, suffixes)[1]
        else:
            problems.append(f"channel {name} has no folder: {folder} does not exist")
    return [], problems


def pair_listed(images: Listing, masks: Listing, channel: str) -> tuple[list[Sample], list[str]]:
    """Pairs the pictures of two places by their paths without the suffix.

    Hidden files and folders, and files that are no pictures, are left out.

    Returns:
        The samples sorted by name, and one sentence for each file or folder that cannot be used.
    """
    pairs, problems = pair_paths(_place(images), _place(masks), channel)
    samples = [Sample(images.pictures[image], masks.pictures[mask], name) for name, (image, mask) in pairs.items()]
    return samples, problems


def list_folder(folder: Path) -> Listing:
    """Returns all files below a folder that exists."""
    return Listing(str(folder), {path.relative_to(folder).as_posix(): path for path in _visible_files(folder)})


def _place(listing: Listing) -> Place:
    return Place(listing.place, listing.pictures.keys())


def _visible_files(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(parent, name) for name in files if not name.startswith("."))
