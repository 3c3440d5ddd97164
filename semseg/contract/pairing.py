"""Which image belongs to which mask, by names alone: the same path below their folders but for the suffix."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png")
MASK_SUFFIXES = (".png",)

# Of the file of an image or a mask. The largest that is decoded has 0.7 GiB: PNG, 16 bits, RGBA, not compressed.
MAX_PICTURE_BYTES = 2**30

# Pictures, too: leaving one out without a word would hide part of somebody's data.
_PICTURE_SUFFIXES = (
    *IMAGE_SUFFIXES,
    *(".tif", ".tiff", ".bmp", ".gif", ".webp", ".jp2", ".heic", ".heif", ".ppm", ".pgm", ".tga", ".avif"),
)


@dataclass(frozen=True)
class Place:
    """A place with the images or the masks of a channel.

    Attributes:
        shown: what an error calls it: a folder or an S3 URI.
        paths: of all files below it, each with ``/`` between its parts.
    """

    shown: str
    paths: Collection[str]


def pair_paths(images: Place, masks: Place, channel: str) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """Returns the pairs of images and masks, and the problems that hinder others from being pairs.

    Hidden files and folders, and files that are no pictures, are left out.

    Args:
        channel: that of the images; that of the masks is the same with ``_annotation``.

    Returns:
        The paths of image and mask by their common name, in the order of the names; and one sentence for each file or
        folder that cannot be used.
    """
    image_paths, image_problems = paths_by_name(images, channel, IMAGE_SUFFIXES)
    mask_paths, mask_problems = paths_by_name(masks, f"{channel}_annotation", MASK_SUFFIXES)
    problems = image_problems + mask_problems
    if image_paths and mask_paths:
        problems += _without_partner(image_paths, mask_paths, channel)
    names = sorted(image_paths.keys() & mask_paths.keys())
    return {name: (image_paths[name], mask_paths[name]) for name in names}, problems


def paths_by_name(place: Place, channel: str, suffixes: tuple[str, ...]) -> tuple[dict[str, str], list[str]]:
    """Returns the pictures of one channel by their names, and one sentence for each file that cannot be used.

    Args:
        suffixes: of the pictures that the channel may have.
    """
    found: dict[str, str] = {}
    problems = []
    for path in sorted(place.paths, key=PurePosixPath):
        name, suffix = name_of(path), PurePosixPath(path).suffix.lower()
        if is_hidden(path):
            continue
        if suffix not in suffixes:
            if suffix in _PICTURE_SUFFIXES:
                written = written_suffixes(suffixes)
                problems.append(f"{channel}/{path} cannot be used: channel {channel} is read from {written} files")
        elif name in found:
            other = PurePosixPath(found[name]).name
            problems.append(f"{channel}/{path} has the same name as {other} but for the suffix: remove one of them")
        else:
            found[name] = path
    if not found:
        written = written_suffixes(suffixes)
        problems.append(f"channel {channel} has no {written} file in {place.shown}: put at least one there")
    return found, problems


def is_picture(path: str) -> bool:
    """Returns whether a file has the suffix of a picture, be it of a format that is read or of another."""
    return PurePosixPath(path).suffix.lower() in _PICTURE_SUFFIXES


def name_of(path: str) -> str:
    """Returns the path without its suffix: the name that an image and its mask have in common."""
    return PurePosixPath(path).with_suffix("").as_posix()


def is_hidden(path: str) -> bool:
    """Returns whether a file or one of its folders has a name that begins with a dot."""
    return any(part.startswith(".") for part in path.split("/"))


def written_suffixes(suffixes: Iterable[str]) -> str:
    """Returns suffixes as sentences have them: ".jpg or .jpeg or .png"."""
    return " or ".join(suffixes)


def _without_partner(images: dict[str, str], masks: dict[str, str], channel: str) -> list[str]:
    maskless = [
        f"{channel}/{images[name]} has no mask: expected {channel}_annotation/{name}.png"
        for name in sorted(images.keys() - masks.keys())
    ]
    imageless = [
        f"{channel}_annotation/{masks[name]} has no image: expected {channel}/{name}.jpg"
        for name in sorted(masks.keys() - images.keys())
    ]
    return maskless + imageless
