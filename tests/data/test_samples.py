from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from semseg.data.samples import Sample
from semseg.data.samples import pair_samples as pair_files

Fill = Callable[[list[str], list[str]], tuple[Path, Path]]  # makes files by the names of images and masks


def pair_samples(images: Path, masks: Path, channel: str) -> tuple[list[Sample], list[str]]:
    samples, findings = pair_files(images, masks, channel)
    return list(samples), [finding.sentence for finding in findings]


@pytest.fixture
def folders(tmp_path: Path) -> Fill:
    def fill(images: list[str], masks: list[str]) -> tuple[Path, Path]:
        for folder, names in (("images", images), ("masks", masks)):
            for name in names:
                path = tmp_path / folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
        return tmp_path / "images", tmp_path / "masks"

    return fill


def test_images_and_masks_are_paired_by_name_and_sorted(folders: Fill) -> None:
    images, masks = folders(["b.jpeg", "a.JPG", "c.png"], ["c.png", "b.png", "a.PNG"])
    samples, problems = pair_samples(images, masks, "train")
    assert samples == [
        Sample(images / "a.JPG", masks / "a.PNG", "a"),
        Sample(images / "b.jpeg", masks / "b.png", "b"),
        Sample(images / "c.png", masks / "c.png", "c"),
    ]
    assert problems == []


def test_equal_names_in_different_folders_are_different_samples(folders: Fill) -> None:
    images, masks = folders(["x/1.jpg", "y/z/1.jpg", "1.jpg"], ["y/z/1.png", "x/1.png", "1.png"])
    samples, problems = pair_samples(images, masks, "train")
    assert [sample.name for sample in samples] == ["1", "x/1", "y/z/1"]
    assert samples[2].mask == masks / "y" / "z" / "1.png"
    assert problems == []


def test_a_dot_in_a_name_belongs_to_it(folders: Fill) -> None:
    images, masks = folders(["v1.0.jpg", "v1.1.jpg"], ["v1.0.png", "v1.1.png"])
    samples, problems = pair_samples(images, masks, "train")
    assert [sample.name for sample in samples] == ["v1.0", "v1.1"]
    assert problems == []


def test_hidden_files_and_files_that_are_no_pictures_are_left_out(folders: Fill) -> None:
    images, masks = folders(
        ["a.jpg", ".DS_Store", "._a.jpg", ".ipynb_checkpoints/b.jpg", "README.md", "list.txt"],
        ["a.png", ".hidden.png", "Thumbs.db"],
    )
    samples, problems = pair_samples(images, masks, "train")
    assert [sample.name for sample in samples] == ["a"]
    assert problems == []


def test_pictures_of_other_formats_are_problems(folders: Fill) -> None:
    images, masks = folders(["a.jpg", "b.GIF"], ["a.png", "c.jpg", "d.bmp"])
    _, problems = pair_samples(images, masks, "validation")
    assert problems == [
        "validation/b.GIF cannot be used: channel validation is read from "
        ".jpg or .jpeg or .png or .tif or .tiff or .bmp or .webp files",
        "2 files of channel validation_annotation cannot be used, first c.jpg and d.bmp: channel validation_annotation "
        "is read from .png files",
    ]


def test_an_image_without_mask_and_a_mask_without_image_are_problems(folders: Fill) -> None:
    images, masks = folders(["a.jpg", "x/b.jpg"], ["a.png", "x/c.png"])
    samples, problems = pair_samples(images, masks, "train")
    assert [sample.name for sample in samples] == ["a"]
    assert problems == [
        "train/x/b.jpg has no mask: expected train_annotation/x/b.png",
        "train_annotation/x/c.png has no image: expected train/x/c.jpg",
    ]


def test_two_images_with_one_name_are_a_problem(folders: Fill) -> None:
    images, masks = folders(["a.jpg", "a.png"], ["a.png"])
    _, problems = pair_samples(images, masks, "train")
    assert problems == ["train/a.png has the same name as a.jpg but for the suffix: remove one of them"]


def test_an_empty_folder_is_one_problem_and_not_one_for_each_partner(folders: Fill, tmp_path: Path) -> None:
    images, _ = folders(["a.jpg", "b.jpg"], [])
    masks = tmp_path / "empty"
    masks.mkdir()
    samples, problems = pair_samples(images, masks, "train")
    assert samples == []
    assert problems == [f"channel train_annotation has no .png file in {masks}: put at least one there"]


def test_missing_folders_are_problems(tmp_path: Path) -> None:
    images, masks = tmp_path / "images", tmp_path / "masks"
    assert pair_samples(images, masks, "train") == (
        [],
        [
            f"channel train has no folder: {images} does not exist",
            f"channel train_annotation has no folder: {masks} does not exist",
        ],
    )


def test_linked_files_are_read_and_a_folder_that_holds_itself_does_no_harm(folders: Fill) -> None:
    images, masks = folders(["a.jpg"], ["a.png"])
    (images / "b.jpg").symlink_to(images / "a.jpg")
    (masks / "b.png").symlink_to(masks / "a.png")
    (images / "again").symlink_to(images)
    samples, problems = pair_samples(images, masks, "train")
    assert [sample.name for sample in samples] == ["a", "b"]
    assert problems == []


def test_a_real_data_set_pairs_without_a_problem(camvid: Path) -> None:
    samples, problems = pair_samples(camvid / "train", camvid / "train_annotation", "train")
    assert len(samples) == 367
    assert samples[0].name == "0001TP_006690"
    assert problems == []
