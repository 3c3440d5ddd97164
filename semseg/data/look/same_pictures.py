"""Finds the same picture twice, by the content of the files: in training and validation, or within a channel."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from semseg.contract.findings import NOTED, WARNED, Finding
from semseg.data.look.counted_files import CountedFiles
from semseg.data.pictures.facts import MaskFacts


@dataclass(frozen=True)
class Seen:
    """A picture that was seen: its name, and a digest of its mask's pixel counts, empty where that was not read."""

    name: str
    mask: bytes


class SamePictures:
    """The pictures of one channel by the digests of their files. It keeps a digest and a name for each.

    Attributes:
        seen: each picture by its digest, the first of equal ones.
        images: how many images there are.
        repeated: images that are there already under another name.
        relabelled: those of them whose mask is another one.
    """

    def __init__(self) -> None:
        self.seen: dict[bytes, Seen] = {}
        self.images = 0
        self.repeated, self.relabelled = CountedFiles(), CountedFiles()

    def add(self, digest: bytes, name: str, mask: MaskFacts | None) -> None:
        """Takes in one image by the digest of its file; None stands for a mask that could not be read."""
        self.images += 1
        seen = Seen(name, _digest(mask))
        first = self.seen.setdefault(digest, seen)
        if first is not seen:
            self.repeated.add(name, f" (as {first.name})")
            if first.mask and seen.mask and first.mask != seen.mask:
                self.relabelled.add(name, f" (as {first.name})")

    def finding(self, channel: str) -> Finding | None:
        """Returns what is said of pictures that are in the channel twice; None where there are none.

        Args:
            channel: name of the channel of the images.
        """
        files, level, cause, there, way_out = self.repeated, NOTED, "same-picture-twice", "there already", ""
        if self.relabelled.count:
            files, level, cause = self.relabelled, WARNED, "same-picture-other-mask"
            there, way_out = "there already with another mask", ": keep the right one"
        if not files.count:
            return None
        are = "is" if files.count == 1 else "are"
        sentence = (
            f"{files.of(self.images, 'image', channel)} {are} {there}, by content, {files.first(channel)}{way_out}"
        )
        return Finding(level, cause, channel, sentence, files.count, files.names)


def in_both(training: SamePictures, validation: SamePictures, channel: str) -> Finding | None:
    """Returns the warning of pictures that are in training and in validation; None where there are none.

    Args:
        channel: name of the channel of the validation images.
    """
    files = CountedFiles()
    for digest, seen in validation.seen.items():
        if digest in training.seen:
            files.add(seen.name, f" (as {training.seen[digest].name})")
    if not files.count:
        return None
    are = "is" if files.count == 1 else "are"
    sentence = (
        f"{files.of(validation.images, 'image', channel)} {are} in the training channel too, by content, "
        f"{files.first(channel)}: scores on pictures that were learnt are too good, so leave them out of one of the two"
    )
    return Finding(WARNED, "same-picture-in-both", channel, sentence, files.count, files.names)


def _digest(mask: MaskFacts | None) -> bytes:
    """Returns a digest of how many pixels of a mask have each value: of equal masks it is equal."""
    if mask is None:
        return b""
    return hashlib.blake2b(mask.counts.tobytes(), digest_size=8).digest()
