"""Pairs images and masks, which have the same path below their folders except for the suffix."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png")
MASK_SUFFIXES = (".png",)

# These are pictures too, and are refused: to ignore them silently would hide part of the user's data.
_PICTURE_SUFFIXES = (
    *IMAGE_SUFFIXES,
    *(".tif", ".tiff", ".bmp", ".gif", ".webp", ".jp2", ".heic", ".heif", ".ppm", ".pgm", ".tga", ".avif"),
)


class Picture(Protocol):
    """The file of a picture, on disk or elsewhere; a Path is one."""

    @property
    def name(self) -> str: ...

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
            problems += _by_name(list_folder(folder), name, suffixes)[1]
        else:
            problems.append(f"channel {name} has no folder: {folder} does not exist")
    return [], problems


def pair_listed(images: Listing, masks: Listing, channel: str) -> tuple[list[Sample], list[str]]:
    """Pairs the pictures of two places by their paths without the suffix.

    Hidden files and folders, and files that are no pictures, are left out.

    Returns:
        The samples sorted by name, and one sentence for each file or folder that cannot be used.
    """
    image_files, image_problems = _by_name(images, channel, IMAGE_SUFFIXES)
    mask_files, mask_problems = _by_name(masks, f"{channel}_annotation", MASK_SUFFIXES)
    problems = image_problems + mask_problems
    if image_files and mask_files:
        problems += _without_partner(image_files, mask_files, channel)
    names = sorted(image_files.keys() & mask_files.keys())
    return [Sample(image_files[name], mask_files[name], name) for name in names], problems


def list_folder(folder: Path) -> Listing:
    """Returns all files below a folder that exists."""
    return Listing(str(folder), {path.relative_to(folder).as_posix(): path for path in _visible_files(folder)})


def _by_name(listing: Listing, channel: str, suffixes: tuple[str, ...]) -> tuple[dict[str, Picture], list[str]]:
    files: dict[str, Picture] = {}
    problems = []
    for path, picture in sorted(listing.pictures.items(), key=lambda entry: PurePosixPath(entry[0])):
        shown = f"{channel}/{path}"
        name = PurePosixPath(path).with_suffix("").as_posix()
        if any(part.startswith(".") for part in PurePosixPath(path).parts):
            continue
        if picture.suffix.lower() not in suffixes:
            if picture.suffix.lower() in _PICTURE_SUFFIXES:
                problems.append(f"{shown} cannot be used: channel {channel} is read from {_written(suffixes)} files")
        elif name in files:
            problems.append(f"{shown} has the same name as {files[name].name} but for the suffix: remove one of them")
        else:
            files[name] = picture
    if not files:
        problems.append(
            f"channel {channel} has no {_written(suffixes)} file in {listing.place}: put at least one there"
        )
    return files, problems


def _visible_files(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(parent, name) for name in files if not name.startswith("."))


def _written(suffixes: tuple[str, ...]) -> str:
    return " or ".join(suffixes)


def _without_partner(images: dict[str, Picture], masks: dict[str, Picture], channel: str) -> list[str]:
    maskless = [
        f"{channel}/{name}{images[name].suffix} has no mask: expected {channel}_annotation/{name}.png"
        for name in sorted(images.keys() - masks.keys())
    ]
    imageless = [
        f"{channel}_annotation/{name}{masks[name].suffix} has no image: expected {channel}/{name}.jpg"
        for name in sorted(masks.keys() - images.keys())
    ]
    return maskless + imageless
