"""Which image belongs to which mask, by names alone: the same path below their folders but for the suffix.

Names are compared by their composed Unicode form (NFC), because a Mac writes "ö" as two characters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from semseg.contract.findings import REFUSED, SHOWN_FILES, Finding, first_names
from semseg.contract.mixed_folder import masks_among_images
from semseg.contract.unpaired import Unpaired

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp")
MASK_SUFFIXES = (".png",)

# Of the file of an image or a mask. The largest that is decoded has 0.7 GiB: PNG, 16 bits, RGBA, not compressed.
MAX_PICTURE_BYTES = 2**30

# Pictures, too: leaving one out without a word would hide part of somebody's data.
_PICTURE_SUFFIXES = (
    *IMAGE_SUFFIXES,
    *(".gif", ".jp2", ".jxl", ".heic", ".heif", ".avif", ".ppm", ".pgm", ".tga", ".jfif", ".jpe"),
    *(".dng", ".nef", ".cr2", ".arw", ".dcm"),
)

# Causes of findings, and what is told of two files of one name.
_TWO_SUFFIXES, _TWO_FORMS = "same-name", "same-name-composed"
_IN_TWO = {
    _TWO_SUFFIXES: "but for the suffix",
    _TWO_FORMS: "in another Unicode form (one of them is composed, NFC, the other decomposed, as a Mac writes it)",
}


@dataclass(frozen=True)
class Place:
    """A place with the images or the masks of a channel.

    Attributes:
        shown: what an error calls it: a folder or an S3 URI.
        paths: of all files below it, each with ``/`` between its parts.
    """

    shown: str
    paths: Collection[str]


@dataclass(frozen=True)
class Pairing:
    """What the names of the files in two places tell. Paths are those of :class:`Place`.

    Attributes:
        pairs: the paths of image and mask by their common name, in the order of the names.
        findings: what hinders other files from being pairs.
        apart: the paths of images and masks that are no pairs but can be checked all the same: of two files that would
            be a pair if their names were right, or of one file and None.
    """

    pairs: dict[str, tuple[str, str]]
    findings: list[Finding]
    apart: list[tuple[str | None, str | None]]


def pair_paths(images: Place, masks: Place, channel: str) -> Pairing:
    """Returns the pairs of images and masks, and what hinders others from being pairs.

    Hidden files and folders, and files that are no pictures, are left out.

    Args:
        channel: that of the images; that of the masks is the same with ``_annotation``.
    """
    image_paths, of_images = paths_by_name(images, channel, IMAGE_SUFFIXES)
    mask_paths, of_masks = paths_by_name(masks, f"{channel}_annotation", MASK_SUFFIXES)
    seen = _pictures(images, IMAGE_SUFFIXES), _pictures(masks, MASK_SUFFIXES)
    mixed = masks_among_images(*seen, channel, (images.shown, masks.shown))
    if mixed is not None:
        return Pairing({}, [mixed], [(path, None) for path in image_paths.values()])
    unpaired = Unpaired(image_paths, mask_paths, channel, masks.shown)
    apart, of_pairs = unpaired.explained()
    names = sorted(image_paths.keys() & mask_paths.keys())
    pairs = {name: (image_paths[name], mask_paths[name]) for name in names}
    return Pairing(pairs, [*of_images, *of_masks, *of_pairs], apart)


def paths_by_name(place: Place, channel: str, suffixes: tuple[str, ...]) -> tuple[dict[str, str], list[Finding]]:
    """Returns the pictures of one channel by their names, and what is wrong with files that cannot be used.

    Args:
        suffixes: of the pictures that the channel may have.
    """
    found: dict[str, str] = {}
    foreign: list[str] = []
    doubles: dict[str, list[tuple[str, str]]] = {_TWO_SUFFIXES: [], _TWO_FORMS: []}
    for path in sorted(place.paths, key=lambda path: path.split("/")):
        suffix = PurePosixPath(path).suffix.lower()
        if is_hidden(path):
            continue
        if suffix not in suffixes:
            foreign += [path] if suffix in _PICTURE_SUFFIXES else []
        elif (name := name_of(path)) in found:
            doubles[_TWO_SUFFIXES if _stem(path) == _stem(found[name]) else _TWO_FORMS].append((path, found[name]))
        else:
            found[name] = path
    findings = [_twice(cause, pairs, channel) for cause, pairs in doubles.items() if pairs]
    if foreign:
        findings.append(_foreign(foreign, channel, suffixes))
    if not found:
        written = written_suffixes(suffixes)
        sentence = f"channel {channel} has no {written} file in {place.shown}: put at least one there"
        findings.append(Finding(REFUSED, "empty-channel", channel, sentence))
    return found, findings


def is_picture(path: str) -> bool:
    """Returns whether a file has the suffix of a picture, be it of a format that is read or of another."""
    return PurePosixPath(path).suffix.lower() in _PICTURE_SUFFIXES


def name_of(path: str) -> str:
    """Returns the path without its suffix, composed (NFC): the name that an image and its mask have in common."""
    return unicodedata.normalize("NFC", _stem(path))


def is_hidden(path: str) -> bool:
    """Returns whether a file or one of its folders has a name that begins with a dot."""
    return any(part.startswith(".") for part in path.split("/"))


def written_suffixes(suffixes: Iterable[str]) -> str:
    """Returns suffixes as sentences have them: ".jpg or .jpeg or .png"."""
    return " or ".join(suffixes)


def _pictures(place: Place, suffixes: tuple[str, ...]) -> list[str]:
    return [path for path in place.paths if path.lower().endswith(suffixes) and not is_hidden(path)]


def _stem(path: str) -> str:
    return PurePosixPath(path).with_suffix("").as_posix()


def _foreign(paths: list[str], channel: str, suffixes: tuple[str, ...]) -> Finding:
    rule = f"channel {channel} is read from {written_suffixes(suffixes)} files"
    sentence = f"{channel}/{paths[0]} cannot be used: {rule}"
    if len(paths) > 1:
        sentence = (
            f"{len(paths)} files of channel {channel} cannot be used, first {first_names(paths, len(paths))}: {rule}"
        )
    return _finding("foreign-suffix", paths, channel, sentence)


def _twice(cause: str, pairs: list[tuple[str, str]], channel: str) -> Finding:
    """Returns the finding of files that have the name of another; each is given with the other."""
    path, other = pairs[0]
    same = f"the same name as {PurePosixPath(other).name} {_IN_TWO[cause]}"
    sentence = f"{channel}/{path} has {same}: remove one of them"
    paths = [path for path, _ in pairs]
    if len(pairs) > 1:
        sentence = (
            f"{len(pairs)} files of channel {channel} have the same name as another {_IN_TWO[cause]}, first "
            f"{first_names(paths, len(paths))} ({PurePosixPath(path).name} has {same}): remove one of each two"
        )
    return _finding(cause, paths, channel, sentence)


def _finding(cause: str, paths: list[str], channel: str, sentence: str) -> Finding:
    names = tuple(f"{channel}/{path}" for path in paths[:SHOWN_FILES])
    return Finding(REFUSED, cause, channel, sentence, len(paths), names)
