"""Reads every file of one half of a job's data once, and finds what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Optional, Protocol, TypeVar

from semseg.data.file_faults import TURNED, FileFault, size_fault, unreadable
from semseg.data.kept_samples import KeptSamples, stamp_of
from semseg.data.labels.channel_colours import ChannelColours
from semseg.data.labels.colour_errors import MaskColoursError
from semseg.data.labels.colour_table import ColourTable
from semseg.data.pictures.facts import ImageFacts, MaskFacts
from semseg.data.pictures.image_files import look_at_image, look_at_mask
from semseg.data.pictures.picture import Picture
from semseg.data.pictures.picture_pixels import SIXTEEN
from semseg.data.pictures.picture_reading import AS_STORED, PictureReading
from semseg.data.samples import FoundSamples
from semseg.errors import ImageError
from semseg.plumbing.ordered_map import ordered_map

Told = TypeVar("Told")
OnProgress = Callable[[int, int], None]
Judge = Callable[[MaskFacts, str], Optional[FileFault]]  # of a mask and its name


class Look(Protocol):
    """Sums up what is seen of the files of a channel."""

    def add(self, names: tuple[str, str], image: ImageFacts | None, mask: MaskFacts | None) -> None:
        """Takes in one sample; None is given for a picture that could not be read."""
        ...


class Facts(Protocol):
    """Where facts come from: reading, or an earlier job's."""

    def image(self, picture: Picture, name: str) -> ImageFacts: ...

    def mask(self, picture: Picture, name: str, colours: ColourTable | None) -> MaskFacts: ...


class Checkable(Protocol):
    """A sample, or a part of one, and the names that an error gives its files."""

    @property
    def image(self) -> Picture | None: ...

    @property
    def mask(self) -> Picture | None: ...

    def shown(self, channel: str) -> tuple[str, str]: ...


@dataclass(frozen=True)
class ReadFacts:
    """Reads each file for its facts.

    Attributes:
        kept: keeps the pixels that are read for them, too; None keeps none.
    """

    reading: PictureReading = AS_STORED
    kept: KeptSamples | None = field(default=None, repr=False)

    def image(self, picture: Picture, name: str) -> ImageFacts:
        """Returns the facts of an image; raises ImageError where it cannot be read."""
        seen = stamp_of(picture)
        pixels, facts = look_at_image(picture, name, self.reading)
        if self.kept is not None and facts.bits != SIXTEEN:  # of which all together say how many bits are used
            self.kept.put_image(picture, seen, pixels, self.reading)
        return facts

    def mask(self, picture: Picture, name: str, colours: ColourTable | None) -> MaskFacts:
        """Returns the facts of a mask; raises ImageError where it cannot be read.

        Args:
            colours: what it is read by; None where not by its colours.
        """
        seen = stamp_of(picture)
        values, facts = look_at_mask(picture, name, colours)
        if self.kept is not None:
            self.kept.put_values(picture, seen, values)
        return facts


@dataclass
class Checked:
    """What the check of one half found in its files.

    Attributes:
        faults: in the order of the samples.
        bad: the numbers of the samples that have a fault.
    """

    faults: list[FileFault] = field(default_factory=list)
    bad: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class FileCheck:
    """The check of the files of one half.

    Args:
        channel: name of the channel of the images.
        facts: where the facts of the files come from.
        look: which sums up what is seen of the samples.
        colours: sums up the masks whose colours have no class.
        workers: threads that read.
        judge_mask: finds a fault in what a mask holds, where samples with a fault are left out; None where the look
            tells of the masks' values for all of them at once.
    """

    channel: str
    facts: Facts
    look: Look
    colours: ChannelColours
    workers: int
    judge_mask: Judge | None = None

    def run(self, found: FoundSamples, progress: OnProgress) -> Checked:
        """Reads all files of the samples, and those apart unless samples with a fault are left out.

        Args:
            progress: called with the number of samples that were read and of all, after each.
        """
        checked = Checked()
        apart: Sequence[Checkable] = () if self.judge_mask is not None else found.apart
        total = len(found.samples) + len(apart)
        everything: Iterable[Checkable] = chain(found.samples, apart)
        for number, seen in enumerate(ordered_map(self.seen, everything, self.workers)):
            if seen.colours is not None:
                self.colours.add(seen.names[1], seen.colours)
            checked.faults += [fault for fault in seen.faults if fault is not seen.colours_fault]
            if seen.faults:
                checked.bad.append(number)
            if not seen.faults or self.judge_mask is None:
                self.look.add(seen.names, seen.image, seen.mask)  # here, and so in the order of the samples
            progress(number + 1, total)
        return checked

    def seen(self, sample: Checkable) -> Seen:
        """Returns what is seen of one sample. May be called from many threads at once."""
        names, masks = sample.shown(self.channel), f"{self.channel}_annotation"
        seen = Seen(names)
        if sample.image is not None:
            seen.image = seen.read(self.facts.image, sample.image, self.channel, names[0])
        if sample.mask is not None:
            read = partial(self.facts.mask, colours=self.colours.label_map.colours)
            seen.mask = seen.read(read, sample.mask, masks, names[1])
        if seen.image is not None and seen.mask is not None:
            seen.add(self._size_fault(names, seen.image, seen.mask))
        if seen.mask is not None and self.judge_mask is not None:
            seen.add(self.judge_mask(seen.mask, names[1]))
        return seen

    def _size_fault(self, names: tuple[str, str], image: ImageFacts, mask: MaskFacts) -> FileFault | None:
        fault = size_fault(self.channel, names, image, mask)
        is_told_by_the_look = fault is not None and fault.cause == TURNED and self.judge_mask is None
        return None if is_told_by_the_look else fault


@dataclass
class Seen:
    """What was seen of one sample; None for a file that is not there or cannot be read.

    Attributes:
        colours: of the mask, where some have no class; they are told for all masks of the channel together.
        colours_fault: the same as one of the faults.
    """

    names: tuple[str, str]
    image: ImageFacts | None = None
    mask: MaskFacts | None = None
    faults: list[FileFault] = field(default_factory=list)
    colours: MaskColoursError | None = None
    colours_fault: FileFault | None = None

    def add(self, fault: FileFault | None) -> None:
        self.faults += [] if fault is None else [fault]

    def read(self, read: Callable[[Picture, str], Told], picture: Picture, channel: str, name: str) -> Told | None:
        try:
            return read(picture, name)
        except ImageError as error:
            fault = unreadable(channel, name, error)
            self.faults.append(fault)
            if isinstance(error, MaskColoursError):
                self.colours, self.colours_fault = error, fault
            return None
