"""The labelled pictures of a channel, all of them checked before one is used."""

from __future__ import annotations

from pathlib import Path

from semseg.contract.problems import raise_refused
from semseg.data.dataset import Dataset
from semseg.data.dataset_check import Half, HalfCheck
from semseg.data.file_check import ReadFacts
from semseg.data.labels.label_map import LabelMap
from semseg.data.look.channel_look import ChannelLook
from semseg.data.look.judgment import findings_of
from semseg.data.pictures.picture_reading import PictureReading
from semseg.data.samples import find_samples
from semseg.machine.facts import usable_cores


def checked_samples(
    folders: tuple[Path, Path], channel: str, label_map: LabelMap, num_classes: int, reading: PictureReading
) -> Dataset:
    """Returns the samples of two folders, after a check of all of them.

    Args:
        folders: of the pictures and of the masks.
        channel: of the pictures, for the sentences.
        num_classes: of the model; every class must be less.
        reading: how the pictures are read.

    Raises:
        ChannelError: with everything that is wrong with them.
    """
    found, look = find_samples(*folders, channel), ChannelLook(channel)
    check = HalfCheck(ReadFacts(reading), num_classes, usable_cores())
    checked = check.run(Half(channel, found, label_map), look, lambda done, total: None)
    raise_refused([*checked.findings, *findings_of(look, label_map, num_classes, reading)])
    dataset = Dataset(found.samples, label_map, num_classes, channel)
    dataset.reading = reading
    return dataset
