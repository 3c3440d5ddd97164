from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.data.pictures.image_files import decode_image, look_at_image, read_image
from semseg.data.pictures.picture_reading import PictureReading
from semseg.errors import ImageError
from tests.data.picture_makers import deep_png, encoded, png, tiff

TWELVE = PictureReading(sample_bits=12)


def grey(*values: int) -> np.ndarray:
    return np.array([values], np.uint16)[:, :, np.newaxis]


def test_twelve_bits_keep_their_highest_eight() -> None:
    image = decode_image(deep_png(grey(0, 15, 16, 2048, 4095)), reading=TWELVE)
    assert image[0, :, 0].tolist() == [0, 0, 1, 128, 255]


def test_what_is_above_the_used_bits_becomes_white() -> None:
    assert decode_image(deep_png(grey(4096, 65535)), reading=TWELVE)[0, :, 0].tolist() == [255, 255]


@pytest.mark.parametrize(("bits", "values"), [(8, [0, 1, 255]), (10, [0, 0, 127]), (14, [0, 0, 7]), (16, [0, 0, 1])])
def test_a_sample_of_the_used_bits_is_brought_to_eight(bits: int, values: list[int]) -> None:
    image = decode_image(deep_png(grey(0, 1, 510)), reading=PictureReading(sample_bits=bits))
    assert image[0, :, 0].tolist() == values


def test_pictures_of_eight_bits_are_read_the_same_whatever_bits_are_used() -> None:
    data = encoded(Image.new("RGB", (2, 1), (10, 20, 30)))
    assert decode_image(data, reading=TWELVE).tolist() == [[[10, 20, 30], [10, 20, 30]]]


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("bits", [8, 11, 16])
def test_colours_of_sixteen_bits_are_read_at_their_full_depth(channels: int, bits: int) -> None:
    samples = np.random.default_rng(channels).integers(0, 2**16, (5, 7, channels), np.uint16)
    files = [deep_png(samples)]
    if channels != 2:  # Pillow reads no TIFF of grey with alpha
        files += [tiff(samples), tiff(samples, ">")]
    colours = samples[:, :, : 3 if channels > 2 else 1]
    expected = np.broadcast_to(np.minimum(colours // 2 ** (bits - 8), 255), (5, 7, 3))
    for data in files:
        assert np.array_equal(decode_image(data, reading=PictureReading(sample_bits=bits)), expected)


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_compressed_grey_of_sixteen_bits_is_read(compression: str) -> None:
    values = np.array([[0x0123, 0x0FFF]], np.uint16)
    image = decode_image(encoded(Image.fromarray(values), "TIFF", compression=compression), reading=TWELVE)
    assert image[0, :, 0].tolist() == [0x12, 0xFF]


def test_a_large_picture_of_sixteen_bits_is_handed_over_in_bands() -> None:
    samples = np.random.default_rng(0).integers(0, 4096, (600, 900, 3), np.uint16)
    assert np.array_equal(decode_image(deep_png(samples), reading=TWELVE), samples >> 4)


def test_a_look_tells_the_bits_and_the_highest_sample(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    samples = np.full((4, 6, 4), 65535, np.uint16)  # alpha is no sample of the picture
    samples[:, :, :3] = [1, 4095, 300]
    path.write_bytes(deep_png(samples))
    image, facts = look_at_image(path)
    assert (facts.bits, facts.highest, facts.width, facts.height) == (16, 4095, 6, 4)
    assert image[0, 0].tolist() == [0, 15, 1]
    assert np.array_equal(image, read_image(path))
    path.write_bytes(encoded(Image.new("L", (3, 2), 200)))
    facts = look_at_image(path)[1]
    assert (facts.bits, facts.highest) == (8, 0)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (
            tiff(np.zeros((2, 2, 3), np.uint16), more={284: 2}),
            "of 16 bits and mode RGB, with white as 0 or colours apart",
        ),
        (
            tiff(np.zeros((2, 2, 1), np.uint16), more={262: 0}),
            "of 16 bits and mode I;16, with white as 0 or colours apart",
        ),
        (tiff(np.zeros((2, 2, 1), np.uint16), more={339: 2}), "of signed or 32-bit numbers"),
        (encoded(Image.new("F", (2, 2)), "TIFF"), "of floating-point numbers"),
        (encoded(Image.new("I", (2, 2)), "TIFF"), "of signed or 32-bit numbers"),
    ],
)
def test_pixels_that_would_be_read_wrong_are_refused(data: bytes, what: str) -> None:
    with pytest.raises(ImageError) as refusal:
        decode_image(data)
    assert str(refusal.value) == (
        f"the image is a TIFF picture {what}, which is not read: save it as RGB or grey of 8 bits"
    )


def test_a_damaged_picture_of_sixteen_bits_is_refused_whatever_bits_are_used() -> None:
    data = deep_png(np.random.default_rng(0).integers(0, 4096, (9, 9, 3), np.uint16))
    with pytest.raises(ImageError, match="truncated or damaged"):
        decode_image(data[: len(data) // 2], reading=TWELVE)
    with pytest.raises(ImageError, match="truncated or damaged"):
        decode_image(png(9, 9, 16, 2, []), reading=TWELVE)
