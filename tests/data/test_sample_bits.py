"""16-bit pictures of cameras that give fewer bits are recognised over both halves, and told."""

from __future__ import annotations

import pytest

from semseg.contract.findings import WARNED
from semseg.data.look.channel_look import ChannelLook
from semseg.data.look.judgment import resolved_sample_bits
from semseg.data.look.sample_bits import SampleBits
from tests.data.looking import an_image, field, judged


def look_of(highest: list[int], channel: str = "train") -> ChannelLook:
    """A look at 16-bit images with these highest samples; 0 stands for an image of 8 bits."""
    look = ChannelLook(channel)
    for number, sample in enumerate(highest):
        image = an_image(f"{channel}{number}", bits=16 if sample else 8, highest=sample)
        look.add((f"{channel}/{number}.png", f"{channel}_annotation/{number}.png"), image, None)
    return look


def told(highest: list[int], bits: int) -> list[str]:
    found = list(look_of(highest).bits.findings("train", bits))
    assert all(finding.level == WARNED for finding in found)
    return [finding.sentence for finding in found]


def test_field_pictures_of_12_bits_are_recognised_and_told() -> None:
    looks = field("twelve-bit-pictures")
    assert resolved_sample_bits(*looks) == 12
    [finding] = judged(*looks, 3)
    assert (finding.level, finding.cause, finding.count) == (WARNED, "sample-bits", 6)
    assert finding.sentence == (
        "4 of 4 16-bit pictures of channel train hold no value above 4095 (likewise 2 of channel validation): with "
        "sample_bits 12 0..4095 is read as 0..255, in training and by the model's endpoints alike"
    )


@pytest.mark.parametrize(
    ("highest", "bits"),
    [
        *[(255, 8), (256, 10), (1023, 10), (1024, 12), (4095, 12), (4096, 14), (16383, 14), (16384, 16), (65535, 16)],
    ],
)
def test_the_fewest_bits_that_hold_the_highest_sample_of_both_halves_are_taken(highest: int, bits: int) -> None:
    assert resolved_sample_bits(look_of([1, highest]), look_of([2], "validation")) == bits
    assert resolved_sample_bits(look_of([1]), look_of([2, highest], "validation")) == bits


@pytest.mark.parametrize("channel", [SampleBits(), look_of([0, 0]).bits])
def test_without_16_bit_pictures_all_16_bits_count_and_nothing_is_said(channel: SampleBits) -> None:
    assert resolved_sample_bits(ChannelLook("train"), ChannelLook("validation")) == 16
    assert list(channel.findings("train", 16)) == []


def test_pictures_that_use_all_bits_are_not_spoken_of() -> None:
    assert told([65535, 40000, 5000], 16) == []


def test_a_few_pictures_above_the_others_are_a_warning_because_those_become_black() -> None:
    assert told([4000, 65535, 3900, 4095], 16) == [
        "3 of 4 16-bit pictures of channel train hold no value above 4095, while others go up to 65535, first 0.png, "
        "2.png and 3.png: read with sample_bits 16 they are nearly black, 0 to 15 of 255: bring all to "
        "the same range, or set sample_bits"
    ]


def test_pictures_that_are_all_read_with_too_many_bits_are_told_the_bits_to_set() -> None:
    assert told([4000, 900], 16) == [
        "2 of 2 16-bit pictures of channel train hold no value above 4095, first 0.png and 1.png: read with "
        "sample_bits 16 they are nearly black, 0 to 15 of 255: set sample_bits to 12"
    ]


def test_samples_above_bits_that_were_asked_for_are_told() -> None:
    assert told([4000, 65535, 3900], 12) == [
        "2 of 3 16-bit pictures of channel train hold no value above 4095: with sample_bits 12 0..4095 is read as "
        "0..255, in training and by the model's endpoints alike; in 1 more the values above are read as 255"
    ]


def test_pictures_of_16_and_of_8_bits_in_one_channel_are_a_warning() -> None:
    assert told([0, 900, 0, 1000], 10)[1:] == [
        "2 of 4 images of channel train have 16 bits and the others 8, first 1.png and 3.png: of 16 bits 0..1023 is "
        "read as 0..255: see that both kinds are equally bright, or save all with 8"
    ]
