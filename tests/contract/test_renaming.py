"""The rule by which masks are named after images is found by looking at the names, and none is made up."""

from __future__ import annotations

import pytest

from semseg.contract.renaming import Renaming, find_renaming


@pytest.mark.parametrize(
    ("images", "masks", "rule"),
    [
        (["a"], ["a_seg"], Renaming("", "", "", "_seg")),
        (["cat", "dog", "emu"], ["m-cat-v2", "m-dog-v2", "m-emu-v2"], Renaming("", "", "m-", "-v2")),
        (["cat.rgb", "dog.rgb"], ["cat", "dog"], Renaming("", ".rgb", "", "")),
        (["img 1 a", "img 2 a"], ["gt 1 b", "gt 2 b"], Renaming("img", "a", "gt", "b")),
        (["frame7", "frame8"], ["label7", "label8"], Renaming("frame", "", "label", "")),
        (["x_1", "x_2", "x_3"], ["x_1_m", "x_2_m", "y"], Renaming("", "", "", "_m")),
    ],
)
def test_the_rule_of_most_masks_is_found(images: list[str], masks: list[str], rule: Renaming) -> None:
    assert find_renaming(images, masks) == rule


@pytest.mark.parametrize(
    ("images", "masks"),
    [
        ([], ["a"]),
        (["a"], []),
        (["a"], ["b"]),
        (["1"], ["x1y"]),  # by chance
        (["img_000", "img_001"], ["img_100", "img_101"]),  # they count on
        (["1", "2", "3"], ["101", "102", "103"]),
        (["a", "b", "c", "d"], ["a_m", "x", "y", "z"]),  # one of four
    ],
)
def test_names_that_have_nothing_to_do_with_one_another_have_no_rule(images: list[str], masks: list[str]) -> None:
    assert find_renaming(images, masks) is None


def test_the_expression_of_a_rule_makes_the_right_name() -> None:
    rule = Renaming("img_", "_rgb", "gt_", "_seg")
    assert rule.image_of("gt_7_seg") == "img_7_rgb"
    assert rule.expression("name") == "'img_' + name[3:-8] + '_rgb.png'"
    assert rule.pattern == "gt_*_seg.png"
    assert Renaming("", "", "", " [x]").pattern == "* [[]x].png"
    assert rule.image_of("gt__seg") is None
    assert rule.image_of("gt_7") is None
