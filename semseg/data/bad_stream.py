"""Samples of a stream that cannot be used: each is noted as it comes, and all of a pass are told at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from semseg.contract.findings import Finding
from semseg.contract.problems import raise_refused
from semseg.data.checks import value_problems
from semseg.data.file_check import Checkable, FileCheck, ReadFacts
from semseg.data.file_faults import FileFault, folded
from semseg.data.labels.channel_colours import ChannelColours
from semseg.data.labels.label_map import LabelMap
from semseg.data.pictures.facts import ImageFacts, MaskFacts
from semseg.data.pictures.picture_reading import PictureReading
from semseg.errors import ChannelError

FEW = 4  # values of a mask that are no classes


class Source(Protocol):
    """Where bad samples come from.

    Attributes:
        leaves_out: whether the others are used without them.
    """

    @property
    def leaves_out(self) -> bool: ...

    def raise_if_stopped(self) -> None:
        """Raises an exception where the job is to end."""
        ...

    def judge(self, bad: Sequence[BadSample], total: int) -> None:
        """Takes in all bad samples of a pass that has ended.

        Args:
            bad: in the order of the pass, one at least.
            total: of all samples of the pass.

        Raises:
            BadPass: they are not left out, or too many.
        """
        ...


class BadSample(ChannelError):
    """A sample of a stream cannot be used.

    Attributes:
        name: of its image.
        faults: what is wrong with it.
        source: where it came from.
    """

    def __init__(self, name: str, faults: Sequence[FileFault], source: Source) -> None:
        super().__init__("; ".join(fault.alone for fault in faults))
        self.name = name
        self.faults = faults
        self.source = source


class BadPass(ChannelError):
    """A pass has samples that cannot be used.

    Attributes:
        channel: name of the channel of the images.
        total: of all samples of the pass.
        findings: what is wrong.
    """

    def __init__(self, message: str, channel: str, total: int, findings: Sequence[Finding]) -> None:
        super().__init__(message)
        self.channel = channel
        self.total = total
        self.findings = findings


def findings_of(bad: Sequence[BadSample], channel: str, total: int) -> list[Finding]:
    """Returns what is wrong with bad samples of a pass, each cause once.

    Args:
        channel: name of the channel of the images.
        total: of all samples of the pass.
    """
    faults = [fault for sample in bad for fault in sample.faults]
    return folded(faults, {channel: total, f"{channel}_annotation": total})


def raise_bad(channel: str, total: int, findings: Sequence[Finding]) -> None:
    """Raises BadPass with the findings that refuse a job; does nothing where none does."""
    try:
        raise_refused(findings)
    except ChannelError as error:
        raise BadPass(str(error), channel, total, findings) from None


def faults_of(
    sample: Checkable, channel: str, label_map: LabelMap, num_classes: int, reading: PictureReading
) -> list[FileFault]:
    """Returns what is wrong with one sample.

    Args:
        channel: name of the channel of the images.
    """
    masks = f"{channel}_annotation"

    def judge(facts: MaskFacts, name: str) -> FileFault | None:
        for problem in value_problems(facts, label_map, num_classes, name):
            fault, _, way_out = problem.removeprefix(f"{name} ").rpartition(": ")
            # masks with the same few values are told together, and so are those with many, such as smoothed ones
            values = np.flatnonzero((facts.counts > 0) & ~label_map.allowed(num_classes)).tolist()
            cause = f"value: {values if len(values) <= FEW else 'many'}"
            return FileFault(masks, name, cause, problem, "cannot be used", fault, way_out)
        return None

    colours = ChannelColours(masks, label_map, num_classes)
    return FileCheck(channel, ReadFacts(reading), _Unseen(), colours, workers=0, judge_mask=judge).seen(sample).faults


class _Unseen:
    """Sums up nothing: a stream is looked at while it trains."""

    def add(self, names: tuple[str, str], image: ImageFacts | None, mask: MaskFacts | None) -> None:
        """Takes in nothing."""
