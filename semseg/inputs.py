"""TrainingInput: where the files of one channel are.

Source: the SageMaker Python SDK v2, ``sagemaker.inputs``; the dictionary is the API's Channel.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Union

from semseg.errors import UserError


class ShuffleConfig:
    """The seed of a shuffle; the order of training samples here is set by the hyperparameter ``seed``."""

    def __init__(self, seed: int) -> None:
        self.seed = seed


class TrainingInput:
    """One channel.

    Args:
        s3_data: on this machine a path or a file:// URI of a folder.
        distribution: None means "FullyReplicated", the only one on this machine.
        content_type: the media type of its files.

    The others are taken as in the SDK; those that have no meaning on this machine are refused by ``fit``.

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
        hub_access_config: Mapping[str, Any] | None = None,
        model_access_config: Mapping[str, Any] | None = None,
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
            "DataSource": {"S3DataSource": _without_nones(source)},
            "CompressionType": compression,
            "ContentType": content_type,
            "RecordWrapperType": record_wrapping,
            "InputMode": input_mode,
            "TargetAttributeName": target_attribute_name,
            "ShuffleConfig": None if shuffle_config is None else {"Seed": shuffle_config.seed},
        }
        self.config: dict[str, Any] = _without_nones(channel)


Channel = Union[str, "os.PathLike[str]", TrainingInput]
Inputs = Union[Channel, Mapping[str, Channel], None]
SINGLE_CHANNEL = "training"  # the name of a channel given without one


def input_data_config(inputs: Inputs) -> list[dict[str, Any]]:
    """What ``fit`` is given, shaped as the API's InputDataConfig.

    Raises:
        UserError: a channel is neither a path, a URI nor a TrainingInput.
    """
    if inputs is None:
        inputs = {}
    if not isinstance(inputs, Mapping):
        inputs = {SINGLE_CHANNEL: inputs}
    return [{"ChannelName": name, **_training_input(name, channel).config} for name, channel in inputs.items()]


def _training_input(name: str, channel: Channel) -> TrainingInput:
    if isinstance(channel, TrainingInput):
        return channel
    if isinstance(channel, (str, os.PathLike)):
        return TrainingInput(channel)
    raise UserError(f"channel {name!r} must be a path, a file:// URI or a TrainingInput, got {type(channel).__name__}")


def _location(s3_data: str | os.PathLike[str]) -> str:
    if not isinstance(s3_data, (str, os.PathLike)):
        raise UserError(f"s3_data must be a path or a file:// URI, got {type(s3_data).__name__}")
    return os.fspath(s3_data)


def _without_nones(entries: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entries.items() if value is not None}
