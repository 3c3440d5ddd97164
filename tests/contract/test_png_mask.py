from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from semseg.contract import png_mask
from semseg.errors import ImageError


def png_of(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def test_a_mask_comes_back_with_all_256_values() -> None:
    mask = np.arange(256, dtype=np.uint8).reshape(8, 32)
    assert np.array_equal(png_mask.decode(png_mask.encode(mask)), mask)


def test_a_mask_that_is_not_contiguous_comes_back() -> None:
    mask = np.arange(48, dtype=np.uint8).reshape(6, 8)[:, ::2]
    assert np.array_equal(png_mask.decode(png_mask.encode(mask)), mask)


def test_the_png_has_one_8_bit_grey_channel_with_the_class_ids_themselves() -> None:
    data = png_mask.encode(np.array([[0, 1, 20], [255, 7, 0]], np.uint8))
    # PNG specification, IHDR: bit depth at byte 24, colour type (0 = greyscale) at byte 25
    assert (data[24], data[25]) == (8, 0)
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.size == (3, 2)
        assert list(picture.tobytes()) == [0, 1, 20, 255, 7, 0]


def test_a_mask_of_few_regions_takes_few_bytes() -> None:
    mask = np.zeros((1000, 1000), np.uint8)
    mask[200:700, 300:800] = 3
    assert len(png_mask.encode(mask)) < 12_000  # of a million pixels


def test_a_colour_png_is_refused_as_a_mask() -> None:
    with pytest.raises(ImageError, match=r"^A mask must be a PNG with one 8-bit grey channel, got .* mode RGB$"):
        png_mask.decode(png_of(Image.new("RGB", (2, 2))))


@pytest.mark.parametrize("data", [b"", b"no picture", png_of(Image.new("L", (64, 64)))[:50]])
def test_bytes_that_are_no_whole_png_are_refused(data: bytes) -> None:
    sentence = f"^A mask must be a whole PNG file, got {len(data)} bytes that cannot be read$"
    with pytest.raises(ImageError, match=sentence):
        png_mask.decode(data)


def test_a_jpeg_is_refused_as_a_mask() -> None:
    file = io.BytesIO()
    Image.new("L", (8, 8)).save(file, "JPEG")
    with pytest.raises(ImageError, match=r"^A mask must be a whole PNG file"):
        png_mask.decode(file.getvalue())
