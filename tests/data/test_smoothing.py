"""Masks that were scaled or smoothed with interpolation, or were JPEG files, are told as such; true masks are not."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageFilter

from semseg.contract.findings import REFUSED, Finding
from semseg.data.checks import value_problems
from semseg.data.labels.label_map import LabelMap
from semseg.data.look.channel_look import ChannelLook
from semseg.data.look.smoothing import at_edges
from semseg.data.pictures.facts import MaskFacts
from semseg.data.pictures.squares import squares_of
from tests.data.looking import an_image, field, judged

Smoothing = Callable[[Image.Image], Image.Image]
REASON = "scaled or smoothed with interpolation, or once saved as JPEG"


def a_scene(number: int, values: tuple[int, ...], side: int = 96) -> Image.Image:
    """A background of the first value, and an ellipse of each other one."""
    rng = np.random.default_rng(number)
    y, x = np.mgrid[:side, :side]
    mask = np.full((side, side), values[0], np.uint8)
    for value in values[1:]:
        centre_y, centre_x = rng.uniform(0.2, 0.8, 2) * side
        wide, high = rng.uniform(0.1, 0.25, 2) * side
        mask[((y - centre_y) / high) ** 2 + ((x - centre_x) / wide) ** 2 < 1] = value
    return Image.fromarray(mask)


def scaled(resample: Image.Resampling, factor: float) -> Smoothing:
    return lambda mask: mask.resize((int(mask.width * factor), int(mask.height * factor)), resample)


def through_jpeg(quality: int) -> Smoothing:
    def smooth(mask: Image.Image) -> Image.Image:
        file = io.BytesIO()
        mask.save(file, "jpeg", quality=quality)
        return Image.open(file)

    return smooth


def rectangles(number: int, values: tuple[int, ...], side: int = 48) -> Image.Image:
    """A background of the first value, and a rectangle of each other one."""
    rng = np.random.default_rng(number)
    mask = np.full((side, side), values[0], np.uint8)
    for value in values[1:]:
        top, left, high, wide = rng.integers(side // 5, side // 2, 4)
        mask[top : top + high, left : left + wide] = value
    return Image.fromarray(mask)


SMOOTHINGS = {
    "bilinear": scaled(Image.Resampling.BILINEAR, 1.5),
    "twice": scaled(Image.Resampling.BILINEAR, 2),
    "bicubic": scaled(Image.Resampling.BICUBIC, 0.6),
    "lanczos": scaled(Image.Resampling.LANCZOS, 2.2),
    "blur": lambda mask: mask.filter(ImageFilter.GaussianBlur(1)),
    "jpeg 40": through_jpeg(40),
    "jpeg 75": through_jpeg(75),
    "jpeg 95": through_jpeg(95),
}


def facts_of(mask: Image.Image) -> MaskFacts:
    pixels, counts = np.array(mask), np.array(mask.histogram(), np.int64)
    return MaskFacts(mask.width, mask.height, counts, squares=squares_of(pixels, counts))


def look_at(masks: list[Image.Image], channel: str = "train") -> ChannelLook:
    look = ChannelLook(channel)
    for number, mask in enumerate(masks):
        names = f"{channel}/{number}.jpg", f"{channel}_annotation/{number}.png"
        look.add(names, an_image(f"{channel}{number}"), facts_of(mask))
    return look


def told(masks: list[Image.Image], num_classes: int, label_map: str | None = None) -> list[Finding]:
    return [
        f for f in judged(look_at(masks), look_at(masks, "validation"), num_classes, label_map) if f.level == REFUSED
    ]


@pytest.mark.parametrize("label_map", [None, '{"map": {"0": 0, "1": 255}}'])
def test_field_smoothed_masks_are_refused_as_what_they_are(label_map: str | None) -> None:
    looks = field("smoothed-masks")
    [finding] = judged(*looks, 2, label_map)
    assert (finding.level, finding.cause, finding.count) == (REFUSED, "smoothed-masks", 6)
    assert finding.sentence == (
        f"4 of 4 masks of channel train_annotation were {REASON}, first scene_0.png, scene_1.png and scene_2.png (256 "
        "different values, 79.9 % of the pixels at 0 and 255, the others at edges) (likewise 2 of channel "
        "validation_annotation): scale masks by nearest neighbour and save them as PNG, or cut them at 127"
    )


@pytest.mark.parametrize("draw", [a_scene, rectangles])
@pytest.mark.parametrize("smoothing", SMOOTHINGS)
@pytest.mark.parametrize(
    ("values", "num_classes", "label_map"),
    [
        ((0, 255), 2, None),
        ((0, 255), 2, '{"map": {"0": 0, "1": 255}}'),
        ((10, 200), 2, '{"map": {"0": 10, "1": 200}}'),
        ((0, 127, 255), 3, '{"map": {"0": 0, "1": 127, "2": 255}}'),
        ((0, 85, 170), 3, '{"scale": 85}'),
        ((0, 60, 120, 180, 240), 5, None),
    ],
)
def test_smoothed_masks_of_two_and_more_classes_are_refused_as_what_they_are(
    draw: Callable[[int, tuple[int, ...]], Image.Image],
    smoothing: str,
    values: tuple[int, ...],
    num_classes: int,
    label_map: str | None,
) -> None:
    masks = [SMOOTHINGS[smoothing](draw(number, values)) for number in range(5)]
    [finding] = told(masks, num_classes, label_map)
    assert f"of 5 masks of channel train_annotation were {REASON}" in finding.sentence
    assert finding.count >= 6  # of 10 in both halves: one with few edges has few values


def test_three_flat_values_are_named_and_each_pixel_gets_the_nearest() -> None:
    masks = [SMOOTHINGS["bicubic"](a_scene(number, (0, 127, 255))) for number in range(3)]
    [finding] = told(masks, 3)
    assert "of the pixels at 0, 127 and 255, the others at edges" in finding.sentence
    assert finding.sentence.endswith("save them as PNG, or give each pixel the nearest of these values")


@pytest.mark.parametrize("values", [(0, 255), (0, 127, 255), (0, 60, 120, 180, 240), (0, 1, 2, 3, 4, 5, 6, 7)])
def test_the_same_masks_scaled_by_nearest_neighbour_are_not(values: tuple[int, ...]) -> None:
    masks = [a_scene(number, values).resize((144, 144), Image.Resampling.NEAREST) for number in range(3)]
    assert all(finding.cause != "smoothed-masks" for finding in told(masks, 2))


def test_a_few_smoothed_masks_among_others_are_told_beside_what_is_wrong_with_those() -> None:
    masks = [a_scene(number, (0, 1, 9)) for number in range(10)]
    masks[3] = SMOOTHINGS["blur"](a_scene(3, (0, 255)))
    smoothed, others = told(masks, 2)
    assert smoothed.sentence.startswith(f"1 of 10 masks of channel train_annotation was {REASON}, first 3.png (")
    assert others.sentence.startswith("pixel value 9 is in 9 of 10 masks of channel train_annotation")


def test_an_edge_that_is_drawn_with_a_value_of_its_own_is_no_smoothing() -> None:
    # an outline of one pixel around each object, as in the masks of Pascal VOC; 5 values in all
    mask = np.array(a_scene(0, (0, 1, 2, 3)))
    edges = (mask[:-1] != mask[1:])[:, :-1] | (mask[:, :-1] != mask[:, 1:])[:-1]
    mask[:-1, :-1][edges] = 220
    assert causes_of([Image.fromarray(mask)] * 3, 4) == ["value-beyond-classes"]


def regions(number: int, values: np.ndarray, side: int) -> Image.Image:
    """Regions of all values, each of the pixels that are nearest to a point of its own."""
    points = np.random.default_rng(number).uniform(0, side, (len(values), 2))
    y, x = np.mgrid[:side, :side]
    nearest = ((y[..., None] - points[:, 0]) ** 2 + (x[..., None] - points[:, 1]) ** 2).argmin(axis=-1)
    return Image.fromarray(values[nearest].astype(np.uint8))


@pytest.mark.parametrize("num_classes", [2, 20, 200])
@pytest.mark.parametrize("held", [6, 60])
def test_masks_of_200_classes_are_not_called_smoothed(num_classes: int, held: int) -> None:
    masks = [regions(number, np.random.default_rng(number).permutation(200)[:held], 64) for number in range(4)]
    assert "smoothed-masks" not in causes_of(masks, num_classes)


@pytest.mark.parametrize("objects", [10, 90])
def test_masks_that_number_their_objects_are_not_called_smoothed(objects: int) -> None:
    masks = []
    for number in range(3):
        mask = np.array(regions(number, np.arange(1, objects + 1), 96))
        mask[np.array(a_scene(number, (0, 1))) == 0] = 0  # the background has most of the pixels
        masks.append(Image.fromarray(mask))
    assert causes_of(masks, 2) == ["value-beyond-classes"]


def causes_of(masks: list[Image.Image], num_classes: int) -> list[str]:
    found = judged(look_at(masks), look_at(masks, "validation"), num_classes)
    return [finding.cause for finding in found if finding.level == REFUSED]


def test_scenes_from_the_field_are_not_called_smoothed() -> None:
    for name in ("batch-of-one", "palettes-disagree", "manifest-bad-mask"):
        assert "smoothed-masks" not in [finding.cause for finding in judged(*field(name), 2)]


def test_squares_are_counted_wherever_they_begin() -> None:
    mask = np.array([[5, 5, 5, 1], [5, 5, 5, 2], [3, 5, 5, 2], [4, 0, 0, 2]], np.uint8)
    counts = np.bincount(mask.ravel(), minlength=256)
    squares = squares_of(mask, counts)
    assert squares is not None
    # of 5 two in the first two rows and one below; of 0 and 2 none, for they are one pixel high or wide
    assert {value: int(squares[value]) for value in np.flatnonzero(squares)} == {5: 3}
    assert at_edges(MaskFacts(4, 4, counts, squares=squares)).nonzero()[0].tolist() == [0, 1, 2, 3, 4]


def test_masks_of_two_values_are_not_looked_at_for_smoothing() -> None:
    mask = np.array([[0, 1], [0, 0]], np.uint8)
    assert squares_of(mask, np.bincount(mask.ravel(), minlength=256)) is None


def test_one_mask_that_is_read_in_the_midst_of_a_job_is_told_as_smoothed() -> None:
    mask = SMOOTHINGS["blur"](a_scene(3, (0, 255)))
    [problem] = value_problems(facts_of(mask), LabelMap.identity(), 2, "record 5 of pass 0")
    assert problem.startswith(f"record 5 of pass 0 was {REASON} (")
    assert problem.endswith(
        "of the pixels at 0 and 255, the others at edges): scale masks by nearest neighbour and save "
        "them as PNG, or cut them at 127"
    )
    assert value_problems(facts_of(a_scene(3, (0, 1, 2, 3, 4, 5))), LabelMap.identity(), 6, "a mask") == []
