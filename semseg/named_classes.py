"""How many classes the label map of a job names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from semseg.contract.address import path_text
from semseg.contract.channels import LABEL_MAP, TRAIN
from semseg.contract.png_mask import IGNORE
from semseg.contract.s3_uri import is_s3


def classes_named(channels: Mapping[str, str]) -> int | None:
    """Returns the num_classes that the label map of the training masks leads to; None where it says nothing of it.

    Raises:
        ChannelError: the label map cannot be used.
    """
    from semseg.data.labels.label_map import LabelMap  # not at the top: `import semseg` is to be fast

    place = channels.get(LABEL_MAP)
    label_map = None if place is None or is_s3(place) else LabelMap.read_in(_path(place), TRAIN)
    if label_map is None:
        return None
    classes = set(label_map.names)
    if "map" in label_map.description or label_map.colours is not None:
        classes.update(int(label) for label in label_map.table[label_map.known])
    classes.discard(IGNORE)
    return max(classes) + 1 if classes else None


def _path(place: str) -> Path:
    return Path(path_text("channel label_map", place, "give its folder")).expanduser()
