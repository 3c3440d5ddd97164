from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.data.pictures.image_files import decode_image, look_at_image, picture_size, read_mask
from semseg.data.pictures.picture_orientation import turned
from semseg.data.pictures.picture_reading import PictureReading
from semseg.errors import ImageError
from tests.data.picture_makers import chunk, encoded, exif, png, tiff

TURNED = PictureReading(is_turned=True)
ROWS = [bytes([1, 2, 3]), bytes([4, 5, 6])]  # of a grey picture, 3 x 2
# How a picture of these rows is shown, by its orientation.
SHOWN = {
    1: [[1, 2, 3], [4, 5, 6]],
    2: [[3, 2, 1], [6, 5, 4]],
    3: [[6, 5, 4], [3, 2, 1]],
    4: [[4, 5, 6], [1, 2, 3]],
    5: [[1, 4], [2, 5], [3, 6]],
    6: [[4, 1], [5, 2], [6, 3]],
    7: [[6, 3], [5, 2], [4, 1]],
    8: [[3, 6], [2, 5], [1, 4]],
}


def as_png(orientation: int) -> bytes:
    picture = Image.frombytes("L", (3, 2), b"".join(ROWS))
    return encoded(picture, exif=exif(orientation))


def as_png_with_exif_after_the_pixels(orientation: int) -> bytes:
    return png(3, 2, 8, 0, ROWS, chunk(b"eXIf", exif(orientation)))


def as_tiff(orientation: int) -> bytes:
    return tiff(np.array([list(row) for row in ROWS], np.uint8)[:, :, np.newaxis], more={274: orientation})


def as_compressed_tiff(orientation: int) -> bytes:
    picture = Image.frombytes("L", (3, 2), b"".join(ROWS))
    return encoded(picture, "TIFF", compression="tiff_lzw", tiffinfo={274: orientation})


def as_webp(orientation: int) -> bytes:
    picture = Image.frombytes("L", (3, 2), b"".join(ROWS))
    return encoded(picture, "WebP", lossless=True, exif=b"Exif\0\0" + exif(orientation))


EVERY_KIND = pytest.mark.parametrize(
    "kind", [as_png, as_png_with_exif_after_the_pixels, as_tiff, as_compressed_tiff, as_webp]
)


@EVERY_KIND
@pytest.mark.parametrize("orientation", SHOWN)
def test_a_picture_is_turned_as_viewers_show_it(kind: Callable[[int], bytes], orientation: int) -> None:
    data = kind(orientation)
    image = decode_image(data, reading=TURNED)
    assert image[:, :, 0].tolist() == SHOWN[orientation]
    assert picture_size(data, reading=TURNED) == image.shape[:2]
    out = np.zeros_like(image)
    assert decode_image(data, out=out, reading=TURNED) is out
    assert np.array_equal(out, image)


@EVERY_KIND
@pytest.mark.parametrize("orientation", [1, 4, 6])
def test_without_the_rule_pixels_stay_as_stored(kind: Callable[[int], bytes], orientation: int) -> None:
    assert decode_image(kind(orientation))[:, :, 0].tolist() == SHOWN[1]
    assert picture_size(kind(orientation)) == (2, 3)


def test_a_jpeg_is_turned() -> None:
    picture = Image.new("L", (32, 16), 0)
    picture.paste(255, (0, 0, 16, 16))  # white on the left
    tags = Image.Exif()
    tags[274] = 6  # shown after a quarter turn to the right: white above
    image = decode_image(encoded(picture, "JPEG", exif=tags), reading=TURNED)
    assert (image.shape, image[2, 8, 0] > 250, image[29, 8, 0] < 5) == ((32, 16, 3), True, True)


@pytest.mark.parametrize("block", [b"", b"nonsense", exif(0), exif(9), exif(6)[:12]])
def test_an_orientation_that_makes_no_sense_turns_nothing(block: bytes) -> None:
    data = png(3, 2, 8, 0, ROWS, chunk(b"eXIf", block))
    assert decode_image(data, reading=TURNED)[:, :, 0].tolist() == SHOWN[1]


def test_a_chunk_that_claims_to_be_longer_than_the_file_is_damage_like_any_other() -> None:
    data = png(3, 2, 8, 0, ROWS)[:-12] + b"\xff\xff\xff\xffeXIf"
    assert picture_size(data, reading=TURNED) == (2, 3)
    with pytest.raises(ImageError, match="truncated or damaged"):
        decode_image(data, reading=TURNED)


def test_a_look_tells_the_orientation_that_a_file_carries(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(as_png(6))
    facts = look_at_image(path)[1]
    assert (facts.orientation, facts.width, facts.height) == (6, 3, 2)
    image, facts = look_at_image(path, reading=TURNED)
    assert (facts.orientation, facts.width, facts.height, image.shape) == (6, 2, 3, (3, 2, 3))


def test_a_mask_is_never_turned(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(as_png(6))
    assert read_mask(path).tolist() == SHOWN[1]


def test_turning_is_what_pillow_calls_it() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (4, 5), np.uint8)
    picture = Image.fromarray(pixels)
    for orientation, way in [(5, "TRANSPOSE"), (6, "ROTATE_270"), (7, "TRANSVERSE"), (8, "ROTATE_90")]:
        assert np.array_equal(turned(pixels, orientation), np.array(picture.transpose(Image.Transpose[way])))
