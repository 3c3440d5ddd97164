"""Palettes, and colour maps of manifests, that give one index different colours are a warning."""

from __future__ import annotations

from semseg.contract.findings import WARNED
from semseg.data.look.channel_look import ChannelLook
from semseg.data.look.index_colours import IndexColours, used_colours
from tests.data.looking import Pixels, a_mask, an_image, field, judged

GREEN, BLUE, RED = (44, 160, 44), (31, 119, 180), (214, 39, 40)
BLACK = (0, 0, 0)


def look_of(palettes: list[list[tuple[int, int, int]]], pixels: Pixels, channel: str = "train") -> ChannelLook:
    """A look at palette masks that all use the same indices."""
    look = ChannelLook(channel)
    for number, palette in enumerate(palettes):
        names = (f"{channel}/{number}.jpg", f"{channel}_annotation/{number}.png")
        mask = a_mask(pixels, palette=bytes(sample for colour in palette for sample in colour))
        look.add(names, an_image(f"{channel}{number}"), mask)
    return look


def sentence_of(look: ChannelLook) -> str | None:
    finding = look.colours.finding("train_annotation")
    return finding.sentence if finding else None


def test_field_palettes_that_disagree_are_a_warning_with_two_files_and_the_index() -> None:
    [finding] = judged(*field("palettes-disagree"), 3)
    assert (finding.level, finding.cause) == (WARNED, "palettes-disagree")
    assert finding.files == ("train_annotation/scene_0.png", "train_annotation/scene_1.png")
    assert finding.sentence == (
        "the palettes of masks disagree: index 1 is 44,160,44 in train_annotation/scene_0.png and 31,119,180 in "
        "train_annotation/scene_1.png, 1 more index likewise: the index is the class, not the colour, so classes are "
        "mixed up if colours are right: save all masks with one palette"
    )


def test_one_index_of_three_that_disagrees_is_named() -> None:
    look = look_of([[BLACK, GREEN, BLUE], [BLACK, GREEN, RED]], {0: 4, 1: 2, 2: 2})
    sentence = sentence_of(look)
    assert sentence is not None
    assert sentence.startswith(
        "the palettes of masks disagree: index 2 is 31,119,180 in train_annotation/0.png and 214,39,40 in "
        "train_annotation/1.png: the index"
    )


def test_more_or_fewer_entries_are_no_contradiction() -> None:
    assert sentence_of(look_of([[BLACK, GREEN], [BLACK, GREEN, RED], [BLACK, GREEN]], {0: 4, 1: 4})) is None


def test_an_index_without_pixels_does_not_count() -> None:
    assert sentence_of(look_of([[BLACK, GREEN, BLUE], [BLACK, GREEN, RED]], {0: 4, 1: 4})) is None


def test_training_and_validation_are_compared_with_each_other() -> None:
    training = look_of([[BLACK, GREEN]] * 2, {0: 4, 1: 4})
    validation = look_of([[BLACK, RED]] * 2, {0: 4, 1: 4}, "validation")
    [finding] = judged(training, validation)
    assert finding.files == ("train_annotation/0.png", "validation_annotation/0.png")


def test_grey_masks_have_no_colours() -> None:
    assert used_colours(a_mask({0: 4, 1: 4})) == {}


def test_a_colour_for_each_file_is_kept_for_the_first_ones_alone() -> None:
    colours = IndexColours()
    for number in range(100):
        colours.add(f"{number:03}.png", {1: (number, 0, 0)})
    assert len(colours.colours_of[1]) == 8
    assert [name for _, name in colours.disagreements()[1]][:2] == ["000.png", "001.png"]
