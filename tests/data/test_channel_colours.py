from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.contract.findings import Finding
from semseg.data.labels.channel_colours import ChannelColours
from semseg.data.labels.colour_errors import MaskColoursError
from semseg.data.labels.label_map import LabelMap
from semseg.data.pictures.image_files import read_mask

SKY, HOUSE, CAR, VOID = (70, 130, 180), (250, 50, 83), (51, 221, 255), (0, 0, 0)
MAPPED: dict[str, object] = {"colors": {"0": "#4682b4", "1": "#fa3253"}}
Mask = list[list[tuple[int, int, int]]]


def findings_of(
    folder: Path, masks: list[Mask], label_map: Mapping[str, object], channel: str = "train", num_classes: int = 3
) -> list[Finding]:
    """What is told of these masks, which are called 0.png, 1.png, ..."""
    meaning = LabelMap.from_json(json.dumps(label_map))
    colours = ChannelColours(f"{channel}_annotation", meaning, num_classes)
    for number, mask in enumerate(masks):
        path = folder / f"{number}.png"
        Image.fromarray(np.array(mask, np.uint8)).save(path)
        try:
            read_mask(path, path.name, meaning.colours)
        except MaskColoursError as error:
            colours.add(f"{channel}_annotation/{path.name}", error)
    return colours.findings(len(masks))


def way_out(finding: Finding) -> str:
    return finding.sentence.rpartition(": write ")[2]


def test_listed_colours_are_not_told(tmp_path: Path) -> None:
    assert findings_of(tmp_path, [[[SKY, HOUSE]], [[SKY, SKY]]], MAPPED) == []


def test_an_unlisted_colour_is_told_once_for_all_masks_with_its_pixels_and_the_nearest_class(tmp_path: Path) -> None:
    slip = (71, 131, 180)
    label_map = {**MAPPED, "names": ["sky", "house"]}
    masks: list[Mask] = [[[SKY, slip]], [[slip, slip]], [[SKY, HOUSE]], [[slip, HOUSE]], [[slip, HOUSE]]]
    [finding] = findings_of(tmp_path, masks, label_map)
    assert (finding.level, finding.cause, finding.channel) == ("refused", "unlisted-colours", "train_annotation")
    assert (finding.count, finding.files) == (4, tuple(f"train_annotation/{name}.png" for name in (0, 1, 3)))
    assert finding.sentence == (
        "the masks of channel train_annotation hold 1 colour that the label map does not name (62.5 % of the pixels of "
        "4 masks), colour #4783b4 in 5 pixels of 4 of 5 masks, 1 away from class 0 (sky, #4682b4), first 0.png, 1.png, "
        '3.png and 1 more: if they are slips of the pen, write {"colors": {"0": ["#4682b4", "#4783b4"], '
        '"1": "#fa3253"}, "names": ["sky", "house"]}; else list it under its class there, or under key "255" to ignore '
        "it"
    )


def test_unlisted_colours_far_from_all_are_to_be_listed(tmp_path: Path) -> None:
    [finding] = findings_of(tmp_path, [[[SKY, VOID, VOID, CAR]]], MAPPED)
    assert finding.sentence.endswith(
        "colour #000000 in 2 pixels of 1 of 1 mask, 180 away from class 0 (#4682b4) and colour #33ddff in 1 pixel of "
        "1 of 1 mask, 91 away from class 0 (#4682b4), first 0.png: list each under its class there, or under key "
        '"255" to ignore them'
    )


def test_masks_of_colours_without_a_list_are_told_once_with_the_label_map_to_write(tmp_path: Path) -> None:
    [finding] = findings_of(tmp_path, [[[SKY, HOUSE]], [[HOUSE, HOUSE]]], {"scale": 1})
    assert (finding.cause, finding.count) == ("mask-of-colours", 2)
    assert finding.sentence == (
        "2 of 2 masks of channel train_annotation hold several values per pixel, not one class id, and 2 colours, "
        "#fa3253 in 3 pixels and #4682b4 in 1 pixel, first 0.png and 1.png: write "
        '{"colors": {"0": "#4682b4", "1": "#fa3253"}} into train_label_map.json and validation_label_map.json of '
        'channel label_map, with your order of classes, and colours to be ignored under key "255"; convert("L") would '
        "make brightness of the colours, not class ids"
    )


def test_where_there_is_one_colour_more_than_classes_black_is_proposed_to_be_ignored(tmp_path: Path) -> None:
    [finding] = findings_of(tmp_path, [[[SKY, HOUSE, CAR, VOID]]], {"scale": 1}, channel="validation")
    assert way_out(finding).startswith(
        '{"colors": {"0": "#33ddff", "1": "#4682b4", "2": "#fa3253", "255": "#000000"}} into train_label_map.json'
    )


def test_rgb_masks_of_grey_class_ids_keep_their_ids(tmp_path: Path) -> None:
    [finding] = findings_of(tmp_path, [[[(2, 2, 2), (0, 0, 0), (255, 255, 255)]]], {"scale": 1})
    assert way_out(finding) == (
        '{"colors": {"0": "#000000", "2": "#020202", "255": "#ffffff"}} into train_label_map.json and '
        "validation_label_map.json of channel label_map, with your order of classes, and colours to be ignored under "
        'key "255"'
    )


def test_colours_that_were_written_under_map_are_proposed_under_their_own_key(tmp_path: Path) -> None:
    written = {"map": {"0": list(HOUSE), "1": list(SKY)}}
    [finding] = findings_of(tmp_path, [[[SKY, HOUSE]]], written)
    assert way_out(finding).startswith('{"colors": {"0": [250, 50, 83], "1": [70, 130, 180]}} into')


@pytest.mark.parametrize(("colours", "is_proposed"), [(12, True), (13, False)])
def test_more_than_twelve_colours_are_left_to_the_call_that_lists_them(
    tmp_path: Path, colours: int, is_proposed: bool
) -> None:
    mask: Mask = [[(20 * number, 0, 250 - 20 * number) for number in range(colours)]]
    [finding] = findings_of(tmp_path, [mask], {"scale": 1}, num_classes=20)
    assert ('write {"colors"' in finding.sentence) == is_proposed
    assert ("semseg.data.label_map_from(<folder of masks>)" in finding.sentence) != is_proposed


def test_photographs_in_the_place_of_masks_are_told_to_be_no_class_ids(tmp_path: Path) -> None:
    noise = np.random.default_rng(5).integers(0, 256, (50, 50, 3)).tolist()
    [finding] = findings_of(tmp_path, [noise], {"scale": 1})
    assert "more than 256 colours" in finding.sentence
    assert ": save class ids as an 8-bit greyscale or palette PNG; convert(" in finding.sentence


def test_photographs_beside_a_list_of_colours_are_not_told_to_be_smoothed(tmp_path: Path) -> None:
    noise = np.random.default_rng(5).integers(0, 256, (50, 100, 3)).tolist()
    [finding] = findings_of(tmp_path, [noise], MAPPED)
    assert " (100 % of the pixels of 1 mask), colour " in finding.sentence
    assert finding.sentence.endswith('list each under its class there, or under key "255" to ignore them')


def test_channels_of_many_colours_take_bounded_memory(tmp_path: Path) -> None:
    label_map = LabelMap.identity()
    colours = ChannelColours("train_annotation", label_map, 3)
    rng = np.random.default_rng(7)
    for number in range(5):
        Image.fromarray(rng.integers(0, 256, (60, 60, 3), np.uint8)).save(tmp_path / "noise.png")
        with pytest.raises(MaskColoursError) as refusal:
            read_mask(tmp_path / "noise.png")
        colours.add(f"train_annotation/{number}.png", refusal.value)
    assert len(colours.unread.seen.pixels) <= 1024
    assert colours.unread.count == 5
