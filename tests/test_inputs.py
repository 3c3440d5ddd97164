from __future__ import annotations

from pathlib import Path

import pytest

from semseg.errors import UserError
from semseg.inputs import ShuffleConfig, TrainingInput, input_data_config


def test_a_bare_input_is_fully_replicated_from_a_prefix() -> None:
    assert TrainingInput("file:///data/train").config == {
        "DataSource": {
            "S3DataSource": {
                "S3DataType": "S3Prefix",
                "S3Uri": "file:///data/train",
                "S3DataDistributionType": "FullyReplicated",
            }
        }
    }


def test_every_setting_has_its_place_in_the_channel() -> None:
    config = TrainingInput(
        "s3://b/p",
        distribution="ShardedByS3Key",
        compression="Gzip",
        content_type="image/jpeg",
        record_wrapping="RecordIO",
        s3_data_type="AugmentedManifestFile",
        instance_groups=["g"],
        input_mode="Pipe",
        attribute_names=["source-ref", "a-ref"],
        target_attribute_name="a",
        shuffle_config=ShuffleConfig(7),
    ).config
    assert config == {
        "DataSource": {
            "S3DataSource": {
                "S3DataType": "AugmentedManifestFile",
                "S3Uri": "s3://b/p",
                "S3DataDistributionType": "ShardedByS3Key",
                "InstanceGroupNames": ["g"],
                "AttributeNames": ["source-ref", "a-ref"],
            }
        },
        "CompressionType": "Gzip",
        "ContentType": "image/jpeg",
        "RecordWrapperType": "RecordIO",
        "InputMode": "Pipe",
        "TargetAttributeName": "a",
        "ShuffleConfig": {"Seed": 7},
    }


def test_a_dictionary_of_paths_and_inputs_becomes_channels() -> None:
    channels = input_data_config({"train": Path("/a"), "validation": TrainingInput("/b", content_type="image/jpeg")})
    assert [channel["ChannelName"] for channel in channels] == ["train", "validation"]
    assert [channel["DataSource"]["S3DataSource"]["S3Uri"] for channel in channels] == ["/a", "/b"]
    assert channels[1]["ContentType"] == "image/jpeg"


def test_a_single_input_is_the_channel_training_as_in_the_sdk() -> None:
    assert [channel["ChannelName"] for channel in input_data_config("/a")] == ["training"]
    assert input_data_config(None) == []


def test_a_location_that_is_no_path_is_refused() -> None:
    with pytest.raises(UserError, match=r"^s3_data must be a path or a URI, got int$"):
        TrainingInput(3)  # type: ignore[arg-type]


def test_a_channel_of_another_type_is_refused() -> None:
    with pytest.raises(UserError, match=r"^channel 'train' must be a path, a URI or .*, got list$"):
        input_data_config({"train": []})  # type: ignore[dict-item]
