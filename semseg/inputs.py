"""TrainingInput and FileSystemInput: where the files of one channel are.

Source: the SageMaker Python SDK v2, ``sagemaker.inputs``; the dictionary is the API's Channel.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Union

from semseg.api.allowed_values import check_one_of
from semseg.api.shapes import Answer, Request, without_none
from semseg.contract.address import location_text
from semseg.contract.media_types import standard
from semseg.errors import UserError


class ShuffleConfig:
    """The seed of the order in which a streamed channel sends its samples, a new order each epoch."""

    def __init__(self, seed: int) -> None:
        self.seed = seed


class TrainingInput:
    """One channel.

    Args:
        s3_data: an s3:// URI; on this machine also a path or a file:// URI of a folder.
        distribution: None means "FullyReplicated", the only one with one machine.
        content_type: the media type of its files.
        record_wrapping: "RecordIO" for streamed records.
        s3_data_type: "S3Prefix" or "AugmentedManifestFile".
        input_mode: "File", "FastFile" or "Pipe"; None means the estimator's.
        attribute_names: for a manifest, the keys of a line that are sent, in this order.
        shuffle_config: the seed of the order of a streamed channel.

    What a job cannot do is refused by ``fit``.

    Attributes:
        config: the channel, shaped as in the API's InputDataConfig.
    """

    def __init__(
        self,
        s3_data: str | os.PathLike[str],
        distribution: str | None = None,
        compression: str | None = None,
        content_type: str | None = None,
        record_wrapping: str | None = None,
        s3_data_type: str = "S3Prefix",
        instance_groups: Sequence[str] | None = None,
        input_mode: str | None = None,
        attribute_names: Sequence[str] | None = None,
        target_attribute_name: str | None = None,
        shuffle_config: ShuffleConfig | None = None,
        hub_access_config: Request | None = None,
        model_access_config: Request | None = None,
    ) -> None:
        source = {
            "S3DataType": s3_data_type,
            "S3Uri": _location(s3_data),
            "S3DataDistributionType": distribution or "FullyReplicated",
            "InstanceGroupNames": instance_groups,
            "AttributeNames": attribute_names,
            "HubAccessConfig": hub_access_config,
            "ModelAccessConfig": model_access_config,
        }
        channel = {
            "DataSource": {"S3DataSource": without_none(source)},
            "CompressionType": compression,
            "ContentType": None if content_type is None else standard(content_type),
            "RecordWrapperType": record_wrapping,
            "InputMode": input_mode,
            "TargetAttributeName": target_attribute_name,
            "ShuffleConfig": None if shuffle_config is None else {"Seed": shuffle_config.seed},
        }
        self.config: Answer = without_none(channel)


class FileSystemInput:
    """One channel in a file system of AWS; for managed jobs alone.

    Args:
        file_system_id: such as "fs-0123456789abcdef0".
        file_system_type: "EFS" or "FSxLustre".
        directory_path: the channel's folder, from the file system's root.
        file_system_access_mode: "ro" or "rw".
        content_type: the media type of its files.

    Attributes:
        config: the channel, shaped as in the API's InputDataConfig.
    """

    def __init__(
        self,
        file_system_id: str,
        file_system_type: str,
        directory_path: str,
        file_system_access_mode: str = "ro",
        content_type: str | None = None,
    ) -> None:
        check_one_of("file_system_type", file_system_type, ("EFS", "FSxLustre"))
        check_one_of("file_system_access_mode", file_system_access_mode, ("ro", "rw"))
        source = {
            "FileSystemId": file_system_id,
            "FileSystemType": file_system_type,
            "DirectoryPath": directory_path,
            "FileSystemAccessMode": file_system_access_mode,
        }
        self.config: Answer = without_none(
            {"DataSource": {"FileSystemDataSource": source}, "ContentType": content_type}
        )


Channel = Union[str, "os.PathLike[str]", TrainingInput, FileSystemInput]
Inputs = Union[Channel, Mapping[str, Channel], None]
SINGLE_CHANNEL = "training"  # the name of a channel given without one


def input_data_config(inputs: Inputs) -> list[Answer]:
    """Returns what ``fit`` is given, shaped as the API's InputDataConfig.

    Raises:
        UserError: a channel is neither a path, a URI nor a TrainingInput.
    """
    if inputs is None:
        inputs = {}
    if not isinstance(inputs, Mapping):
        inputs = {SINGLE_CHANNEL: inputs}
    return [{"ChannelName": name, **_training_input(name, channel).config} for name, channel in inputs.items()]


def _training_input(name: str, channel: Channel) -> TrainingInput | FileSystemInput:
    if isinstance(channel, (TrainingInput, FileSystemInput)):
        return channel
    if isinstance(channel, (str, os.PathLike)):
        return TrainingInput(channel)
    raise UserError(f"channel {name!r} must be a path, a URI or a TrainingInput, got {type(channel).__name__}")


def _location(s3_data: str | os.PathLike[str]) -> str:
    if not isinstance(s3_data, (str, os.PathLike)):
        raise UserError(f"s3_data must be a path or a URI, got {type(s3_data).__name__}")
    return location_text("s3_data", s3_data)
