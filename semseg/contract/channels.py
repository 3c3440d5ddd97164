"""The channels of a training job: their names, and which of them must be there.

Source: the SageMaker developer guide, "Input/Output Interface for the Semantic Segmentation Algorithm".
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from semseg.contract.echoed import LONGEST_SHOWN, echoed
from semseg.errors import ChannelError

TRAIN = "train"
TRAIN_ANNOTATION = "train_annotation"
VALIDATION = "validation"
VALIDATION_ANNOTATION = "validation_annotation"
LABEL_MAP = "label_map"
MODEL = "model"

REQUIRED = (TRAIN, TRAIN_ANNOTATION, VALIDATION, VALIDATION_ANNOTATION)
KNOWN = (*REQUIRED, LABEL_MAP, MODEL)
HALVES = ((TRAIN, TRAIN_ANNOTATION), (VALIDATION, VALIDATION_ANNOTATION))  # of images and masks

FILE, FAST_FILE, PIPE = MODES = ("File", "FastFile", "Pipe")  # TrainingInputMode, and a channel's InputMode
MANIFEST = "AugmentedManifestFile"  # an S3DataType
REPLICATED = "FullyReplicated"  # an S3DataDistributionType: each machine gets the whole channel
RECORD_IO = "RecordIO"  # a RecordWrapperType


def check_channels(names: Collection[str], piped: Collection[str] = ()) -> None:
    """Refuses a set of channels that has an unknown name, or lacks a required one.

    Train and validation can each be given in two ways: as images and masks in two channels of the same input mode, or
    as the stream of an augmented manifest, which holds both. In the second way there is only the images' channel, in
    Pipe mode.

    Args:
        piped: the channels that are in Pipe mode.

    Raises:
        ChannelError: a name is unknown or missing; unknown names are reported first, because a misspelt name is also a
            missing one.
    """
    unknown = [name for name in names if name not in KNOWN]
    if unknown:
        raise ChannelError(
            f"channel {echoed(unknown[0])} is not known: did you mean {_nearest(unknown[0][:LONGEST_SHOWN])!r}, of "
            f"{', '.join(KNOWN)}?"
        )
    missing = [name for name in REQUIRED if name not in names and not _is_streamed_mask(name, names, piped)]
    if missing:
        raise ChannelError(
            f"a training job needs the channels {', '.join(REQUIRED)}, and {', '.join(missing)} is missing: "
            f"give it to fit()"
        )
    for name in (LABEL_MAP, MODEL):
        if name in piped:
            raise ChannelError(f"channel {name} must have input mode File, got Pipe: it is a file, not a stream")
    for images, masks in HALVES:
        if masks in names and (images in piped) != (masks in piped):
            modes = [PIPE if name in piped else FILE for name in (images, masks)]
            raise ChannelError(
                f"channels {images} and {masks} must have the same input mode, got {modes[0]} and {modes[1]}"
            )


def check_data_config(channels: Sequence[Mapping[str, Any]], input_mode: str = FILE) -> None:
    """Refuses the channels of a request that no job can read, by their names as :func:`check_channels` does, and by
    their settings.

    Args:
        channels: a request's InputDataConfig, as in the SageMaker API's CreateTrainingJob.
        input_mode: the mode of channels that give none, TrainingInputMode in the same request.

    Raises:
        ChannelError: as :func:`check_channels`; also if an augmented manifest is not streamed, or a stream is not
            wrapped in RecordIO.
    """
    streams = piped(channels, input_mode)
    for channel in channels:
        _check_manifest(channel["ChannelName"], _kind(channel), channel["ChannelName"] in streams)
    check_channels([channel["ChannelName"] for channel in channels], streams)
    for channel in channels:
        name, streamed = channel["ChannelName"], channel["ChannelName"] in streams
        kind = _kind(channel)
        check_wrapping(name, streamed, channel.get("RecordWrapperType"))
        both = f"{name}_annotation" in (other["ChannelName"] for other in channels)
        if streamed and name in (TRAIN, VALIDATION) and (kind == MANIFEST) == both:
            rule = "must not have beside it" if both else "is no augmented manifest and must have beside it"
            raise ChannelError(f"channel {name} {rule} the channel {name}_annotation with its masks")


def piped(channels: Sequence[Mapping[str, Any]], input_mode: str = FILE) -> list[str]:
    """Returns the names of those channels of a request that are streamed."""
    return [channel["ChannelName"] for channel in channels if mode_of(channel, input_mode) == PIPE]


def check_streams(streams: Collection[str], processes: int) -> None:
    """Refuses streamed channels in a job of several processes: what one of them reads of a stream no other sees.

    Raises:
        ChannelError: naming the first of them.
    """
    if streams and processes > 1:
        raise ChannelError(
            f"channel {next(iter(streams))} must have input mode File or FastFile in a job of {processes} processes, "
            "got Pipe: a stream has one reader"
        )


def check_replicated(channels: Sequence[Mapping[str, Any]], machines: int) -> None:
    """Refuses channels of a request of which each of several machines would get a part only.

    Raises:
        ChannelError: naming the first of them.
    """
    for channel in channels if machines > 1 else ():
        source = channel["DataSource"].get("S3DataSource") or {}
        distribution = source.get("S3DataDistributionType") or REPLICATED
        if distribution != REPLICATED:
            raise ChannelError(
                f"channel {channel['ChannelName']} must have distribution {REPLICATED} in a job of {machines} "
                f"machines, got {distribution}: each of them needs all samples"
            )


def mode_of(channel: Mapping[str, Any], input_mode: str = FILE) -> str:
    """Returns the input mode of one channel of a request: "File", "FastFile" or "Pipe"; ``input_mode`` is the mode of
    the whole job.

    Label maps and earlier models are files, whatever the job's mode is.
    """
    default = FILE if channel["ChannelName"] in (LABEL_MAP, MODEL) else input_mode
    return channel.get("InputMode") or default


def check_wrapping(name: str, streamed: bool, wrapping: str | None) -> None:
    """Raises ChannelError if the records of a streamed channel are not wrapped in RecordIO, which marks where each one
    ends.
    """
    if streamed and wrapping != RECORD_IO:
        raise ChannelError(
            f"channel {name} is in Pipe mode and must have RecordWrapperType {RECORD_IO}, got {wrapping or 'None'}: "
            "without it nothing says where a picture ends"
        )


def _kind(channel: Mapping[str, Any]) -> str | None:
    """Returns the S3DataType of a channel of a request."""
    return channel["DataSource"].get("S3DataSource", {}).get("S3DataType")


def _check_manifest(name: str, kind: str | None, streamed: bool) -> None:
    if kind == MANIFEST and name not in (TRAIN, VALIDATION):
        raise ChannelError(f"channel {name} must not be an augmented manifest: only train and validation can be")
    if kind == MANIFEST and not streamed:
        raise ChannelError(f"channel {name} is an augmented manifest and must have input mode Pipe")


def _is_streamed_mask(name: str, names: Collection[str], piped: Collection[str]) -> bool:
    """Returns whether the masks of channel ``name`` come with the images, in the stream of an augmented manifest."""
    return any(name == masks and images in names and images in piped for images, masks in HALVES)


def _nearest(name: str) -> str:
    return difflib.get_close_matches(name, KNOWN, n=1, cutoff=0.0)[0]
