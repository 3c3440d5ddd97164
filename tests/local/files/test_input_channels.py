from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from semseg.aws.account import Account
from semseg.contract.job_directory import JobDirectory
from semseg.errors import ChannelError
from semseg.inputs import Channel, ShuffleConfig, TrainingInput, input_data_config
from semseg.local.files.channel_files import link, read_content
from semseg.local.files.input_channels import InputChannel, input_channels

ChannelOf = Callable[..., InputChannel]
FOUR = ("train", "train_annotation", "validation", "validation_annotation")


@pytest.fixture
def channel(tmp_path: Path) -> ChannelOf:
    """One channel of a job that has the four; the others are empty folders."""
    (tmp_path / "empty").mkdir()

    def look_up(name: str, *arguments: Any, **settings: Any) -> InputChannel:
        inputs: dict[str, Channel] = {
            **dict.fromkeys(FOUR, tmp_path / "empty"),
            name: TrainingInput(*arguments, **settings),
        }
        found = input_channels(input_data_config(inputs), Account())
        return next(channel for channel in found if channel.name == name)

    return look_up


def test_a_folder_is_linked_under_the_name_of_its_channel(channel: ChannelOf, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    job = JobDirectory(tmp_path / "job")
    channel("train", (tmp_path / "pictures").as_uri()).lay_into(job)
    assert job.channel("train").is_symlink()
    assert job.channel("train").samefile(tmp_path / "pictures")


def test_a_label_map_file_is_linked_into_a_folder(channel: ChannelOf, tmp_path: Path) -> None:
    (tmp_path / "train_label_map.json").write_text("{}")
    job = JobDirectory(tmp_path / "job")
    channel("label_map", tmp_path / "train_label_map.json").lay_into(job)
    assert [path.name for path in job.channel("label_map").iterdir()] == ["train_label_map.json"]


def test_a_model_file_of_any_name_is_linked_as_model_tar_gz(channel: ChannelOf, tmp_path: Path) -> None:
    (tmp_path / "best.tgz").touch()
    job = JobDirectory(tmp_path / "job")
    channel("model", tmp_path / "best.tgz").lay_into(job)
    assert (job.channel("model") / "model.tar.gz").samefile(tmp_path / "best.tgz")


def test_a_picture_instead_of_a_folder_is_refused(channel: ChannelOf, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    with pytest.raises(ChannelError, match=r"^channel 'train' must name a folder, got the file '.*a.jpg': give"):
        channel("train", tmp_path / "a.jpg")


def test_a_label_map_that_is_no_json_file_is_refused(channel: ChannelOf, tmp_path: Path) -> None:
    (tmp_path / "map.txt").touch()
    with pytest.raises(ChannelError, match=r"^channel 'label_map' must name a folder or a .json file, got '.*map"):
        channel("label_map", tmp_path / "map.txt")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"distribution": "ShardedByS3Key"},
            "S3DataDistributionType of channel 'train' must be left out or FullyReplicated on this machine, got",
        ),
        ({"s3_data_type": "ManifestFile"}, "S3DataType of channel 'train' must be S3Prefix or AugmentedManifestFile"),
        ({"attribute_names": ["a"]}, r"AttributeNames of channel 'train' must be left out unless .*, got \['a'\]"),
        ({"instance_groups": ["a"]}, "InstanceGroupNames of channel 'train' must be left out"),
        ({"target_attribute_name": "a"}, "TargetAttributeName of channel 'train' must be left out"),
        ({"compression": "Gzip"}, "CompressionType of channel 'train' must be left out or None on this"),
        ({"input_mode": "Pip"}, "InputMode of channel 'train' must be left out or File or FastFile or Pipe .*'Pip'"),
        (
            {"shuffle_config": ShuffleConfig(1)},
            "ShuffleConfig of channel 'train' must be left out unless .* mode File:",
        ),
        ({"input_mode": "Pipe"}, "channels train and train_annotation must have the same input mode"),
    ],
)
def test_a_setting_without_meaning_on_this_machine_is_refused(
    channel: ChannelOf, tmp_path: Path, settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ChannelError, match=f"^{sentence}"):
        channel("train", tmp_path, **settings)


def piped_refusal(tmp_path: Path, images: Iterable[str], masks: Iterable[str]) -> list[str]:
    """What is said of training folders in Pipe mode that hold these files."""
    names = {"train": images, "train_annotation": masks, "validation": ["a.jpg"], "validation_annotation": ["a.png"]}
    for channel, files in names.items():
        (tmp_path / channel).mkdir(exist_ok=True)
        for name in files:
            (tmp_path / channel / name).touch()
    inputs = {name: TrainingInput(tmp_path / name, record_wrapping="RecordIO", input_mode="Pipe") for name in FOUR}
    with pytest.raises(ChannelError) as refusal:
        input_channels(input_data_config(inputs), Account())
    return str(refusal.value).splitlines()


def test_a_fifo_among_streamed_pictures_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    os.mkfifo(tmp_path / "train" / "b.jpg")
    assert piped_refusal(tmp_path, ["a.jpg"], ["a.png", "b.png"]) == [
        f"{tmp_path}/train/b.jpg must be a regular file or a link to one, got a FIFO: remove it"
    ]


@pytest.mark.parametrize("name", ["train", "label_map", "model"])
def test_a_channel_that_is_a_fifo_is_refused(channel: ChannelOf, tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "a.json")
    with pytest.raises(ChannelError) as refusal:
        channel(name, tmp_path / "a.json")
    assert str(refusal.value) == f"channel {name!r} must name a folder, got a FIFO, '{tmp_path}/a.json'"


def test_a_manifest_of_more_than_half_a_gibibyte_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "a.manifest").open("wb") as file:
        file.truncate(2**29 + 1)
    manifest = TrainingInput(
        tmp_path / "a.manifest",
        s3_data_type="AugmentedManifestFile",
        attribute_names=["source-ref", "label-ref"],
        record_wrapping="RecordIO",
        input_mode="Pipe",
    )
    with pytest.raises(ChannelError) as refusal:
        input_channels(input_data_config({"train": manifest, "validation": manifest}), Account())
    assert str(refusal.value) == (
        f"the manifest '{tmp_path}/a.manifest' cannot be read: it must have at most 536870912 bytes, got 536870913"
    )


def test_a_picture_that_became_a_fifo_is_not_streamed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    with pytest.raises(ChannelError) as refusal:
        read_content(tmp_path / "a.jpg", None)
    assert str(refusal.value) == (
        f"{tmp_path}/a.jpg cannot be read: it must be a regular file or a link to one, got a FIFO"
    )


def test_one_streamed_picture_without_partner_is_counted_as_one(tmp_path: Path) -> None:
    assert piped_refusal(tmp_path, ["a.jpg", "b.jpg"], ["a.png"]) == [
        "the channels cannot be used, 1 problem:",
        "train/b.jpg has no mask: expected train_annotation/b.png",
    ]


def test_a_streamed_mask_is_a_png_as_everywhere(tmp_path: Path) -> None:
    assert piped_refusal(tmp_path, ["a.jpg", "b.jpg"], ["a.png", "b.jpg"])[1:] == [
        "train_annotation/b.jpg cannot be used: channel train_annotation is read from .png files",
        "train/b.jpg has no mask: expected train_annotation/b.png",
    ]


def test_streamed_pictures_without_partner_are_told_in_a_sentence_for_each_cause(tmp_path: Path) -> None:
    doubles = [f"{number:02}.{suffix}" for number in range(11) for suffix in ("jpg", "png")]
    lines = piped_refusal(
        tmp_path, [*doubles, "z.jpg"], ["a.png", "b.png", "c.png", *(f"{n:02}.png" for n in range(5))]
    )
    # 11 with two suffixes, 7 without mask, 3 without image
    assert lines == [
        "the channels cannot be used, 3 problems:",
        "11 files of channel train have the same name as another but for the suffix, first 00.png, 01.png, 02.png and "
        "8 more (00.png has the same name as 00.jpg but for the suffix): remove one of each two",
        "7 of 12 images of channel train have no mask, first 05.jpg, 06.jpg, 07.jpg and 4 more: expected "
        "train_annotation/05.png and so on",
        "3 of 8 masks of channel train_annotation have no image, first a.png, b.png and c.png: expected train/a.jpg "
        "and so on",
    ]


def test_streamed_names_in_two_unicode_forms_are_paired(tmp_path: Path) -> None:
    """An accented letter is after p in one form, and before it in the other."""
    names = {"train": ("oz", "\u006f\u0301", "p"), "train_annotation": ("oz", "\u00f3", "p")}
    for channel in FOUR:
        (tmp_path / channel).mkdir()
        for name in names.get(channel, ("a",)):
            (tmp_path / channel / f"{name}.png").touch()
    inputs = {name: TrainingInput(tmp_path / name, record_wrapping="RecordIO", input_mode="Pipe") for name in FOUR}
    images, masks = input_channels(input_data_config(inputs), Account())[:2]
    orders = [[Path(str(content)).stem for [content] in channel.samples] for channel in (images, masks)]
    assert orders == [["oz", "p", "\u006f\u0301"], ["oz", "p", "\u00f3"]]


def test_the_settings_that_hold_here_are_taken(channel: ChannelOf, tmp_path: Path) -> None:
    found = channel("train", tmp_path, "FullyReplicated", compression="None", record_wrapping="None", input_mode="File")
    assert found.path == tmp_path


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is a file system of its own, of which no file can be linked")
def test_a_file_that_cannot_be_linked_is_copied(tmp_path: Path) -> None:
    link(Path("/proc/version"), tmp_path / "deep" / "version")
    assert (tmp_path / "deep" / "version").read_bytes() == Path("/proc/version").read_bytes()
