"""The same picture in training and in validation is a warning, within a channel a note, with another mask a warning."""

from __future__ import annotations

from semseg.contract.findings import NOTED, WARNED
from semseg.data.look.channel_look import ChannelLook
from tests.data.looking import Pixels, a_mask, an_image, field, judged

HALF: Pixels = {0: 4, 1: 4}


def look_of(contents: list[str], channel: str = "train", masks: list[Pixels] | None = None) -> ChannelLook:
    """A look at images called a.jpg, b.jpg, ... of which those of one content are equal."""
    look = ChannelLook(channel)
    for name, content, pixels in zip("abcdefgh", contents, masks or [HALF] * len(contents)):
        look.add((f"{channel}/{name}.jpg", f"{channel}_annotation/{name}.png"), an_image(content), a_mask(pixels))
    return look


def test_the_same_pictures_in_both_halves_are_counted_and_named() -> None:
    [finding] = judged(look_of(["1", "2", "3", "4"]), look_of(["5", "2", "1"], "validation"))
    assert (finding.level, finding.cause, finding.count) == (WARNED, "same-picture-in-both", 2)
    assert finding.sentence == (
        "2 of 3 images of channel validation are in the training channel too, by content, first b.jpg (as train/b.jpg) "
        "and c.jpg (as train/a.jpg): scores on pictures that were learnt are too good, so leave them out of one of the "
        "two"
    )


def test_field_training_pictures_that_are_those_of_validation_are_told() -> None:
    findings = judged(*field("batch-of-one"), 3)
    assert [(finding.cause, finding.count) for finding in findings] == [("same-picture-in-both", 6)]


def test_the_same_picture_twice_in_a_channel_is_noted() -> None:
    [finding] = judged(look_of(["1", "2", "1", "1"]), look_of(["5"], "validation"))
    assert (finding.level, finding.count) == (NOTED, 2)
    assert finding.sentence == (
        "2 of 4 images of channel train are there already, by content, first c.jpg (as train/a.jpg) and d.jpg (as "
        "train/a.jpg)"
    )


def test_the_same_picture_with_different_masks_is_a_warning() -> None:
    masks: list[Pixels] = [HALF, HALF, {0: 3, 1: 5}]
    [finding] = judged(look_of(["1", "1", "1"], masks=masks), look_of(["5"], "validation"))
    assert (finding.level, finding.cause, finding.count) == (WARNED, "same-picture-other-mask", 1)
    assert finding.sentence == (
        "1 of 3 images of channel train is there already with another mask, by content, first c.jpg (as train/a.jpg): "
        "keep the right one"
    )


def test_different_pictures_are_not_spoken_of() -> None:
    assert judged(look_of(["1", "2"]), look_of(["3"], "validation")) == []
