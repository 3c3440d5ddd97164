"""The labelled pictures of a channel, for work on a model that is trained: read as its own were."""

from __future__ import annotations

from semseg.archive import model_artifact
from semseg.bulk.labelled import checked_samples
from semseg.container.loading import picture_reading
from semseg.container.splits import read_label_map
from semseg.contract import channels
from semseg.contract.job_directory import JobDirectory
from semseg.data.dataset import Dataset
from semseg.training.job_log import JobLog


def model_samples(directory: JobDirectory, log: JobLog, channel: str = channels.VALIDATION) -> Dataset:
    """Returns the samples of a channel, and of that with its masks, after a check of all of them.

    Args:
        channel: "validation" or "train".

    Raises:
        ChannelError: with everything that is wrong with them.
    """
    folders = directory.channel(channel), directory.channel(f"{channel}_annotation")
    num_classes = model_artifact.read_description(directory.model).num_classes
    label_map = read_label_map(directory, channel, log)
    return checked_samples(folders, channel, label_map, num_classes, picture_reading(directory.model))
