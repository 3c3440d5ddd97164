"""The samples of a channel in Pipe mode, read one by one from its FIFOs.

Source of the order of records: the SageMaker developer guide, "Provide Dataset Metadata to Training Jobs with an
Augmented Manifest File": the attributes of one sample follow one another, each a RecordIO record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np

from semseg.contract.bad_samples import FAIL, SKIP
from semseg.contract.findings import Finding
from semseg.contract.recordio import read_stream
from semseg.data.bad_stream import BadSample, faults_of, findings_of, raise_bad
from semseg.data.checks import read_checked
from semseg.data.fifo import Fifo
from semseg.data.labels.label_map import LabelMap
from semseg.data.look.channel_look import ChannelLook
from semseg.data.pictures.picture_reading import AS_STORED
from semseg.data.skipped import left_out
from semseg.data.stream_names import NameOf, StreamNames
from semseg.errors import ChannelError, UserError
from semseg.plumbing.counted import counted


@dataclass(frozen=True)
class StreamedPicture:
    """The bytes of one record, with a name that says where it came from."""

    data: bytes
    name: str
    suffix: str = ""

    def read_bytes(self) -> bytes:
        return self.data


@dataclass(frozen=True)
class StreamedSample:
    """An image and its mask, each from one record."""

    image: StreamedPicture
    mask: StreamedPicture

    def shown(self, channel: str) -> tuple[str, str]:
        """Returns the names of the image and of the mask in an error."""
        return self.image.name, self.mask.name


class Stream:
    """The passes over one half of the data. Each pass can be read once; passes are counted from 0.

    Args:
        folder: where the FIFOs are.
        channels: one channel that alternates between images and masks, or the channel of the images and the channel of
            the masks.
        label_map: raw pixel values to classes.
        num_classes: every class must be less than this.
        raise_if_stopped: called while there is nothing to read; what it raises ends the pass.
        names: of the samples, by channel; where a channel has none, its records are numbered.
        bad_samples: "fail" or "skip": what is done about samples that cannot be used.
        warn: told once of each sample that is left out.

    Attributes:
        look: takes in the samples of the first pass that is read as a whole.
        reading: the rule by which images are read; it is set once, before the first is.
    """

    def __init__(
        self,
        folder: Path,
        channels: Sequence[str],
        label_map: LabelMap,
        num_classes: int,
        raise_if_stopped: Callable[[], None],
        names: Mapping[str, StreamNames] | None = None,
        bad_samples: str = FAIL,
        warn: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        self.folder = folder
        self.channels = channels
        self.label_map = label_map
        self.num_classes = num_classes
        self.raise_if_stopped = raise_if_stopped
        self.names = names or {}
        self.leaves_out = bad_samples == SKIP
        self.passes = 0
        self.look = ChannelLook(channels[0], channels[-1])
        self.reading = AS_STORED
        self._samples: int | None = None
        self._warn = warn
        self._told: set[str] = set()  # the samples that are left out

    @property
    def samples_told(self) -> int | None:
        """Returns how many samples a pass has, where that was told; None where it is not known."""
        names = self.names.get(self.channels[0])
        return None if names is None else names.order.samples

    @property
    def was_read(self) -> bool:
        """Returns whether every sample of a whole pass has been read."""
        return self._samples is not None and self.look.samples >= self._samples

    def one_pass(self) -> Iterator[StreamedSample]:
        """Yields the samples of the next pass, not yet decoded; one at a time is in memory.

        Raises:
            ChannelError: naming the channel, the pass and the record.
        """
        number, self.passes = self.passes, self.passes + 1
        if not self.was_read:  # a job that goes on skips samples of its first pass
            self.look = ChannelLook(self.channels[0], self.channels[-1])
        records = [self._records(channel, number) for channel in self.channels]
        # If one channel alternates, the same iterator gives the image and then the mask.
        images, masks = records[0], records[-1]
        samples = 0
        for image, mask in zip_longest(images, masks):
            if image is None or mask is None:
                raise self._without_partner(number, samples)
            yield StreamedSample(image, mask)
            samples += 1
        if not samples:
            raise ChannelError(f"pass {number} of channel {self.channels[0]} must hold samples, got none")
        self._samples = samples

    def read(self, place: StreamedSample) -> tuple[np.ndarray, np.ndarray]:
        """Decodes and checks one sample. May be called from many threads at once.

        Returns:
            The image, (H, W, 3) uint8 RGB, and the mask, (H, W) uint8 class per pixel, 255 = ignore.

        Raises:
            BadSample: with every problem of this sample.
        """
        channel, look = self.channels[0], None if self.was_read else self.look
        try:
            return read_checked(place, self.label_map, self.num_classes, channel, look, self.reading)
        except ChannelError:
            faults = faults_of(place, channel, self.label_map, self.num_classes, self.reading)
            if not faults:
                raise
            raise BadSample(place.image.name, faults, self) from None

    def name_of(self, place: StreamedSample) -> str:
        """Returns the name of a sample's image; where none was told, which record of which pass it is."""
        return place.image.name

    def judge(self, bad: Sequence[BadSample], total: int) -> None:
        """Ends a job whose samples must all be good, or leaves out too many; else warns of those that are left out.

        Args:
            bad: the bad samples of a pass that has ended, one at least.
            total: of all samples of the pass.

        Raises:
            BadPass: with all that is wrong with them.
        """
        channel = self.channels[0]
        findings = findings_of(bad, channel, total)
        if self.leaves_out:
            findings = left_out(channel, total, [sample.name for sample in bad], findings)
        raise_bad(channel, total, findings)
        self._tell(findings, {sample.name for sample in bad})

    def _tell(self, findings: Sequence[Finding], names: set[str]) -> None:
        """Warns of samples that are left out where they are others than before; those without names once."""
        if not names <= self._told and (self.names or not self._told):
            for finding in findings:
                self._warn(finding.sentence)
        self._told |= names

    def _records(self, channel: str, number: int) -> Iterator[StreamedPicture]:
        record = 0
        name_of = self._name_of(channel, number)
        with closing(Fifo(self.folder / f"{channel}_{number}", self.raise_if_stopped)) as fifo:
            try:
                for data in read_stream(fifo.read):
                    yield StreamedPicture(data, name_of(record) or _numbered(record, number, channel))
                    record += 1
            except UserError as error:
                raise ChannelError(f"{_numbered(record, number, channel)}: {error}") from error

    def _name_of(self, channel: str, number: int) -> NameOf:
        names = self.names.get(channel)
        return (lambda record: None) if names is None else names.of_pass(number)

    def _without_partner(self, number: int, samples: int) -> ChannelError:
        if len(self.channels) == 1:
            return ChannelError(
                f"pass {number} of channel {self.channels[0]} must alternate between images and masks, "
                f"but after {counted(samples, 'sample')} the last image has no mask"
            )
        return ChannelError(
            f"pass {number} of channels {' and '.join(self.channels)} must hold as many masks as images, "
            f"but one of them ends after {counted(samples, 'record')}"
        )


def _numbered(record: int, number: int, channel: str) -> str:
    return f"record {record} of pass {number} of channel {channel}"
