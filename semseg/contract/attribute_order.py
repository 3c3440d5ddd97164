"""Whether the attributes of a manifest are named in the right order: the image, then its mask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from semseg.contract.echoed import echoed
from semseg.contract.findings import REFUSED, Finding

SOURCE = "source-ref"  # what Ground Truth calls the image
COLOUR_MAP, SEGMENTATION = "internal-color-map", "semantic-segmentation"  # in the metadata of its masks
JPEG_SUFFIXES = (".jpg", ".jpeg")
LONGEST_SUFFIX = 5


class AttributeOrder:
    """Judges two attribute names by the lines that have both.

    Args:
        names: as the request gives them, the image's first.
        channel: that of the manifest.
    """

    def __init__(self, names: Sequence[str], channel: str) -> None:
        self._names = list(names)
        self._channel = channel
        self._lines = self._labels_first = self._jpeg_last = 0

    def add(self, entries: Mapping[str, Any]) -> None:
        """Looks at a line."""
        first, last = self._names[0], self._names[-1]
        self._lines += 1
        self._labels_first += _is_label(entries, first) and not _is_label(entries, last)
        self._jpeg_last += _is_jpeg(entries.get(last)) and not _is_jpeg(entries.get(first))

    def findings(self) -> list[Finding]:
        """Returns the finding that the order is wrong; none where nothing speaks for that."""
        reason = self._reason()
        if len(self._names) != 2 or not reason:
            return []
        sentence = (
            f"AttributeNames of channel {self._channel!r} must name the image and then its mask, "
            f"got {echoed(self._names)}, {reason}: give {echoed(self._names[::-1])}"
        )
        return [Finding(REFUSED, "attribute-order", self._channel, sentence, self._lines)]

    def _reason(self) -> str:
        first, last = (echoed(name, 80) for name in (self._names[0], self._names[-1]))
        if 2 * self._labels_first > self._lines:
            return f"but {first} is the mask, as its metadata says"
        if 2 * self._jpeg_last > self._lines:
            return f"but {last} names JPEG files, which cannot be masks"
        return f"but {last} is the image" if self._names[-1] == SOURCE != self._names[0] else ""


def _is_label(entries: Mapping[str, Any], name: str) -> bool:
    metadata = entries.get(f"{name}-metadata")
    if not isinstance(metadata, dict):
        return False
    return COLOUR_MAP in metadata or SEGMENTATION in str(metadata.get("type"))


def _is_jpeg(location: object) -> bool:
    return isinstance(location, str) and location[-LONGEST_SUFFIX:].lower().endswith(JPEG_SUFFIXES)
