"""The folders of a data set on this machine: those of its channels, and its label maps."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Union
from urllib.parse import unquote, urlsplit

from semseg.contract.channels import HALVES, KNOWN, LABEL_MAP, check_channels
from semseg.data.labels.label_map import LabelMap
from semseg.data.samples import FoundSamples, find_samples
from semseg.errors import ChannelError

PathLike = Union[str, "os.PathLike[str]"]
Data = Union[PathLike, Mapping[str, PathLike]]  # a folder with the channels' folders in it, or each of these
_FILE_SCHEME = "file://"


@dataclass(frozen=True)
class HalfFolders:
    """The training or the validation data of a data set, not yet read.

    Attributes:
        channel: name of the channel of the images.
        found: the samples, and what is told of the names.
        label_map: of its masks.
    """

    channel: str
    found: FoundSamples
    label_map: LabelMap

    @property
    def names(self) -> dict[int, str]:
        """Returns the names of the classes, of those that the label map names."""
        return dict(self.label_map.names)


def open_data(data: Data) -> tuple[HalfFolders, HalfFolders]:
    """Pairs the images and masks of both halves, and reads their label maps; opens no picture.

    Raises:
        ChannelError: a channel is missing or no folder of this machine, or a label map cannot be used.
    """
    folders = channel_folders(data)
    training, validation = (
        HalfFolders(
            images, find_samples(folders[images], folders[masks], images), _label_map(folders.get(LABEL_MAP), images)
        )
        for images, masks in HALVES
    )
    return training, validation


def channel_folders(data: Data) -> dict[str, Path]:
    """Returns the folder of each channel of a data set.

    Raises:
        ChannelError: a channel is missing, or not a folder of this machine.
    """
    if isinstance(data, Mapping):
        folders = {name: _folder(name, place) for name, place in data.items()}
    else:
        whole = _folder("data", data)
        folders = {name: whole / name for name in KNOWN if (whole / name).is_dir()}
        if not folders:
            raise ChannelError(f"{whole} must hold the folders train, train_annotation and so on, got none of them")
    check_channels(folders)
    return folders


def _folder(name: str, place: PathLike) -> Path:
    text = os.fspath(place)
    path = Path(unquote(urlsplit(text).path)) if text.startswith(_FILE_SCHEME) else Path(text)
    if not path.is_dir():
        raise ChannelError(f"{name} must be a folder of this machine, got {text!r:.200}")
    return path


def _label_map(folder: Path | None, split: str) -> LabelMap:
    found = None if folder is None else LabelMap.read_in(folder, split)
    return LabelMap.identity() if found is None else found
