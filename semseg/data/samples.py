"""Pairs images and masks, which have the same path below their folders except for the suffix."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from semseg.contract.findings import REFUSED, Finding
from semseg.contract.pairing import Place, pair_paths
from semseg.data.pictures.picture import Picture


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
class Apart:
    """An image and a mask that are no sample, because of their names, or one of both; they are checked all the same.

    Attributes:
        names: that an error gives them.
    """

    image: Picture | None
    mask: Picture | None
    names: tuple[str, str]

    def shown(self, channel: str) -> tuple[str, str]:
        """Returns the names of the image and of the mask in an error; "" for one that is not there."""
        return self.names

    @property
    def shown_name(self) -> str:
        """Returns the name of the file, of the image where both are there."""
        return self.names[0 if self.image is not None else 1]


@dataclass(frozen=True)
class Listing:
    """The files below one folder: the pictures by their paths below it, and the name that an error gives the folder."""

    place: str
    pictures: Mapping[str, Picture]


@dataclass(frozen=True)
class FoundSamples:
    """What two places hold.

    Attributes:
        samples: sorted by name.
        findings: what is wrong with the places, or with the names in them.
        apart: the files that are no samples because of that.
    """

    samples: Sequence[Sample]
    findings: Sequence[Finding] = ()
    apart: Sequence[Apart] = ()


NOTHING = FoundSamples(())


def find_samples(images: Path, masks: Path, channel: str) -> FoundSamples:
    """Pairs the files below two folders, at any depth; links to folders are not followed.

    A folder that does not exist is one of the findings.

    Args:
        images: folder of the images.
        masks: folder of the masks.
        channel: name of the channel of the images, for the sentences; the masks' is the same with ``_annotation``.
    """
    places = {channel: images, f"{channel}_annotation": masks}
    missing = [_missing(name, folder) for name, folder in places.items() if not folder.is_dir()]
    found = pair_listed(list_folder(images), list_folder(masks), channel)
    if not missing:
        return found
    here = [finding for finding in found.findings if places[finding.channel].is_dir()]
    return FoundSamples(found.samples, [*missing, *here], found.apart)


def pair_samples(images: Path, masks: Path, channel: str) -> tuple[list[Sample], list[Finding]]:
    """Returns the samples and the findings of :func:`find_samples`."""
    found = find_samples(images, masks, channel)
    return list(found.samples), list(found.findings)


def pair_listed(images: Listing, masks: Listing, channel: str) -> FoundSamples:
    """Pairs the pictures of two places by their paths without the suffix.

    Hidden files and folders, and files that are no pictures, are left out.
    """
    pairing = pair_paths(_place(images), _place(masks), channel)
    samples = [
        Sample(images.pictures[image], masks.pictures[mask], name) for name, (image, mask) in pairing.pairs.items()
    ]
    apart = [
        Apart(
            None if image is None else images.pictures[image],
            None if mask is None else masks.pictures[mask],
            (f"{channel}/{image or ''}", f"{channel}_annotation/{mask or ''}"),
        )
        for image, mask in pairing.apart
    ]
    return FoundSamples(samples, pairing.findings, apart)


def list_folder(folder: Path) -> Listing:
    """Returns all files below a folder; none where it does not exist. Links to it are resolved in its name."""
    return Listing(os.path.realpath(folder), dict(_visible_files(folder)))


def _missing(channel: str, folder: Path) -> Finding:
    sentence = f"channel {channel} has no folder: {folder} does not exist"
    return Finding(REFUSED, "no-folder", channel, sentence)


def _place(listing: Listing) -> Place:
    return Place(listing.place, listing.pictures.keys())


def _visible_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yields the files below a folder, each with its path below it."""
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        below = "" if parent == str(folder) else f"{Path(parent).relative_to(folder).as_posix()}/"
        yield from ((f"{below}{name}", Path(parent, name)) for name in files if not name.startswith("."))
