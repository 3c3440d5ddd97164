"""What is told of images and masks whose names do not fit together."""

from __future__ import annotations

import re
import shutil
import unicodedata
from pathlib import Path
from typing import Literal

import pytest

from semseg.data.dataset import Dataset
from tests.container.data_jobs import checked, field_input, good_job, refused, report_of

Form = Literal["NFC", "NFD"]
STRANGE = "Straße Köln é"


def renamed(folder: Path, old: str, new: str) -> None:
    """Renames files by a regular expression; parts of the new name may be folders."""
    for path in sorted(folder.iterdir()):
        target = folder / re.sub(old, new, path.name)
        target.parent.mkdir(exist_ok=True)
        path.rename(target)


def run_the_way_out(sentence: str) -> None:
    """Does what the sentence says is to be done in Python."""
    exec(sentence.split("in Python: ")[1], {})


@pytest.mark.parametrize(
    ("image", "mask", "told"),
    [
        (
            r"\1",
            r"\1_mask",
            'end in "_mask" and those of their images do not: ',
        ),
        (r"\1", r"\1.jpg", 'end in ".jpg" and those of their images do not: '),
        (r"f\1", r"f\1-seg", 'end in "-seg" and those of their images do not: '),
        (r"\1", r"mask_\1", 'begin with "mask_" and those of their images do not: '),
        (r"\1_rgb", r"\1", 'do not end in "_rgb" as those of their images do: '),
        (r"img \1", r"gt \1", 'begin with "gt" where those of their images begin with "img": '),
        (
            r"a_\1_leftImg8bit",
            r"a_\1_gtFine_labelIds",
            'end in "gtFine_labelIds" where those of their images end in "leftImg8bit": ',
        ),
        (
            r"in-\1-a",
            r"out-\1-b",
            'begin with "out" where those of their images begin with "in", and end in "b" where those of their images '
            'end in "a": ',
        ),
    ],
)
def test_common_endings_and_beginnings_are_told_once_with_the_lines_that_mend_them(
    tmp_path: Path, image: str, mask: str, told: str
) -> None:
    directory = good_job(tmp_path)
    renamed(directory.channel("train"), r"^(.*)(?=\.jpg)", image)
    renamed(directory.channel("train_annotation"), r"^(.*)(?=\.png)", mask)
    [problem] = refused(directory)
    assert problem.startswith(f"the names of 4 of 4 masks of channel train_annotation {told}")
    run_the_way_out(problem)
    train, _ = checked(directory)
    assert isinstance(train.dataset, Dataset)
    assert len(train.dataset.samples) == 4


def test_a_broken_file_and_a_wrong_size_are_found_behind_names_that_do_not_fit(tmp_path: Path) -> None:
    directory = good_job(tmp_path)
    shutil.copy(directory.channel("train_annotation") / "1.png", tmp_path / "kept.png")
    renamed(directory.channel("train_annotation"), "^(.)", r"\1_mask")
    (directory.channel("train") / "1.jpg").write_bytes(b"")
    _, broken = refused(directory)
    assert broken == "train/1.jpg is empty (0 bytes): a JPEG or PNG picture is needed"


def test_the_field_s_masks_with_an_ending_are_one_sentence_for_each_channel(tmp_path: Path) -> None:
    directory = field_input("mask-names-with-ending", tmp_path)
    problems = refused(directory, num_classes=3)
    assert [problem.split(": ")[0] for problem in problems] == [
        'the names of 4 of 4 masks of channel train_annotation end in "_mask" and those of their images do not',
        'the names of 2 of 2 masks of channel validation_annotation end in "_mask" and those of their images do not',
    ]
    assert "(scene_0_mask.png -> scene_0.png), in Python: from pathlib import Path; " in problems[0]
    for problem in problems:
        run_the_way_out(problem)
    checked(directory, num_classes=3)
    assert report_of(directory)["channels"]["train"]["samples"] == 4


def test_of_several_masks_of_an_image_the_one_with_class_ids_is_taken(tmp_path: Path) -> None:
    directory = good_job(tmp_path)
    masks = directory.channel("train_annotation")
    for path in sorted(masks.iterdir()):
        for ending in ("color", "instanceIds"):
            shutil.copy(path, masks / f"{path.stem}_gtFine_{ending}.png")
        path.rename(masks / f"{path.stem}_gtFine_labelIds.png")
    ending, others = reversed(refused(directory))
    assert ending.startswith('the names of 4 of 12 masks of channel train_annotation end in "_gtFine_labelIds" and ')
    assert others.startswith("8 of 12 masks of channel train_annotation have no image, first 0_gtFine_color.png, ")


def test_names_that_merely_count_on_are_no_ending(tmp_path: Path) -> None:
    directory = good_job(tmp_path)
    renamed(directory.channel("train_annotation"), "^(.)", r"10\1")
    assert refused(directory) == [
        "4 of 4 images of channel train have no mask, first 0.jpg, 1.jpg, 2.jpg and 1 more: expected "
        "train_annotation/0.png and so on",
        "4 of 4 masks of channel train_annotation have no image, first 100.png, 101.png, 102.png and 1 more: expected "
        "train/100.jpg and so on",
    ]


# --- pictures and masks in one folder


def test_masks_beside_their_images_are_told_once_and_moved_by_the_lines_that_are_shown(tmp_path: Path) -> None:
    directory = good_job(tmp_path)
    images, masks = directory.channel("train"), directory.channel("train_annotation")
    for path in sorted(masks.iterdir()):
        path.rename(images / f"{path.stem}_L.png")
    [problem] = refused(directory)
    assert problem.startswith(
        "channel train has 4 .png files beside pictures of the same name but for an ending, such as train/0_L.png "
        "beside train/0.jpg: where these are the masks, move them into a folder of their own, which is channel "
        "train_annotation, and give each the name of its image, in Python: "
    )
    run_the_way_out(problem)
    checked(directory)
    assert report_of(directory)["channels"]["train"]["samples"] == 4


def test_one_folder_for_both_channels_is_told_so(tmp_path: Path) -> None:
    directory = good_job(tmp_path)
    images, masks = directory.channel("train"), directory.channel("train_annotation")
    for path in sorted(masks.iterdir()):
        path.rename(images / path.name)
    masks.rmdir()
    masks.symlink_to(images)
    [problem] = refused(directory)
    assert problem.startswith("channel train has 4 .png files beside pictures of the same name, such as train/0.png ")
    assert f"new = Path('{images}_annotation')" in problem


# --- names that are nearly alike


@pytest.mark.parametrize(
    ("mask", "told"),
    [
        (r"SCENE \1", "differ from those of their images in the case of letters alone"),
        (r"Scene_\1", "differ from those of their images in spaces, hyphens and underscores alone"),
        (r"Scene 00\1", "differ from those of their images in leading zeros alone"),
    ],
)
def test_names_that_are_nearly_alike_are_told_so(tmp_path: Path, mask: str, told: str) -> None:
    directory = good_job(tmp_path)
    renamed(directory.channel("train"), "^(.)", r"Scene \1")
    renamed(directory.channel("train_annotation"), "^(.)", mask)
    [problem] = refused(directory)
    assert problem.startswith(f"the names of 4 of 4 masks of channel train_annotation {told}, such as ")
    assert problem.endswith(" for train/Scene 0.jpg: give both the same name")


def test_masks_in_other_folders_than_their_images_are_told_so(tmp_path: Path) -> None:
    directory = good_job(tmp_path)
    renamed(directory.channel("train"), "^(.)", r"city/\1")
    assert refused(directory) == [
        "4 of 4 masks of channel train_annotation lie in other folders than their images, such as "
        "train_annotation/0.png for train/city/0.jpg: put both at the same path below the folders of their channels"
    ]


def test_masks_in_other_folders_with_an_ending_are_told_both(tmp_path: Path) -> None:
    directory = good_job(tmp_path)
    renamed(directory.channel("train"), "^(.)", r"city/\1")
    renamed(directory.channel("train_annotation"), "^(.)", r"all/\1_mask")
    [problem] = refused(directory)
    assert 'end in "_mask" and those of their images do not, and they lie in other folders, such as ' in problem


# --- Unicode


@pytest.mark.parametrize("forms", [("NFD", "NFC"), ("NFC", "NFD")])
def test_names_in_two_unicode_forms_are_one(tmp_path: Path, forms: tuple[Form, Form]) -> None:
    directory = good_job(tmp_path)
    for channel, form in zip(("train", "train_annotation"), forms):
        renamed(directory.channel(channel), "^(.)", unicodedata.normalize(form, f"{STRANGE}\\1"))
    train, _ = checked(directory)
    assert isinstance(train.dataset, Dataset)
    assert [sample.name for sample in train.dataset.samples] == [f"{STRANGE}{number}" for number in range(4)]
    train.dataset.read(0)


def test_the_field_s_names_in_two_unicode_forms_are_paired(tmp_path: Path) -> None:
    directory = field_input("names-two-unicode-forms", tmp_path)
    assert {unicodedata.is_normalized("NFC", path.name) for path in directory.channel("train").iterdir()} == {False}
    checked(directory, num_classes=3)
    channels = report_of(directory)["channels"]
    assert (channels["train"]["samples"], channels["validation"]["samples"]) == (2, 2)


def test_two_files_of_one_name_in_two_unicode_forms_are_told_so(tmp_path: Path) -> None:
    directory = good_job(tmp_path)
    for channel in ("train", "train_annotation"):
        renamed(directory.channel(channel), "^0", "ö")
    shutil.copy(
        directory.channel("train") / "ö.jpg", directory.channel("train") / unicodedata.normalize("NFD", "ö.jpg")
    )
    [problem] = refused(directory)
    assert unicodedata.normalize("NFC", problem) == (
        "train/ö.jpg has the same name as ö.jpg in another Unicode form (one of them is composed, NFC, the other "
        "decomposed, as a Mac writes it): remove one of them"
    )
