"""The training and the validation data of a job, wherever its channels lie: in folders, in streams, or in S3."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from semseg.container.configuration import read_configuration
from semseg.container.s3_pictures import list_pictures
from semseg.contract import channels
from semseg.contract.bad_samples import FAIL
from semseg.contract.channels import FAST_FILE, FILE, MODES, PIPE
from semseg.contract.job_directory import JobDirectory
from semseg.data.dataset import Dataset, UncheckedDataset
from semseg.data.labels.label_map import LabelMap
from semseg.data.samples import NOTHING, FoundSamples, Listing, find_samples, list_folder, pair_listed
from semseg.data.stream import Stream
from semseg.data.stream_names import StreamNames
from semseg.errors import ChannelError
from semseg.training.job_log import JobLog


@dataclass(frozen=True)
class Split:
    """The training or the validation data, not yet read.

    Attributes:
        found: what its folders hold; nothing of a stream.
    """

    channel: str
    dataset: Dataset | Stream
    found: FoundSamples = NOTHING

    @property
    def label_map(self) -> LabelMap:
        return self.dataset.label_map


class Channels:
    """The channels as inputdataconfig.json describes them; ``streams`` are the names of those in Pipe mode."""

    def __init__(self, directory: JobDirectory) -> None:
        self.directory = directory
        self.configured = {
            name: _entry(name, entry) for name, entry in read_configuration(directory.input_data_config).items()
        }
        self.streams = [name for name in self.configured if self.mode(name) == PIPE]
        channels.check_channels(self.configured, self.streams)
        for name in self.streams:
            channels.check_wrapping(name, True, self.configured[name].get("RecordWrapperType"))

    def mode(self, name: str) -> str:
        """Returns the input mode of a channel.

        Raises:
            ChannelError: there is no such mode.
        """
        mode = self.configured[name].get("TrainingInputMode", FILE)
        if mode not in MODES:
            raise ChannelError(f"channel {name} must have input mode {', '.join(MODES)}, got {mode!r}")
        return str(mode)

    def listing(self, name: str) -> Listing:
        """Returns the files of a channel that is not piped; in FastFile mode without a folder, the objects at its S3
        URI.
        """
        folder = self.directory.channel(name)
        uri = self.configured[name].get("S3Uri")
        if self.mode(name) == FAST_FILE and not folder.exists() and uri:
            return list_pictures(uri, name)
        if not folder.is_dir():
            raise ChannelError(f"channel {name} has no folder: {folder} does not exist")
        return list_folder(folder)


def open_splits(
    directory: JobDirectory,
    num_classes: int,
    raise_if_stopped: Callable[[], None],
    log: JobLog,
    processes: int = 1,
    bad_samples: str = FAIL,
) -> tuple[Split, Split]:
    """Pairs the images and masks of both splits, and reads their label maps; opens no picture.

    What is wrong with names and folders is in ``found`` of each, and told with what is wrong with the files.

    Args:
        raise_if_stopped: what a stream calls while it waits.
        processes: how many train on them together.
        bad_samples: "fail" or "skip": what is done about samples of a stream that cannot be used.

    Raises:
        ChannelError: a channel is described wrongly, or a label map cannot be used.
    """
    found = Channels(directory)
    channels.check_streams(found.streams, processes)
    splits = []
    for images, masks in channels.HALVES:
        label_map = read_label_map(directory, images, log)
        if images in found.streams:
            streamed = [name for name in (images, masks) if name in found.configured]
            folder = directory.channel(images).parent
            names = names_of(directory, streamed)
            stream = Stream(folder, streamed, label_map, num_classes, raise_if_stopped, names, bad_samples, log.warning)
            splits.append(Split(images, stream))
        elif FAST_FILE in (found.mode(images), found.mode(masks)):
            pairs = pair_listed(found.listing(images), found.listing(masks), images)
            splits.append(Split(images, UncheckedDataset(pairs.samples, label_map, num_classes, images), pairs))
        else:
            pairs = find_samples(directory.channel(images), directory.channel(masks), images)
            splits.append(Split(images, Dataset(pairs.samples, label_map, num_classes, images), pairs))
    return splits[0], splits[1]


def names_of(directory: JobDirectory, streamed: Sequence[str]) -> dict[str, StreamNames]:
    """Returns the names of the samples of those channels whose names were told."""
    told = {channel: StreamNames.told_at(directory.stream_names(channel)) for channel in streamed}
    return {channel: names for channel, names in told.items() if names is not None}


def read_label_map(directory: JobDirectory, split: str, log: JobLog) -> LabelMap:
    """Returns the label map of "train" or "validation"; the identity if the channel has none."""
    label_map = LabelMap.read_in(directory.channel(channels.LABEL_MAP), split)
    if label_map is None:
        log.warning("label maps not provided, using defaults.")
        label_map = LabelMap.identity()
    log.info(f"#label_map {split} :{label_map.description}")
    return label_map


def _entry(name: str, entry: Any) -> Mapping[str, Any]:
    if not isinstance(entry, dict):
        raise ChannelError(f"channel {name} must be described by a JSON object, got {type(entry).__name__}")
    return entry
