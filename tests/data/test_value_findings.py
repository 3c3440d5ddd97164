"""Pixel values that are no classes are told once for all masks, with the way out that fits what they may be."""

from __future__ import annotations

import numpy as np
import pytest

from semseg.contract.findings import REFUSED
from semseg.data.look.mask_values import MaskValues
from semseg.data.look.value_findings import value_findings
from tests.data.looking import Pixels, judged_masks, look_of, map_of


def told(masks: list[Pixels], num_classes: int, label_map: str | None = None) -> list[tuple[str, str]]:
    """The causes and the sentences."""
    values = look_of(masks).values
    found = value_findings(values, map_of(label_map), num_classes, "train_annotation")
    assert all(finding.level == REFUSED for finding in found)
    return [(finding.cause, finding.sentence) for finding in found]


def way_out(masks: list[Pixels], num_classes: int, label_map: str | None = None) -> str:
    """The only sentence from its first colon on."""
    [(_, sentence)] = told(masks, num_classes, label_map)
    return sentence.partition(": ")[2]


def test_a_void_value_in_all_masks_is_told_once_with_the_label_map_to_write() -> None:
    # 1 of 25 pixels each: 4 %
    masks: list[Pixels] = [{**dict.fromkeys(range(11), 2), 0: 4, 11: 1}] * 20
    [finding] = judged_masks(masks, num_classes=11)
    classes = ", ".join(f'"{label}": {label}' for label in range(11))
    assert finding.sentence == (
        "pixel value 11 is in 20 of 20 masks of channel train_annotation (4 % of the pixels), first 0.png, 1.png and "
        "10.png, and is no class of num_classes 11 (likewise 20 of channel validation_annotation): if it means void, "
        f'write the label map {{"map": {{{classes}, "255": 11}}}}; if it is a class, set num_classes to 12'
    )
    assert (finding.cause, finding.channel, finding.count) == ("value-beyond-classes", "train_annotation", 40)
    assert finding.files == tuple(f"train_annotation/{number}.png" for number in (0, 1, 10))


def test_a_value_with_many_pixels_is_more_likely_a_class_than_void() -> None:
    # 6 of 16 pixels
    assert way_out([{0: 5, 1: 5, 2: 6}], 2) == (
        "if it is a class, set num_classes to 3; "
        'if it means void, write the label map {"map": {"0": 0, "1": 1, "255": 2}}'
    )


def test_of_several_values_the_masks_that_hold_any_of_them_are_counted() -> None:
    masks: list[Pixels] = [{0: 9, 1: 1}, {0: 8, 1: 1, 7: 1}, {0: 8, 1: 1, 9: 1}, {0: 7, 1: 1, 7: 1, 9: 1}]
    [(cause, sentence)] = told(masks, 2)
    assert cause == "value-beyond-classes"
    # 4 of 40 pixels
    assert sentence == (
        "pixel values 7 and 9 are in 3 of 4 masks of channel train_annotation (10 % of the pixels), first 1.png, 2.png "
        "and 3.png, and are no class of num_classes 2: if they mean void, write the label map "
        '{"map": {"0": 0, "1": 1, "255": [7, 9]}}; if they are classes, number all classes from 0 there'
    )


def test_ids_that_begin_at_1_are_told_the_label_map_that_begins_at_0() -> None:
    assert way_out([{1: 5, 2: 3}, {3: 1, 255: 2}], 3) == (
        'the ids begin at 1, no pixel is 0: write the label map {"map": {"0": 1, "1": 2, "2": 3}}'
    )


@pytest.mark.parametrize(
    ("values", "num_classes", "expected"),
    [
        ((0, 2, 4), 3, '{"scale": 2}'),
        ((0, 2, 4, 6, 8, 255), 5, '{"scale": 2}'),
        ((0, 5, 10, 15), 6, '{"scale": 5}'),
    ],
)
def test_ids_times_a_factor_are_told_the_scale(values: tuple[int, ...], num_classes: int, expected: str) -> None:
    assert way_out([dict.fromkeys(values, 1)], num_classes) == (
        f"the classes are multiples of one number: write the label map {expected}"
    )


@pytest.mark.parametrize(
    ("values", "num_classes", "expected"),
    [
        # 255 is a multiple, and a class is missing without it
        ((0, 85, 170, 255), 4, '{"map": {"0": 0, "1": 85, "2": 170, "3": 255}}'),
        ((0, 1, 50, 100), 4, '{"map": {"0": 0, "1": 1, "2": 50, "3": 100}}'),
    ],
)
def test_as_many_values_as_classes_are_told_the_map_of_all(
    values: tuple[int, ...], num_classes: int, expected: str
) -> None:
    assert way_out([dict.fromkeys(values, 1)], num_classes) == (
        f"if these values are the {num_classes} classes, write the label map {expected}"
    )


def test_a_value_that_the_label_map_leaves_out_is_told_the_map_with_it() -> None:
    [(cause, sentence)] = told([{0: 3, 7: 3, 9: 1}], 2, '{"map": {"0": 0, "1": 7, "255": 3}}')
    assert cause == "unnamed-value"
    # 1 of 7 pixels
    assert sentence == (
        "pixel value 9 is in 1 of 1 mask of channel train_annotation (14.3 % of the pixels), first 0.png, and is not "
        'in the label map: if it means void, write {"map": {"0": 0, "1": 7, "255": [3, 9]}}, else give it a class there'
    )


def test_a_class_of_the_label_map_that_the_job_does_not_have_is_told_so() -> None:
    assert way_out([{0: 3, 7: 3, 9: 1}], 2, '{"map": {"0": 0, "1": 7, "2": 9}}') == (
        'set num_classes to 3, or give another class or key "255" in the label map'
    )


def test_a_label_map_the_wrong_way_round_is_told_instead_of_each_value() -> None:
    [(cause, sentence)] = told([{0: 3, 1: 3, 128: 1}], 3, '{"map": {"0": 0, "1": 1, "128": 2}}')
    assert cause == "label-map-reversed"
    assert sentence.endswith(
        "the label map is the wrong way round (each key is a class, each value the pixel value in the mask): write "
        '{"map": {"0": 0, "1": 1, "2": 128}}'
    )


def test_many_dense_values_are_classes_or_objects() -> None:
    masks: list[Pixels] = [dict.fromkeys(range(100), 1), dict.fromkeys(range(60, 150), 1)]
    [(_, sentence)] = told(masks, 2)
    assert sentence.startswith("pixel values 2, 3, 4, 5, 6 and 143 more are in 2 of 2 masks of channel")
    assert sentence.endswith(
        "if these are classes, set num_classes to 150; if they number objects, save the objects' classes"
    )


def test_many_values_with_gaps_are_grey_levels_or_colours() -> None:
    assert way_out([dict.fromkeys((0, 1, *range(50, 250, 10)), 1)], 2) == (
        "if these are grey levels or colours, save class ids instead; if ids, name those of each class in a label map"
    )


def test_a_long_label_map_is_shown_by_its_ends() -> None:
    # 1 of 21 pixels
    assert way_out([{**dict.fromkeys(range(20), 1), 20: 1}], 20) == (
        'if it means void, write the label map {"map": {"0": 0, "1": 1, ..., "19": 19, "255": 20}}; '
        "if it is a class, set num_classes to 21"
    )


def test_values_that_both_halves_share_are_told_apart_where_their_label_maps_would_be() -> None:
    found = judged_masks([{0: 5, 1: 5, 2: 1}], [{0: 5, 1: 5, 4: 1}])
    assert [(finding.channel, finding.sentence.split(" are in ")[0].split(" is in ")[0]) for finding in found] == [
        ("train_annotation", "pixel value 2"),
        ("validation_annotation", "pixel value 4"),
    ]


@pytest.mark.parametrize(
    "masks",
    [
        [{0: 10, 1: 10, 11: 1}] * 3,
        [dict.fromkeys(range(150), 3)] * 3,
        [dict.fromkeys((0, 1, 3, 5, 90, 255), 5)] * 3,
        [{1: 5, 2: 2}] * 3,
    ],
)
@pytest.mark.parametrize("label_map", [None, '{"map": {"0": 0, "1": 1}}'])
def test_sentences_are_short(masks: list[Pixels], label_map: str | None) -> None:
    for finding in judged_masks(masks, num_classes=2, label_map=label_map):
        assert finding.cause == "one-class" or len(finding.sentence) <= 350


def test_masks_of_very_many_different_sets_of_values_are_counted_by_their_values() -> None:
    values = MaskValues()
    for number in range(5000):
        counts = np.zeros(256, np.int64)
        counts[0], counts[200] = 1, number % 2
        counts[1:14] = [number >> bit & 1 for bit in range(13)]
        values.add(counts, f"{number:04}.png")
    assert values.masks == 5000
    assert values.holding([200]).count == 2500
    assert values.holding([0]).count == 5000
    assert values.holding([200]).names == ("0001.png", "0003.png", "0005.png")
    assert values.holding([0, 200]).count == 5000
