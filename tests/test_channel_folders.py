from __future__ import annotations

from pathlib import Path

import pytest

from semseg.aws.account import Account
from semseg.channel_folders import channels_in, meant_channel
from semseg.contract.channels import REQUIRED
from semseg.errors import ChannelError, UserError
from tests.local.fakes import estimator_at


def folder_with(place: Path, *names: str) -> Path:
    for name in names:
        (place / name).mkdir(parents=True)
    return place


def refusal_of(folder: str | Path) -> str:
    with pytest.raises(ChannelError) as refusal:
        channels_in(folder, Account())
    return str(refusal.value)


@pytest.mark.parametrize("as_uri", [False, True])
def test_the_folders_with_the_names_of_channels_are_the_channels(tmp_path: Path, as_uri: bool) -> None:
    folder = folder_with(tmp_path / "my data", *REQUIRED, "label_map", "model", "notes", ".git")
    channels = channels_in(folder.as_uri() if as_uri else folder, Account())
    assert channels == {name: str(folder / name) for name in (*REQUIRED, "label_map", "model")}


def test_fit_takes_such_a_folder(tmp_path: Path) -> None:
    estimator = estimator_at(tmp_path / "home")
    request = estimator.training_request(folder_with(tmp_path / "data", *REQUIRED), "job")
    places = {
        entry["ChannelName"]: entry["DataSource"]["S3DataSource"]["S3Uri"] for entry in request["InputDataConfig"]
    }
    assert places == {name: f"{tmp_path}/data/{name}" for name in REQUIRED}


def test_folders_of_other_names_are_told_with_the_names_to_give_them(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "data", "train", "train_masks", "val", "val-labels", "test")
    (folder / "README.txt").touch()
    assert refusal_of(folder) == (
        "the folder of the channels must hold the folders train, train_annotation, validation and "
        f"validation_annotation, and train_annotation, validation and validation_annotation are missing in '{folder}', "
        "which holds test/, train/, train_masks/, val/, val-labels/ and README.txt: rename train_masks to "
        "train_annotation, val to validation and val-labels to validation_annotation, or give each channel its folder, "
        "such as fit({'train': ..., ...})"
    )


def test_images_and_masks_that_lie_apart_are_told_with_the_channels_to_give(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "data", "images", "masks")
    assert refusal_of(folder).endswith(
        "which holds images/ and masks/: images and masks lie apart here; give each channel its folder, such as "
        f"fit({{'train': '{folder}/images/train', 'train_annotation': '{folder}/masks/train', 'validation': "
        f"'{folder}/images/val', 'validation_annotation': '{folder}/masks/val'}})"
    )


def test_of_a_folder_of_pictures_a_few_are_shown(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"{number:02}.jpg").touch()
    assert refusal_of(tmp_path).endswith(
        "which holds 00.jpg, 01.jpg, 02.jpg, 03.jpg, 04.jpg, 05.jpg, 06.jpg, 07.jpg and 22 more: give each channel its "
        "folder, such as fit({'train': ..., 'train_annotation': ..., ...})"
    )


def test_one_channel_that_is_missing_is_one(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, *REQUIRED[:3])
    assert ", and validation_annotation is missing in '" in refusal_of(folder)


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    assert refusal_of(tmp_path / "none") == (
        f"the folder of the channels must be a folder that exists, got '{tmp_path}/none'"
    )
    with pytest.raises(UserError, match=r"got 'gs://b/data': download it, then give its folder$"):
        channels_in("gs://b/data", Account())


def test_the_channels_may_lie_below_a_prefix_of_s3(aws: str) -> None:
    account = Account()
    account.s3_client.create_bucket(
        Bucket="streets", CreateBucketConfiguration={"LocationConstraint": account.boto_region_name}
    )
    for name in (*REQUIRED, "other"):
        account.s3_client.put_object(Bucket="streets", Key=f"data/{name}/a.png", Body=b"")
    places = {name: f"s3://streets/data/{name}/" for name in REQUIRED}
    assert channels_in("s3://streets/data", account) == channels_in("s3://streets/data/", account) == places
    assert "are missing in 's3://streets', which holds data/: " in refusal_of("s3://streets")
    assert refusal_of("s3://streets/none") == (
        "the folder of the channels must be a folder in S3, and s3://streets/none holds nothing"
    )


@pytest.mark.parametrize(
    ("name", "channel"),
    [
        ("Training", "train"),
        ("train_images", "train"),
        ("trainannot", "train_annotation"),
        ("labels.train", "train_annotation"),
        ("dev", "validation"),
        ("validation masks", "validation_annotation"),
        ("gtFine_val", "validation_annotation"),
        ("test", None),
        ("trains", None),
    ],
)
def test_a_name_from_elsewhere_means_a_channel(name: str, channel: str | None) -> None:
    assert meant_channel(name) == channel
