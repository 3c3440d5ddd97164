from __future__ import annotations

import pytest

from semseg.contract.channels import KNOWN, REQUIRED, check_channels, check_data_config, mode_of
from semseg.errors import ChannelError


def test_the_four_folders_are_enough() -> None:
    check_channels(REQUIRED)


def test_label_map_and_model_may_be_there_too() -> None:
    check_channels(dict.fromkeys(KNOWN, "anything"))


def test_missing_channels_are_named() -> None:
    with pytest.raises(ChannelError) as refusal:
        check_channels(["train", "validation_annotation"])
    assert str(refusal.value) == (
        "a training job needs the channels train, train_annotation, validation, validation_annotation, "
        "and train_annotation, validation is missing: give it to fit()"
    )


def test_a_misspelt_channel_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(ChannelError) as refusal:
        check_channels(["train", "train_annotations", "validation", "validation_annotation"])
    assert str(refusal.value) == (
        "channel 'train_annotations' is not known: did you mean 'train_annotation', "
        "of train, train_annotation, validation, validation_annotation, label_map, model?"
    )


def test_a_name_like_none_of_them_is_refused_all_the_same() -> None:
    with pytest.raises(ChannelError, match="'zzz'"):
        check_channels([*REQUIRED, "zzz"])


def test_streams_of_manifests_need_no_channels_of_masks() -> None:
    check_channels(["train", "validation"], piped=["train", "validation"])
    check_channels(["train", "validation", "validation_annotation"], piped=["train"])


def test_one_channel_that_is_not_streamed_still_needs_its_masks() -> None:
    with pytest.raises(ChannelError, match="validation_annotation"):
        check_channels(["train", "validation"], piped=["train"])


def test_images_and_masks_in_different_modes_are_refused() -> None:
    with pytest.raises(ChannelError) as refusal:
        check_channels(REQUIRED, piped=["train"])
    assert str(refusal.value) == (
        "channels train and train_annotation must have the same input mode, got Pipe and File"
    )


def test_a_model_cannot_be_streamed() -> None:
    with pytest.raises(ChannelError, match="channel model must have input mode File, got Pipe"):
        check_channels(KNOWN, piped=["model"])


def channel(name: str, kind: str = "S3Prefix", mode: str | None = None, wrapping: str | None = None) -> dict:
    source = {"S3DataSource": {"S3DataType": kind, "S3Uri": f"s3://b/{name}"}}
    settings = {"InputMode": mode, "RecordWrapperType": wrapping}
    return {"ChannelName": name, "DataSource": source, **{key: value for key, value in settings.items() if value}}


def test_a_channel_has_its_own_mode_or_that_of_the_job_unless_it_is_a_file() -> None:
    assert [mode_of(channel(name), "Pipe") for name in ("train", "label_map", "model")] == ["Pipe", "File", "File"]
    assert [mode_of(channel(name, mode="FastFile"), "Pipe") for name in ("train", "model")] == ["FastFile"] * 2
    assert mode_of(channel("train")) == "File"


def test_a_request_with_two_manifests_is_taken() -> None:
    check_data_config([channel(name, "AugmentedManifestFile", "Pipe", "RecordIO") for name in ("train", "validation")])


def test_a_request_with_four_wrapped_folders_may_take_pipe_mode_from_the_job() -> None:
    check_data_config([channel(name, wrapping="RecordIO") for name in REQUIRED], "Pipe")
    check_data_config([channel(name) for name in REQUIRED])


@pytest.mark.parametrize(
    ("train", "sentence"),
    [
        (
            [channel("train", "AugmentedManifestFile", "File")],
            "channel train is an augmented manifest and must have input mode Pipe",
        ),
        ([channel("train")], "and train_annotation is missing"),
        (
            [channel("train", "AugmentedManifestFile"), channel("train_annotation")],
            "channel train is an augmented manifest and must have input mode Pipe",
        ),
        (
            [channel("train"), channel("train_annotation", "AugmentedManifestFile")],
            "channel train_annotation must not be an augmented manifest: only train and validation can be",
        ),
        (
            [channel("train", "AugmentedManifestFile", "Pipe")],
            "channel train is in Pipe mode and must have RecordWrapperType RecordIO, got None: "
            "without it nothing says where a picture ends",
        ),
        (
            [channel("train", mode="Pipe", wrapping="RecordIO")],
            "channel train is no augmented manifest and must have beside it the channel train_annotation",
        ),
        (
            [
                channel(name, kind, "Pipe", "RecordIO")
                for name, kind in (("train", "AugmentedManifestFile"), ("train_annotation", "S3Prefix"))
            ],
            "channel train must not have beside it the channel train_annotation",
        ),
    ],
)
def test_a_request_that_no_job_can_read_is_refused(train: list[dict[str, object]], sentence: str) -> None:
    with pytest.raises(ChannelError, match=sentence):
        check_data_config([*train, channel("validation"), channel("validation_annotation")])
