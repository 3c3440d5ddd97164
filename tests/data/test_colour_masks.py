from __future__ import annotations

import pickle
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from semseg.data.checks import count_until_two_classes, read_checked
from semseg.data.dataset import Dataset, UncheckedDataset
from semseg.data.file_check import ReadFacts
from semseg.data.kept_facts import FactStore, KeptFacts
from semseg.data.labels.colour_errors import UnlistedColoursError, UnreadColoursError
from semseg.data.labels.colour_table import ColourTable
from semseg.data.labels.label_map import LabelMap
from semseg.data.pictures.image_files import read_mask
from semseg.data.samples import Sample
from semseg.data.stream import StreamedPicture, StreamedSample

SKY, HOUSE, VOID = (70, 130, 180), (250, 50, 83), (0, 0, 0)
TABLE = ColourTable.of({SKY: 0, HOUSE: 1, VOID: 255, (255, 255, 255): 2})


def saved(folder: Path, picture: Image.Image) -> Path:
    picture.save(folder / "mask.png")
    return folder / "mask.png"


def coloured(*rows: list[tuple[int, ...]]) -> Image.Image:
    return Image.fromarray(np.array(rows, np.uint8))


def test_an_rgb_mask_is_read_by_its_colours(tmp_path: Path) -> None:
    mask = read_mask(saved(tmp_path, coloured([SKY, HOUSE], [VOID, SKY])), colours=TABLE)
    assert (mask.tolist(), mask.dtype) == ([[0, 1], [255, 0]], np.uint8)


def test_alpha_is_dropped_whatever_it_is(tmp_path: Path) -> None:
    picture = coloured([(*SKY, 0), (*HOUSE, 255)], [(*VOID, 0), (*HOUSE, 7)])
    assert picture.mode == "RGBA"
    assert read_mask(saved(tmp_path, picture), colours=TABLE).tolist() == [[0, 1], [255, 1]]


def test_a_palette_mask_is_read_by_the_colours_of_its_palette_and_only_where_asked(tmp_path: Path) -> None:
    picture = Image.fromarray(np.array([[3, 1], [0, 3]], np.uint8))
    picture.putpalette([*HOUSE, *SKY, 9, 9, 9, *VOID])  # the third is in no pixel
    path = saved(tmp_path, picture)
    assert read_mask(path).tolist() == [[3, 1], [0, 3]]
    assert read_mask(path, colours=TABLE).tolist() == [[255, 0], [1, 255]]


def test_a_palette_mask_with_a_transparent_entry_is_read_by_its_colours(tmp_path: Path) -> None:
    picture = Image.fromarray(np.array([[0, 1]], np.uint8))
    picture.putpalette([*HOUSE, *SKY])
    picture.save(tmp_path / "mask.png", transparency=0)
    assert read_mask(tmp_path / "mask.png", colours=TABLE).tolist() == [[1, 0]]


@pytest.mark.parametrize("mode", ["1", "L", "LA"])
def test_a_grey_mask_has_equal_red_green_and_blue(tmp_path: Path, mode: str) -> None:
    picture = Image.fromarray(np.array([[0, 255]], np.uint8)).convert(mode)
    assert read_mask(saved(tmp_path, picture), colours=TABLE).tolist() == [[255, 2]]


def test_a_grey_mask_of_16_bits_is_read_by_its_high_bytes(tmp_path: Path) -> None:
    picture = Image.fromarray(np.array([[0, 65535]], np.uint16))
    assert read_mask(saved(tmp_path, picture), colours=TABLE).tolist() == [[255, 2]]


def test_a_mask_of_many_bands_is_read_whole(tmp_path: Path) -> None:
    rows, columns = np.indices((3000, 211))
    kinds = (rows // 7 + columns) % 3
    colours = np.array([SKY, HOUSE, VOID], np.uint8)
    mask = read_mask(saved(tmp_path, Image.fromarray(colours[kinds])), colours=TABLE)
    assert np.array_equal(mask, np.array([0, 1, 255], np.uint8)[kinds])


def test_a_colour_mask_needs_one_byte_a_pixel_beside_what_pillow_holds(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.new("RGB", (4096, 1024), SKY))
    read_mask(path, colours=TABLE)  # the table is made once
    tracemalloc.start()
    try:
        read_mask(path, colours=TABLE)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < (1 + 1.5) * 4096 * 1024  # the classes, and 262,144 pixels in hand; Pillow's own 4 are not traced


def test_unlisted_colours_are_refused_with_their_pixels_and_the_nearest_class(tmp_path: Path) -> None:
    path = saved(tmp_path, coloured([SKY, (71, 131, 180), (71, 131, 180)]))
    with pytest.raises(UnlistedColoursError) as refusal:
        read_mask(path, "a.png", TABLE)
    assert str(refusal.value) == (
        "a.png holds colour #4783b4 in 2 pixels, 1 away from class 0 (#4682b4), which the label map does not name: "
        'list it under its class there, or under key "255" to ignore it'
    )
    assert refusal.value.cause == "unlisted-colours"


def test_several_unlisted_colours_are_counted(tmp_path: Path) -> None:
    path = saved(tmp_path, coloured([SKY, (0, 0, 3), (0, 0, 3), (255, 0, 0)]))
    with pytest.raises(UnlistedColoursError) as refusal:
        read_mask(path, "a.png", TABLE)
    assert str(refusal.value).startswith(
        "a.png holds colour #000003 in 2 pixels, 3 away from the ignored colour (#000000), and 2 colours in 3 pixels "
        "in all, which the label map does not name: "
    )


def test_a_colour_mask_without_a_list_of_colours_is_refused_with_the_colours_that_it_holds(tmp_path: Path) -> None:
    with pytest.raises(UnreadColoursError) as refusal:
        read_mask(saved(tmp_path, coloured([SKY, HOUSE, HOUSE])), "a.png")
    assert str(refusal.value) == (
        "a.png is an RGB picture; a mask holds one class id per pixel, and this one holds #fa3253 in 2 pixels and "
        '#4682b4 in 1 pixel: name the class of each colour in a label map, {"colors": {"<class>": "#rrggbb"}}, or save '
        'class ids as an 8-bit greyscale or palette PNG; convert("L") would make brightness of the colours, not class '
        "ids"
    )


@pytest.mark.parametrize("smoothing", [Image.Resampling.BILINEAR, Image.Resampling.LANCZOS])
@pytest.mark.parametrize("colours", [TABLE, None])
def test_a_smoothed_mask_of_colours_is_told_so(
    tmp_path: Path, colours: ColourTable | None, smoothing: Image.Resampling
) -> None:
    flat = Image.new("RGB", (64, 64), SKY)
    draw = ImageDraw.Draw(flat)
    draw.ellipse((8, 8, 40, 40), HOUSE)
    draw.polygon([(30, 60), (60, 50), (50, 10)], VOID)
    path = saved(tmp_path, flat.resize((150, 140), smoothing))
    with pytest.raises((UnlistedColoursError, UnreadColoursError)) as refusal:
        read_mask(path, "a.png", colours)
    assert str(refusal.value).endswith(
        ": so look masks that were scaled or smoothed with interpolation, or were JPEG once: write them anew, scaled "
        "by nearest neighbour alone, and save them as PNG"
    )


def test_a_mask_of_noise_is_counted_in_bounded_memory(tmp_path: Path) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (400, 1000, 3), np.uint8)
    with pytest.raises(UnreadColoursError) as refusal:
        read_mask(saved(tmp_path, Image.fromarray(noise)))
    assert len(refusal.value.seen.pixels) <= 1024
    assert not refusal.value.seen.is_whole


def test_an_error_of_another_process_keeps_what_it_counted(tmp_path: Path) -> None:
    for colours in (TABLE, None):
        with pytest.raises((UnlistedColoursError, UnreadColoursError)) as refusal:
            read_mask(saved(tmp_path, coloured([(1, 2, 3)])), "a.png", colours)
        again = pickle.loads(pickle.dumps(refusal.value))  # noqa: S301 - our own
        assert (str(again), again.cause) == (str(refusal.value), refusal.value.cause)
        assert again.seen.pixels == {(1, 2, 3): 1}


def test_facts_that_were_kept_for_other_colours_are_not_taken(tmp_path: Path) -> None:
    path = saved(tmp_path, coloured([SKY, HOUSE, HOUSE]))
    found = []
    for colours in (TABLE, ColourTable.of({SKY: 1, HOUSE: 0}), TABLE):
        store = FactStore(tmp_path / "facts")
        kept = KeptFacts(store, ReadFacts(), "", now=lambda: time.time() + 60)
        counts = kept.mask(path, "mask.png", colours).counts
        store.save()
        found.append((counts[:2].tolist(), kept.known))
    assert found == [([1, 2], 0), ([2, 1], 0), ([1, 2], 1)]


def test_all_ways_of_reading_a_sample_read_its_mask_by_the_colours_of_the_label_map(tmp_path: Path) -> None:
    mask = saved(tmp_path, coloured([SKY, HOUSE], [VOID, SKY]))
    Image.new("RGB", (2, 2)).save(tmp_path / "mask.jpg")
    label_map = LabelMap.from_json('{"colors": {"0": "#4682b4", "1": "#fa3253", "255": "#000"}}')
    sample = Sample(tmp_path / "mask.jpg", mask, "mask")
    image, colours = ((tmp_path / name).read_bytes() for name in ("mask.jpg", "mask.png"))
    streamed = StreamedSample(StreamedPicture(image, "record 0"), StreamedPicture(colours, "record 1"))
    read = [
        Dataset([sample], label_map, 2, "train").read(0),
        UncheckedDataset([sample], label_map, 2, "train").read(0),
        read_checked(streamed, label_map, 2, "train"),
    ]
    assert [classes.tolist() for _, classes in read] == [[[0, 1], [255, 0]]] * 3
    assert count_until_two_classes([sample], label_map, 2, "train", 0).counts[[0, 1, 255]].tolist() == [2, 1, 1]
