import pytest

from semseg.contract.channels import KNOWN, REQUIRED, check_channels
from semseg.errors import ChannelError


def test_the_four_folders_are_enough():
    check_channels(REQUIRED)


def test_label_map_and_model_may_be_there_too():
    check_channels(dict.fromkeys(KNOWN, "anything"))


def test_missing_channels_are_named():
    with pytest.raises(ChannelError) as refusal:
        check_channels(["train", "validation_annotation"])
    assert str(refusal.value) == (
        "a training job needs the channels train, train_annotation, validation, validation_annotation, "
        "and train_annotation, validation is missing: give it to fit()"
    )


def test_a_misspelt_channel_is_answered_with_the_nearest_name():
    with pytest.raises(ChannelError) as refusal:
        check_channels(["train", "train_annotations", "validation", "validation_annotation"])
    assert str(refusal.value) == (
        "channel 'train_annotations' is not known: did you mean 'train_annotation', "
        "of train, train_annotation, validation, validation_annotation, label_map, model?"
    )


def test_a_name_like_none_of_them_is_refused_all_the_same():
    with pytest.raises(ChannelError, match="channel 'zzz' is not known"):
        check_channels([*REQUIRED, "zzz"])
