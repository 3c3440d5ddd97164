"""What is wrong with single files, and how it is told of all files with the same fault in one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from semseg.contract.findings import REFUSED, SHOWN_FILES, Finding, first_names
from semseg.data.look.orientation import SIDEWAYS
from semseg.data.pictures.facts import ImageFacts, MaskFacts
from semseg.errors import ImageError

_UNUSABLE = "unusable"  # the cause of errors that tell no other
TURNED = "exif-orientation"  # the cause of sizes that are those of a picture that lies on its side


@dataclass(frozen=True)
class FileFault:
    """Something that is wrong with one file.

    Attributes:
        channel: of the file.
        name: of the file, with its channel before it.
        cause: as of a :class:`Finding`; what has the same cause and channel is told together.
        alone: the sentence where it is the only one.
        told: what is told of several, as words after "3 masks": "cannot be used".
        fault: what is wrong with this one, as words after its name.
        way_out: what to do about it.
    """

    channel: str
    name: str
    cause: str
    alone: str
    told: str
    fault: str
    way_out: str


def unreadable(channel: str, name: str, error: ImageError) -> FileFault:
    """Returns the fault of a file that cannot be read as what it should be."""
    if error.fault:
        fault, way_out = error.fault, error.way_out
    else:
        fault, _, way_out = str(error).removeprefix(f"{name} ").rpartition(": ")
    cause = error.cause if error.fault else f"{_UNUSABLE}: {fault}"
    return FileFault(channel, name, cause, str(error), "cannot be used", fault, way_out)


def size_fault(channel: str, names: tuple[str, str], image: ImageFacts, mask: MaskFacts) -> FileFault | None:
    """Returns the fault of a mask that has another size than its image; None where both are alike.

    Args:
        channel: that of the images.
        names: of the image and of the mask.
    """
    size, of_mask = (image.width, image.height), (mask.width, mask.height)
    if size == of_mask:
        return None
    cause, way_out = "size", "make them the same size"
    if image.orientation in SIDEWAYS and size == of_mask[::-1]:
        cause, way_out = TURNED, f"the image carries EXIF orientation {image.orientation}, see exif_orientation"
    fault = f"is {_written(of_mask)} pixels but its image {names[0]} is {_written(size)}"
    alone, told = f"{names[1]} {fault}: {way_out}", "have another size than their images"
    return FileFault(f"{channel}_annotation", names[1], cause, alone, told, fault, way_out)


def folded(faults: Sequence[FileFault], files: Mapping[str, int], level: str = REFUSED) -> list[Finding]:
    """Returns a finding for each channel and cause, in the order of their first files.

    Args:
        faults: in the order of the samples.
        files: the number of files of each channel.
        level: of the findings.
    """
    groups: dict[tuple[str, str], list[FileFault]] = {}
    for fault in faults:
        groups.setdefault((fault.channel, fault.cause), []).append(fault)
    return [_told(group, files[channel], level) for (channel, _), group in groups.items()]


def _told(faults: Sequence[FileFault], files: int, level: str) -> Finding:
    first = faults[0]
    sentence = first.alone
    if len(faults) > 1:
        noun = "masks" if first.channel.endswith("_annotation") else "images"
        names = first_names([_below(fault) for fault in faults[:SHOWN_FILES]], len(faults))
        subject = "each" if all(fault.fault == first.fault for fault in faults) else "the first"
        sentence = (
            f"{len(faults)} of {files} {noun} of channel {first.channel} {first.told}, first {names}: "
            f"{subject} {first.fault}: {first.way_out}"
        )
    names_of_first = tuple(fault.name for fault in faults[:SHOWN_FILES])
    return Finding(level, first.cause.partition(":")[0], first.channel, sentence, len(faults), names_of_first)


def _written(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"


def _below(fault: FileFault) -> str:
    return fault.name.removeprefix(f"{fault.channel}/")
