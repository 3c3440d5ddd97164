"""Pictures of 16 bits that use only the low ones: what cameras of 10, 12 and 14 bits give. One rule for a whole job."""

from __future__ import annotations

from collections.abc import Iterator

from semseg.contract.findings import WARNED, Finding
from semseg.data.look.counted_files import CountedFiles
from semseg.data.pictures.facts import ImageFacts

BITS = (8, 10, 12, 14, 16)  # that the samples of a picture of 16 bits may use
_DARK = 4  # bits below the rule: a picture that uses no more is read as 0 to 15 of 255
_FEW_DARK = 0.1  # of the pictures, that may be that dark without a word


class SampleBits:
    """How many bits the 16-bit pictures of one channel use.

    Attributes:
        images: how many images there are.
        using: the 16-bit ones by the fewest of 8, 10, 12, 14 and 16 bits that hold their highest sample.
        highest: the highest sample of all of them.
    """

    def __init__(self) -> None:
        self.images = 0
        self.highest = 0
        self.using = {bits: CountedFiles() for bits in BITS}

    def add(self, image: ImageFacts, name: str) -> None:
        """Counts one image."""
        self.images += 1
        if image.bits > 8:
            self.highest = max(self.highest, image.highest)
            self.using[bits_for(image.highest)].add(name)

    @property
    def count(self) -> int:
        """Returns how many pictures have 16 bits."""
        return sum(files.count for files in self.using.values())

    def findings(self, channel: str, bits: int) -> Iterator[Finding]:
        """Yields what is said of them.

        Args:
            channel: name of the channel of the images.
            bits: those by which the job reads its 16-bit pictures.
        """
        if not self.count:
            return
        if bits < BITS[-1]:
            yield self._low(channel, bits)
        dark = CountedFiles.together(files for used, files in self.using.items() if used <= bits - _DARK)
        if dark.count > _FEW_DARK * self.count:
            yield self._dark(dark, channel, bits)
        if self.count < self.images:
            yield self._mixed(channel, bits)

    def _low(self, channel: str, bits: int) -> Finding:
        highest = 2**bits - 1
        held = CountedFiles.together(files for used, files in self.using.items() if used <= bits)
        over = self.count - held.count
        sentence = (
            f"{held.of(self.count, '16-bit picture', channel)} hold no value above {highest}: "
            f"with sample_bits {bits} 0..{highest} is read as 0..255, in training and by the model's endpoints alike"
        )
        sentence += f"; in {over} more the values above are read as 255" if over else ""
        return Finding(WARNED, "sample-bits", channel, sentence, held.count, held.names)

    def _dark(self, dark: CountedFiles, channel: str, bits: int) -> Finding:
        limit = 2 ** (bits - _DARK) - 1
        others, way_out = f", while others go up to {self.highest}", "bring all to the same range, or set sample_bits"
        if dark.count == self.count:
            others, way_out = "", f"set sample_bits to {bits_for(self.highest)}"
        sentence = (
            f"{dark.of(self.count, '16-bit picture', channel)} hold no value above {limit}{others}, "
            f"{dark.first(channel)}: read with sample_bits {bits} they are nearly black, 0 to 15 of 255: {way_out}"
        )
        return Finding(WARNED, "dark-pictures", channel, sentence, dark.count, dark.names)

    def _mixed(self, channel: str, bits: int) -> Finding:
        deep = CountedFiles.together(self.using.values())
        sentence = (
            f"{deep.of(self.images, 'image', channel)} have 16 bits and the others 8, {deep.first(channel)}: "
            f"of 16 bits 0..{2**bits - 1} is read as 0..255: see that both kinds are equally bright, or save all with 8"
        )
        return Finding(WARNED, "mixed-bits", channel, sentence, deep.count, deep.names)


def bits_for(highest: int) -> int:
    """Returns the fewest of 8, 10, 12, 14 and 16 bits that hold a sample of 0 to 65535."""
    return next(bits for bits in BITS if highest < 2**bits)


def bits_together(*channels: SampleBits) -> int:
    """Returns the bits by which a job reads its 16-bit pictures if nothing else is said: the fewest that hold the
    highest sample of all its channels; 16 where there are none, or only black ones.
    """
    highest = max(channel.highest for channel in channels)
    return bits_for(highest) if highest else BITS[-1]
