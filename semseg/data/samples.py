"""Which image belongs to which mask: the same path below their folders but for the suffix."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png")
MASK_SUFFIXES = (".png",)

# Pictures, too: leaving one out without a word would hide part of somebody's data.
_PICTURE_SUFFIXES = (
    *IMAGE_SUFFIXES,
    *(".tif", ".tiff", ".bmp", ".gif", ".webp", ".jp2", ".heic", ".heif", ".ppm", ".pgm", ".tga", ".avif"),
)


@dataclass(frozen=True)
class Sample:
    """An image with its mask.

    Attributes:
        name: the path of both below their folders, without suffix, with ``/`` between the parts.
    """

    image: Path
    mask: Path
    name: str


def pair_samples(images: Path, masks: Path, channel: str) -> tuple[list[Sample], list[str]]:
    """Pair the files below two folders, at any depth; links to folders are not followed.

    Hidden files and folders, and files that are no pictures, are left out.

    Args:
        images: folder of JPEG or PNG files.
        masks: folder of PNG files.
        channel: name of the channel of the images, for the sentences; the masks' is the same with ``_annotation``.

    Returns:
        The samples sorted by name, and one sentence for each file or folder that cannot be used.
    """
    image_files, image_problems = _files_by_name(images, channel, IMAGE_SUFFIXES)
    mask_files, mask_problems = _files_by_name(masks, f"{channel}_annotation", MASK_SUFFIXES)
    problems = image_problems + mask_problems
    if image_files and mask_files:
        problems += _without_partner(image_files, mask_files, channel)
    names = sorted(image_files.keys() & mask_files.keys())
    return [Sample(image_files[name], mask_files[name], name) for name in names], problems


def _files_by_name(folder: Path, channel: str, suffixes: tuple[str, ...]) -> tuple[dict[str, Path], list[str]]:
    if not folder.is_dir():
        return {}, [f"channel {channel} has no folder: {folder} does not exist"]
    files: dict[str, Path] = {}
    problems = []
    for path in sorted(_visible_files(folder)):
        shown = f"{channel}/{path.relative_to(folder).as_posix()}"
        name = path.relative_to(folder).with_suffix("").as_posix()
        if path.suffix.lower() not in suffixes:
            if path.suffix.lower() in _PICTURE_SUFFIXES:
                problems.append(f"{shown} cannot be used: channel {channel} is read from {_written(suffixes)} files")
        elif name in files:
            problems.append(f"{shown} has the same name as {files[name].name} but for the suffix: remove one of them")
        else:
            files[name] = path
    if not files:
        problems.append(f"channel {channel} has no {_written(suffixes)} file in {folder}: put at least one there")
    return files, problems


def _visible_files(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(parent, name) for name in files if not name.startswith("."))


def _written(suffixes: tuple[str, ...]) -> str:
    return " or ".join(suffixes)


def _without_partner(images: dict[str, Path], masks: dict[str, Path], channel: str) -> list[str]:
    maskless = [
        f"{channel}/{name}{images[name].suffix} has no mask: expected {channel}_annotation/{name}.png"
        for name in sorted(images.keys() - masks.keys())
    ]
    imageless = [
        f"{channel}_annotation/{name}{masks[name].suffix} has no image: expected {channel}/{name}.jpg"
        for name in sorted(masks.keys() - images.keys())
    ]
    return maskless + imageless
