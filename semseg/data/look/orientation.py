"""Pictures with an EXIF orientation: viewers turn them, so that masks may have been painted on turned pictures."""

from __future__ import annotations

from collections.abc import Iterator

from semseg.contract.findings import NOTED, REFUSED, WARNED, Finding
from semseg.data.look.counted_files import CountedFiles
from semseg.data.pictures.facts import ImageFacts, MaskFacts
from semseg.plumbing.counted import counted, listed

UPRIGHT = 1  # the EXIF orientation of pictures that are shown as they are stored
SIDEWAYS = (5, 6, 7, 8)  # those by which width and height change places


class Orientations:
    """The EXIF orientations in one channel, and what the sizes of its masks say about them.

    Attributes:
        images: how many images there are.
        count_of: how many of them carry each orientation other than 1.
        agreeing: the images of which the sizes show that the mask is of the picture as it is read.
        turned: those of which the sizes show that the mask is of the picture otherwise turned.
        unclear: those of which the sizes can show nothing: squares, and pictures that stand on their heads or are
            mirrored.
    """

    def __init__(self) -> None:
        self.images = 0
        self.count_of: dict[int, int] = {}
        self.agreeing, self.turned, self.unclear = CountedFiles(), CountedFiles(), CountedFiles()

    def add(self, image: ImageFacts, mask: MaskFacts | None, name: str) -> None:
        """Counts one image; None stands for a mask that could not be read."""
        self.images += 1
        if image.orientation == UPRIGHT:
            return
        self.count_of[image.orientation] = self.count_of.get(image.orientation, 0) + 1
        if mask is not None:
            self._compare(image, mask, name)

    def _compare(self, image: ImageFacts, mask: MaskFacts, name: str) -> None:
        size, of_mask = (image.width, image.height), (mask.width, mask.height)
        is_told = image.orientation in SIDEWAYS and image.width != image.height
        if size == of_mask:
            (self.agreeing if is_told else self.unclear).add(name)
        elif is_told and size == of_mask[::-1]:
            self.turned.add(name)

    def findings(self, channel: str, is_turned: bool) -> Iterator[Finding]:
        """Yields what is said of them.

        Args:
            channel: name of the channel of the images.
            is_turned: whether pictures are read turned as their orientation says, instead of as they are stored.
        """
        if self.turned.count:
            yield self._refused(channel, is_turned)
        elif self.unclear.count and not is_turned and not self.agreeing.count:
            yield self._unclear(channel)
        elif self.count_of:
            count = sum(self.count_of.values())
            agree = ", which the sizes of their masks agree with" if self.agreeing.count else ""
            sentence = f"{self._carry(count, channel)} and are read {_read(is_turned)}{agree}"
            yield Finding(NOTED, "exif-orientation", channel, sentence, count)

    def _refused(self, channel: str, is_turned: bool) -> Finding:
        files = self.turned
        way_out = "turn the image files, or set exif_orientation to apply"
        without = "turned by it they would have the size of their masks"
        if is_turned:
            without, way_out = "as stored they would have the size of their masks", "set exif_orientation to ignore"
        sentence = (
            f"{self._carry(files.count, channel)}, {files.first(channel)}: they are read "
            f"{_read(is_turned)}, and {without}, so do not scale these: {way_out}"
        )
        return Finding(REFUSED, "exif-orientation", channel, sentence, files.count, files.names)

    def _unclear(self, channel: str) -> Finding:
        files = self.unclear
        sentence = (
            f"{self._carry(files.count, channel)}, {files.first(channel)}, and sizes do not "
            "tell whether their masks were painted on pictures that a viewer had turned: they are read as stored; "
            "if they do not fit their masks so, turn the image files, or set exif_orientation to apply"
        )
        return Finding(WARNED, "exif-orientation", channel, sentence, files.count, files.names)

    def _carry(self, count: int, channel: str) -> str:
        which = listed(sorted(self.count_of), len(SIDEWAYS) + len(SIDEWAYS))
        carry = "carries" if count == 1 else "carry"
        return f"{count} of {counted(self.images, 'image')} of channel {channel} {carry} EXIF orientation {which}"


def _read(is_turned: bool) -> str:
    return "turned by it" if is_turned else "as stored"
