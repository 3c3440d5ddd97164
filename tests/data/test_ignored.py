"""What is said of masks that are ignored, in all their pixels or in most, and of masks of one class alone."""

from __future__ import annotations

import pytest

from semseg.contract.findings import NOTED, REFUSED, WARNED
from semseg.data.look.ignored import ignored_findings
from tests.data.looking import Pixels, look_of, map_of


def told(masks: list[Pixels], label_map: str | None = None) -> list[tuple[str, str]]:
    """The levels and the sentences."""
    found = ignored_findings(look_of(masks).values, map_of(label_map), "train_annotation")
    return [(finding.level, finding.sentence) for finding in found]


def test_masks_that_are_ignored_in_all_pixels_are_refused_once_for_all() -> None:
    masks: list[Pixels] = [{255: 8}, {0: 4, 1: 4}, {255: 8}, {255: 8}, {255: 8}]
    assert told(masks) == [
        (
            REFUSED,
            "4 of 5 masks of channel train_annotation are ignored in all pixels and so teach nothing, first 0.png, "
            "2.png and 3.png: leave out these samples",
        )
    ]


def test_a_mask_that_a_label_map_ignores_is_refused_too() -> None:
    [(level, sentence), *_] = told([{7: 5, 255: 3}, {0: 4, 1: 4}], '{"map": {"0": 0, "1": 1, "255": 7}}')
    assert level == REFUSED
    assert sentence.startswith(
        "1 of 2 masks of channel train_annotation is ignored in all pixels and so teaches nothing"
    )


def test_more_than_half_of_all_pixels_ignored_is_a_warning() -> None:
    # 11 of 20 pixels
    assert told([{0: 3, 1: 2, 255: 5}, {0: 2, 1: 2, 255: 6}]) == [
        (
            WARNED,
            "55 % of the pixels in the masks of channel train_annotation are ignored, which is more than half: if "
            "pixel value 255 is a class, such as the background, give it one in a label map",
        )
    ]


def test_half_of_all_pixels_ignored_is_not() -> None:
    assert told([{0: 3, 1: 2, 255: 5}]) == []


@pytest.mark.parametrize("label_map", [None, '{"map": {"0": 0, "1": [1, 7, 8]}}'])
def test_masks_of_one_class_are_counted_and_noted(label_map: str | None) -> None:
    one: Pixels = {1: 5, 255: 3} if label_map is None else {1: 2, 7: 2, 8: 2, 255: 2}
    assert told([{0: 4, 1: 4}, one, {0: 8}], label_map) == [
        (NOTED, "2 of 3 masks of channel train_annotation hold one class alone, first 1.png and 2.png")
    ]
