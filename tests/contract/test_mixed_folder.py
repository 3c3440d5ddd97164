"""Masks in the folder of their images are recognised, and nothing else is taken for it."""

from __future__ import annotations

import pytest

from semseg.contract.mixed_folder import masks_among_images

ONE, TWO = ("/data/all", "/data/all"), ("/data/train", "/data/masks")
BESIDE = "channel train has 2 .png files beside pictures"


def told(images: list[str], masks: list[str], places: tuple[str, str] = TWO) -> str:
    finding = masks_among_images(images, masks, "train", places)
    return "" if finding is None else finding.sentence


@pytest.mark.parametrize("places", [ONE, TWO])
@pytest.mark.parametrize(
    ("files", "named"),
    [
        (["a.jpg", "b.jpg", "a.png", "b.png"], "of the same name, such as train/a.png beside train/a.jpg"),
        (["a.jpg", "b.jpg", "a_L.png", "b_L.png"], "of the same name but for an ending, such as train/a_L.png beside"),
        (["a.png", "b.png", "a_L.png", "b_L.png"], "of the same name but for an ending, such as train/a_L.png beside"),
        (["x/a.jpg", "x/b.jpg", "gt/a.png", "gt/b.png"], "of the same name in another folder, such as train/gt/a.png "),
        (
            ["x/a.png", "x/b.png", "Masks/a.png", "Masks/b.png"],
            "of the same name in another folder, such as train/Mask",
        ),
    ],
)
def test_masks_in_the_folder_of_their_images_are_recognised(
    files: list[str], named: str, places: tuple[str, str]
) -> None:
    masks = [path for path in files if path.endswith(".png")] if places == ONE else []
    assert told(files, masks, places).startswith(f"{BESIDE} {named}")


@pytest.mark.parametrize(
    ("images", "masks"),
    [
        (["a.jpg", "b.jpg", "a.png"], ["a.png", "b.png"]),  # an image is there twice
        (["a.png", "b.png", "a_flip.png"], ["a.png", "b.png"]),
        (["a.jpg", "b.jpg"], []),
        ([], []),
    ],
)
def test_what_is_no_mask_is_not_taken_for_one(images: list[str], masks: list[str]) -> None:
    assert told(images, masks) == ""


def test_one_folder_for_both_channels_is_always_told() -> None:
    assert told(["a.png", "b.png"], ["a.png", "b.png"], ONE) == (
        "channels train and train_annotation must have a folder each, and both have /data/all: put the masks into a "
        "folder of their own"
    )
