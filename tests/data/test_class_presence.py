"""Masks of one class are refused with the label map to write; classes that are missing are named."""

from __future__ import annotations

import json
import re
from itertools import combinations

import numpy as np
import pytest

from semseg.contract.findings import REFUSED, WARNED, Finding
from semseg.data.labels.label_map import LabelMap
from semseg.data.look.class_presence import unscored_classes, untaught_classes
from semseg.data.look.mask_values import MaskValues
from semseg.data.look.one_class import one_class, one_class_map
from tests.data.looking import field, judged, judged_masks

MASKS = "train_annotation"
INTO_FILES = (
    "into train_label_map.json of channel label_map, and into validation_label_map.json for masks of the same kind"
)
WITHOUT_MAP = "(a pixel value is its class, and 255 means ignore)"
WRONG_WAY = "the label map is the wrong way round (each key is a class, each value the pixel value in the mask): write"
ONE_VALUE = (
    "the masks hold one value alone, which no label map can divide: look at how they were written, or add samples with "
    "a second class"
)


def values_of(pixels: dict[int, int]) -> MaskValues:
    """One mask with so many pixels of each value."""
    counts = np.zeros(256, np.int64)
    counts[list(pixels)] = list(pixels.values())
    values = MaskValues()
    values.add(counts)
    return values


def map_of(label_map: str | None) -> LabelMap:
    return LabelMap.identity() if label_map is None else LabelMap.from_json(label_map)


def said(finding: Finding | None, level: str) -> str | None:
    """The sentence of a finding of this level."""
    assert finding is None or finding.level == level
    return finding.sentence if finding else None


def refusal(pixels: dict[int, int], num_classes: int = 2, label_map: str | None = None) -> str | None:
    return said(one_class(values_of(pixels), map_of(label_map), num_classes, MASKS), REFUSED)


def warning(pixels: dict[int, int], num_classes: int, label_map: str | None = None) -> str | None:
    return said(untaught_classes(values_of(pixels), map_of(label_map), num_classes, MASKS), WARNED)


def got(classes: str, fates: str, rule: str = WITHOUT_MAP) -> str:
    """The sentence up to its way out."""
    return (
        f"channel {MASKS} must hold two classes at least, or there is nothing to learn, got {classes}: {fates} {rule}: "
    )


def test_black_and_white_masks_without_a_label_map_are_refused_with_the_one_to_write() -> None:
    # 6 + 2 = 8 pixels
    assert refusal({0: 6, 255: 2}) == (
        got(
            "class 0 of num_classes 2 alone",
            "pixel value 0 in 75 % of the pixels is class 0, pixel value 255 in 25 % is ignored",
        )
        + f'if these values are classes, write {{"map": {{"0": 0, "1": 255}}}} {INTO_FILES}'
    )


def test_a_label_map_the_wrong_way_round_is_refused_with_the_right_one() -> None:
    wrong = '{"map": {"0": 0, "255": 1}}'
    assert refusal({0: 6, 255: 2}, label_map=wrong) == (
        got(
            "class 0 of num_classes 2 alone",
            "pixel value 0 in 75 % of the pixels is class 0, pixel value 255 in 25 % is ignored",
            f"(by the label map {wrong})",
        )
        + f'{WRONG_WAY} {{"map": {{"0": 0, "1": 255}}}}'
    )


def test_three_values_the_wrong_way_round_are_turned_round() -> None:
    wrong = '{"map": {"0": 0, "127": 1, "255": 2}}'
    # 5 + 3 + 2 = 10 pixels
    assert refusal({0: 5, 127: 3, 255: 2}, 3, wrong) == (
        got(
            "class 0 of num_classes 3 alone",
            "pixel value 0 in 50 % of the pixels is class 0, pixel value 127 in 30 % is not named, "
            "pixel value 255 in 20 % is ignored",
            f"(by the label map {wrong})",
        )
        + f'{WRONG_WAY} {{"map": {{"0": 0, "1": 127, "2": 255}}}}'
    )


@pytest.mark.parametrize(
    ("num_classes", "expected"),
    [(3, '{"map": {"0": 0, "1": 254, "2": 255}}'), (2, '{"map": {"0": 0, "1": 254}}')],
)
def test_of_0_254_and_255_the_last_is_a_class_only_where_there_are_classes_for_all(
    num_classes: int, expected: str
) -> None:
    # 11 + 4 + 1 = 16 pixels: 68.75 %, 25 % and 6.25 %
    assert refusal({0: 11, 254: 4, 255: 1}, num_classes) == (
        got(
            f"class 0 of num_classes {num_classes} alone",
            "pixel value 0 in 68.8 % of the pixels is class 0, pixel value 254 in 25 % would be class 254, "
            "pixel value 255 in 6.2 % is ignored",
        )
        + f"if these values are classes, write {expected} {INTO_FILES}"
    )


def test_more_values_than_classes_ask_for_more_classes() -> None:
    sentence = refusal({0: 1, 100: 1, 200: 2})
    assert sentence is not None
    assert "got class 0 of num_classes 2 alone: pixel value 200 in 50 % of the pixels would be class 200," in sentence
    assert 'set num_classes to 3 and write {"map": {"0": 0, "1": 100, "2": 200}} into train_label_map.json' in sentence


def test_a_label_map_that_ignores_all_but_one_class_is_refused() -> None:
    # 1 is ignored by the map and 255 by rule
    sentence = refusal({0: 2, 1: 1, 255: 1}, label_map='{"map": {"0": 0, "255": 1}}')
    assert sentence is not None
    assert "pixel value 1 in 25 % is ignored, pixel value 255 in 25 % is ignored (by the label map" in sentence
    assert 'if these values are classes, write {"map": {"0": 0, "1": 1}} into' in sentence


def test_a_label_map_that_makes_one_class_of_all_is_refused() -> None:
    sentence = refusal({0: 3, 255: 1}, label_map='{"map": {"0": [0, 255]}}')
    assert sentence is not None
    assert "pixel value 0 in 75 % of the pixels is class 0, pixel value 255 in 25 % is class 0 (by the" in sentence
    assert 'if these values are classes, write {"map": {"0": 0, "1": 255}} into' in sentence


def test_a_label_map_for_other_masks_is_refused_with_the_one_for_these() -> None:
    sentence = refusal({0: 5, 1: 3}, label_map='{"map": {"0": 0, "1": 255}}')
    assert sentence is not None
    assert "pixel value 0 in 62.5 % of the pixels is class 0, pixel value 1 in 37.5 % is not named" in sentence
    assert 'write {"map": {"0": 0, "1": 1}} into' in sentence


def test_a_scale_that_leaves_one_class_is_refused() -> None:
    sentence = refusal({0: 3, 255: 1}, label_map='{"scale": 255}')
    assert sentence is not None
    assert '(by the label map {"scale": 255}): if these values' in sentence
    assert 'write {"map": {"0": 0, "1": 255}} into' in sentence


@pytest.mark.parametrize(
    ("value", "classes", "fate"), [(1, "class 1 of num_classes 3 alone", "class 1"), (255, "none of num_classes 3", "")]
)
def test_masks_of_one_value_are_refused_without_a_label_map_to_write(value: int, classes: str, fate: str) -> None:
    fates = f"pixel value {value} in 100 % of the pixels is {fate or 'ignored'}"
    assert refusal({value: 7}, 3) == got(classes, fates) + ONE_VALUE


def test_of_many_values_the_most_common_are_told() -> None:
    # 0 in 20 of 95 pixels, 75 other values in one each
    sentence = refusal({0: 20, **dict.fromkeys(range(80, 155), 1)})
    assert sentence is not None
    assert "pixel value 0 in 21.1 % of the pixels is class 0, pixel value 80 in 1.1 % would be class 80," in sentence
    assert "pixel value 82 in 1.1 % would be class 82 and 72 more values (" in sentence
    assert "the masks hold 76 different values: name those of each class in a label map" in sentence


def test_shares_never_round_to_all_or_nothing() -> None:
    values = values_of({0: 99_999, 255: 1})
    assert (values.share(0), values.share(255)) == ("over 99.9 %", "under 0.1 %")


@pytest.mark.parametrize("label_map", [None, '{"map": {"0": 0, "1": 1}}', '{"scale": 1}'])
def test_two_classes_are_enough(label_map: str | None) -> None:
    assert refusal({0: 1, 1: 1, 255: 8}, label_map=label_map) is None


def test_nothing_is_said_of_masks_one_of_which_could_not_be_read() -> None:
    values = values_of({0: 6, 255: 2})
    values.add(None)
    assert one_class(values, LabelMap.identity(), 2, MASKS) is None
    assert untaught_classes(values, LabelMap.identity(), 2, MASKS) is None


@pytest.mark.parametrize("label_map", [None, '{"scale": 255}', '{"map": {"0": 0, "255": 1}}', '{"map": {"3": [0, 1]}}'])
@pytest.mark.parametrize("num_classes", [2, 3, 5])
def test_every_label_map_that_is_proposed_cures_the_fault(num_classes: int, label_map: str | None) -> None:
    proposed = 0
    for count in range(1, 5):
        for chosen in combinations((0, 1, 2, 100, 254, 255), count):
            sentence = refusal(dict.fromkeys(chosen, 1), num_classes, label_map)
            for found in re.findall(r'write (\{"map": \{.*?\}\})', sentence or ""):
                raised = re.search(r"set num_classes to (\d+)", sentence or "")
                allowed = int(raised[1]) if raised else num_classes
                cure, present = LabelMap.from_json(found), values_of(dict.fromkeys(chosen, 1)).present
                assert len(cure.classes(allowed, present)) > 1
                assert cure.known[present].all()
                proposed += 1
    assert proposed > 5


@pytest.mark.parametrize(
    ("label_map", "way_out"),
    [
        (
            '{"map": {"0": 0, "255": 1}}',
            "it is the wrong way round (each key is a class, each value the pixel value in the mask): "
            'write {"map": {"0": 0, "1": 255}}',
        ),
        ('{"scale": 255}', 'give each class a pixel value, {"map": {"<class>": <pixel value>}}'),
        ('{"map": {"0": [0, 255]}}', 'give each class a pixel value, {"map": {"<class>": <pixel value>}}'),
    ],
)
def test_a_label_map_that_leads_to_one_class_is_known_without_any_mask(label_map: str, way_out: str) -> None:
    assert said(one_class_map(map_of(label_map), 2, "train"), REFUSED) == (
        "the label map of channel train must lead to two classes at least, or there is nothing to learn, "
        f"got class 0 of num_classes 2 alone from {label_map}: {way_out}"
    )


@pytest.mark.parametrize("label_map", [None, '{"map": {"0": 0, "1": 255}}', '{"scale": 200}'])
def test_a_label_map_that_leads_to_two_classes_is_taken(label_map: str | None) -> None:
    assert one_class_map(map_of(label_map), 2, "train") is None


def test_a_class_that_no_mask_holds_is_named() -> None:
    assert warning({0: 1, 1: 1, 2: 1, 4: 1}, 5) == (
        "class 3 of num_classes 5 is in no mask of channel train_annotation: number the classes without gaps in a "
        "label map and lower num_classes to 4, or add samples that hold it"
    )


def test_classes_that_no_mask_holds_are_named_together() -> None:
    assert warning({0: 1, 1: 1}, 4) == (
        "classes 2 and 3 of num_classes 4 are in no mask of channel train_annotation: "
        "lower num_classes to 2, or add samples that hold them"
    )


def test_of_many_missing_classes_five_are_named() -> None:
    sentence = warning({0: 1, 1: 1}, 21)
    assert sentence is not None
    assert sentence.startswith("classes 2, 3, 4, 5, 6 and 14 more of num_classes 21 are in no mask of channel")


def test_a_missing_class_may_be_what_255_was_meant_for() -> None:
    assert warning({0: 2, 1: 1, 255: 1}, 4) == (
        "classes 2 and 3 of num_classes 4 are in no mask of channel train_annotation: lower num_classes to 2, or add "
        "samples that hold them, or give 255, which is ignored in 25 % of the pixels, a class in a label map"
    )


def test_a_label_map_the_wrong_way_round_that_leaves_two_classes_is_told() -> None:
    assert warning({0: 1, 1: 1, 255: 1}, 3, '{"map": {"0": 0, "1": 1, "255": 2}}') == (
        f"class 2 of num_classes 3 is in no mask of channel train_annotation: {WRONG_WAY} "
        '{"map": {"0": 0, "1": 1, "2": 255}}'
    )


def test_nothing_is_said_where_every_class_is_there() -> None:
    assert warning({0: 1, 1: 1, 2: 1, 255: 5}, 3) is None


def test_a_class_without_validation_masks_has_no_score() -> None:
    finding = unscored_classes(values_of({0: 3, 255: 1}), LabelMap.identity(), 2, "validation_annotation")
    assert said(finding, WARNED) == (
        "class 1 of num_classes 2 is in no mask of channel validation_annotation: to have a score, add samples that "
        'hold it, or give 255, which is ignored in 25 % of the pixels, a class in a label map: {"map": {"0": 0, "1": '
        "255}}"
    )


@pytest.mark.parametrize(
    ("label_map", "turned"),
    [
        ('{"map": {"0": 0, "255": 1}}', {"map": {"0": 0, "1": 255}}),
        ('{"map": {"9": ["7"], "0": "3"}}', {"map": {"3": 0, "7": 9}}),
        ('{"map": {"0": [5, 6]}}', None),
        ('{"map": {"0": []}}', None),
        ('{"scale": 3}', None),
    ],
)
def test_a_label_map_is_turned_round_where_that_has_one_meaning(label_map: str, turned: object) -> None:
    found = map_of(label_map).turned_round()
    assert (found and json.loads(json.dumps(found.description))) == turned


# --- both halves together


def test_ids_that_begin_at_1_leave_class_0_untaught_and_are_told_the_label_map() -> None:
    assert warning({1: 4, 2: 3, 3: 1, 255: 2}, 4) == (
        "class 0 of num_classes 4 is in no mask of channel train_annotation: if the ids begin at 1, write the label "
        "map "
        '{"map": {"0": 1, "1": 2, "2": 3}} and set num_classes to 3'
    )


def test_255_that_makes_the_classes_complete_is_told_with_the_label_map() -> None:
    # 2 of 8 pixels
    assert warning({0: 4, 1: 2, 255: 2}, 3) == (
        "class 2 of num_classes 3 is in no mask of channel train_annotation: lower num_classes to 2, or add samples "
        "that hold it, or give 255, which is ignored in 25 % of the pixels, a class in a label map: "
        '{"map": {"0": 0, "1": 1, "2": 255}}'
    )


def test_a_class_in_validation_masks_alone_is_scored_and_never_learnt() -> None:
    [finding] = judged_masks([{0: 5, 1: 3}], [{0: 4, 1: 2, 2: 2}], 4)
    assert (finding.level, finding.cause) == (WARNED, "untaught-class")
    assert finding.sentence == (
        "classes 2 and 3 of num_classes 4 are in no mask of channel train_annotation: validation masks hold class 2: "
        "add training samples that hold them"
    )


def test_a_class_that_neither_half_holds_is_told_once() -> None:
    [finding] = judged_masks([{0: 5, 1: 3}], num_classes=3)
    assert finding.sentence.startswith("class 2 of num_classes 3 is in no mask of channel train_annotation")


def test_a_class_in_training_masks_alone_has_no_score() -> None:
    [finding] = judged_masks([{0: 5, 1: 3, 2: 1}], [{0: 5, 1: 3}], 3)
    assert finding.sentence == (
        "class 2 of num_classes 3 is in no mask of channel validation_annotation: to have a score, add samples that "
        "hold it"
    )


@pytest.mark.parametrize(
    ("values", "num_classes", "written"),
    [
        ((0, 255), 2, '{"map": {"0": 0, "1": 255}}'),
        ((0, 128), 2, '{"map": {"0": 0, "1": 128}}'),
        ((0, 100), 2, '{"map": {"0": 0, "1": 100}}'),
        ((1, 255), 2, '{"map": {"0": 1, "1": 255}}'),
        ((127, 255), 2, '{"map": {"0": 127, "1": 255}}'),
        ((0, 10, 20), 3, '{"map": {"0": 0, "1": 10, "2": 20}}'),
        ((0, 127, 255), 3, '{"map": {"0": 0, "1": 127, "2": 255}}'),
    ],
)
def test_masks_of_two_values_of_which_one_is_a_class_are_refused_once_for_both_halves(
    values: tuple[int, ...], num_classes: int, written: str
) -> None:
    [finding] = judged_masks([dict.fromkeys(values, 5)] * 4, num_classes=num_classes)
    assert (finding.level, finding.cause, finding.channel) == (REFUSED, "one-class", "train_annotation")
    assert f"write {written} into train_label_map.json" in finding.sentence


@pytest.mark.parametrize(
    ("label_map", "values", "written"),
    [
        ('{"map": {"0": 0, "255": 1}}', (0, 255), '{"map": {"0": 0, "1": 255}}'),
        ('{"map": {"0": 0, "128": 1}}', (0, 128), '{"map": {"0": 0, "1": 128}}'),
        ('{"map": {"50": 0, "200": 1}}', (50, 200), '{"map": {"0": 50, "1": 200}}'),
    ],
)
def test_a_label_map_the_wrong_way_round_is_told_once_for_both_halves(
    label_map: str, values: tuple[int, ...], written: str
) -> None:
    [finding] = judged_masks([dict.fromkeys(values, 5)] * 4, label_map=label_map)
    assert finding.level == REFUSED
    assert finding.sentence.endswith(f"{WRONG_WAY} {written}")


def test_black_and_white_masks_of_validation_alone_are_told_the_label_map() -> None:
    [finding] = judged_masks([{0: 6, 1: 2}], [{0: 6, 255: 2}])
    assert finding.sentence == (
        "class 1 of num_classes 2 is in no mask of channel validation_annotation: to have a score, add samples that "
        "hold "
        'it, or give 255, which is ignored in 25 % of the pixels, a class in a label map: {"map": {"0": 0, "1": 255}}'
    )


def test_field_black_and_white_masks_are_refused_without_a_label_map_and_taken_with_one() -> None:
    looks = field("bw-masks-without-map")
    [finding] = judged(*looks)
    # 21,880 and 5,768 of 27,648 pixels
    assert "pixel value 0 in 79.1 % of the pixels is class 0, pixel value 255 in 20.9 % is ignored" in finding.sentence
    assert judged(*looks, label_map='{"map": {"0": 0, "1": 255}}') == []
