"""Pictures that a viewer turns by their EXIF orientation are told where their masks speak of it."""

from __future__ import annotations

import pytest

from semseg.contract.findings import NOTED, REFUSED, WARNED, Finding
from semseg.data.look.orientation import Orientations
from tests.data.looking import a_mask, an_image, field, judged


def told(
    orientation: int, size: tuple[int, int] = (4, 2), of_mask: tuple[int, int] = (4, 2), is_turned: bool = False
) -> list[Finding]:
    """What is said of three images, of which two carry the orientation; sizes are width and height, as read."""
    seen = Orientations()
    for number, carried in enumerate((orientation, 1, orientation)):
        width, height = (4, 2) if carried == 1 else size
        mask = a_mask({0: 1}, *((4, 2) if carried == 1 else of_mask))
        image = an_image(orientation=carried, width=width)
        assert (image.width, image.height) == (width, height)
        seen.add(image, mask, f"train/{number}.jpg")
    return list(seen.findings("train", is_turned))


def test_field_pictures_stored_sideways_are_told_with_the_way_out() -> None:
    [finding] = judged(*field("exif-sideways"), 3)
    assert (finding.level, finding.cause, finding.count) == (REFUSED, "exif-orientation", 6)
    assert finding.sentence == (
        "4 of 4 images of channel train carry EXIF orientation 6, first scene_0.jpg, scene_1.jpg and scene_2.jpg "
        "(likewise 2 of channel validation): they are read as stored, and turned by it they would have the size of "
        "their masks, so do not scale these: turn the image files, or set exif_orientation to apply"
    )


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_masks_of_the_size_of_the_turned_pictures_are_refused(orientation: int) -> None:
    [finding] = told(orientation, of_mask=(2, 4))
    assert (finding.level, finding.files) == (REFUSED, ("train/0.jpg", "train/2.jpg"))
    assert finding.sentence.startswith(
        f"2 of 3 images of channel train carry EXIF orientation {orientation}, first 0.jpg and 2.jpg: they are read as "
        "stored, and turned by it they would have the size of their masks, so"
    )


def test_masks_of_the_size_of_the_stored_pictures_are_refused_where_pictures_are_turned() -> None:
    [finding] = told(8, of_mask=(2, 4), is_turned=True)
    assert finding.sentence.endswith(
        "they are read turned by it, and as stored they would have the size of their masks, so do not scale these: set "
        "exif_orientation to ignore"
    )


@pytest.mark.parametrize(("orientation", "width"), [(3, 4), (2, 4), (4, 4), (6, 2), (8, 2)])
def test_pictures_on_their_heads_and_squares_are_a_warning_because_sizes_tell_nothing(
    orientation: int, width: int
) -> None:
    [finding] = told(orientation, (width, 2), (width, 2))
    assert finding.level == WARNED
    assert finding.sentence == (
        f"2 of 3 images of channel train carry EXIF orientation {orientation}, first 0.jpg and 2.jpg, and sizes do not "
        "tell whether their masks were painted on pictures that a viewer had turned: they are read as stored; if they "
        "do not fit their masks so, turn the image files, or set exif_orientation to apply"
    )


def test_nothing_is_warned_of_where_pictures_are_turned_as_viewers_do() -> None:
    [finding] = told(3, is_turned=True)
    assert (finding.level, finding.sentence) == (
        NOTED,
        "2 of 3 images of channel train carry EXIF orientation 3 and are read turned by it",
    )


def test_masks_that_fit_the_pictures_as_they_are_stored_are_noted() -> None:
    [finding] = told(6)
    assert (finding.level, finding.sentence) == (
        NOTED,
        "2 of 3 images of channel train carry EXIF orientation 6 and are read as stored, which the sizes of their "
        "masks agree with",
    )


def test_masks_of_a_third_size_are_not_explained_by_the_orientation() -> None:
    assert [finding.level for finding in told(6, of_mask=(8, 4))] == [NOTED]


def test_nothing_is_said_of_pictures_without_an_orientation() -> None:
    assert told(1) == []
