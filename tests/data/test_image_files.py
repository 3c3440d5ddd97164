from __future__ import annotations

import io
import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.data.pictures.image_files import decode_image, read_image, read_mask
from semseg.data.pictures.picture_limits import MAX_PIXELS
from semseg.errors import ImageError
from tests.data.picture_makers import encoded, png

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def noise(mode: str = "RGB", size: tuple[int, int] = (20, 10)) -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(pixels).convert(mode)


def palette_picture(values: list[list[int]], colours: list[tuple[int, int, int]]) -> Image.Image:
    picture = Image.new("P", (len(values[0]), len(values)))
    picture.putdata([value for row in values for value in row])
    picture.putpalette([part for colour in colours for part in colour])
    return picture


def test_a_file_and_its_bytes_give_the_same_array(tmp_path: Path) -> None:
    path = tmp_path / "street.jpg"
    path.write_bytes(encoded(noise(), "JPEG"))
    image = read_image(path)
    assert (image.shape, image.dtype) == ((10, 20, 3), np.uint8)
    np.testing.assert_array_equal(image, decode_image(path.read_bytes()))


def test_png_pixels_arrive_as_stored() -> None:
    np.testing.assert_array_equal(decode_image(encoded(noise())), np.array(noise()))


def test_grey_becomes_three_equal_channels() -> None:
    image = decode_image(encoded(Image.new("L", (2, 1), 77)))
    assert image.tolist() == [[[77, 77, 77], [77, 77, 77]]]


def test_one_bit_becomes_black_and_white() -> None:
    picture = Image.new("1", (2, 1))
    picture.putpixel((1, 0), 1)
    assert decode_image(encoded(picture)).tolist() == [[[0, 0, 0], [255, 255, 255]]]


@pytest.mark.parametrize("transparency", [1, b"\x00\x80\xff"])
def test_a_palette_with_transparency_keeps_its_colours(transparency: bytes | int) -> None:
    picture = palette_picture([[0, 1, 2]], [RED, GREEN, BLUE])
    image = decode_image(encoded(picture, transparency=transparency))
    assert image.tolist() == [[list(RED), list(GREEN), list(BLUE)]]


def test_alpha_is_dropped_and_the_colour_under_it_stays() -> None:
    assert decode_image(encoded(Image.new("RGBA", (1, 1), (10, 20, 30, 0)))).tolist() == [[[10, 20, 30]]]
    assert decode_image(encoded(Image.new("LA", (1, 1), (40, 0)))).tolist() == [[[40, 40, 40]]]


def test_cmyk_jpeg_becomes_rgb() -> None:
    image = decode_image(encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", quality=95))
    assert np.abs(image[4, 4].astype(int) - RED).max() <= 3


def test_sixteen_bit_grey_keeps_its_high_byte() -> None:
    values = np.array([[0x0000, 0x00FF, 0x1234, 0xFFFF]], dtype=np.uint16)
    image = decode_image(encoded(Image.fromarray(values)))
    assert image[0, :, 0].tolist() == [0x00, 0x00, 0x12, 0xFF]
    assert image.shape == (1, 4, 3)


def test_orientation_tags_are_not_applied() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees
    assert decode_image(encoded(noise(), "JPEG", exif=exif)).shape == (10, 20, 3)


def test_no_bytes_are_refused() -> None:
    with pytest.raises(ImageError, match=r"^the image is empty \(0 bytes\): a JPEG or PNG picture is needed$"):
        decode_image(b"")


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(ImageError) as refusal:
        decode_image(b"hello, world")
    assert str(refusal.value) == (
        "the image is no picture that can be read (it begins with b'hell'): save it as JPEG or PNG"
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "BMP", "WebP"])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_a_truncated_picture_is_refused(kind: str, kept: float) -> None:
    data = encoded(noise(size=(64, 64)), kind)
    with pytest.raises(ImageError, match=r"^the image is truncated or damaged \(.+\): write it anew or leave it out$"):
        decode_image(data[: int(len(data) * kept)])


def test_a_damaged_chunk_is_refused() -> None:
    data = bytearray(encoded(noise()))
    data[16] ^= 1  # the width, now at odds with its checksum
    with pytest.raises(ImageError, match="truncated or damaged"):
        decode_image(bytes(data))


def test_pixels_are_counted_before_they_are_decoded() -> None:
    # Without a single row: decoding would fail with another message.
    data = png(30_000, 20_000, 8, 2, [])
    with pytest.raises(ImageError) as refusal:
        decode_image(data)
    assert str(refusal.value) == (
        f"the image has 30000 x 20000 = 600000000 pixels, and at most {MAX_PIXELS} are decoded: scale it down"
    )


def test_the_limit_itself_is_allowed() -> None:
    data = encoded(noise(size=(20, 10)))
    assert decode_image(data, max_pixels=200, max_side=20).shape == (10, 20, 3)
    with pytest.raises(ImageError, match="at most 199 "):
        decode_image(data, max_pixels=199)


def test_the_longer_side_is_limited() -> None:
    with pytest.raises(ImageError) as refusal:
        decode_image(encoded(noise(size=(20, 10))), max_side=19)
    assert str(refusal.value) == (
        "the image is 20 pixels wide and 10 high, and at most 19 per side are decoded: scale it down"
    )


def with_scans(count: int) -> bytes:
    """A progressive JPEG of ``count`` scans: its last one comes again and again."""
    data = encoded(noise(), "JPEG", progressive=True)
    starts = [at for at in range(len(data)) if data[at : at + 2] == b"\xff\xda"]
    return data[:-2] + data[starts[-1] : -2] * (count - len(starts)) + data[-2:]


def test_a_jpeg_of_a_hundred_scans_is_decoded_and_one_more_is_refused() -> None:
    assert decode_image(with_scans(100)).shape == (10, 20, 3)
    with pytest.raises(ImageError) as refusal:
        decode_image(with_scans(101))
    assert str(refusal.value) == ("the image is a JPEG of more than 100 scans, which are not decoded: save it anew")


def test_what_only_looks_like_scans_does_not_count() -> None:
    # a comment before the pixels, and a film after them, as telephones append it
    picture = encoded(noise(), "JPEG", comment=b"\xff\xda" * 200) + b"\xff\xda" * 200
    assert decode_image(picture).shape == (10, 20, 3)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGB", "RGBA", "CMYK", "I;16"])
def test_a_picture_that_is_handed_over_in_bands_is_whole(mode: str) -> None:
    rng = np.random.default_rng(0)
    if mode == "I;16":
        picture = Image.fromarray(rng.integers(0, 2**16, (700, 900), np.uint16))
    else:
        picture = Image.fromarray(rng.integers(0, 256, (700, 900, 3), np.uint8)).convert(mode)
    file = io.BytesIO()
    picture.save(file, "JPEG" if mode == "CMYK" else "PNG", **({"transparency": 5} if mode == "P" else {}))
    with Image.open(file) as stored:
        if mode == "I;16":
            expected = np.repeat((np.asarray(stored) >> 8)[:, :, np.newaxis], 3, axis=2)
        else:
            stored.load()
            stored.info.pop("transparency", None)
            expected = np.asarray(stored.convert("RGB"))
    assert np.array_equal(decode_image(file.getvalue()), expected)


def test_a_picture_is_written_where_it_is_wanted() -> None:
    file = io.BytesIO()
    Image.fromarray(np.arange(60, dtype=np.uint8).reshape(4, 5, 3)).save(file, "PNG")
    out = np.zeros((4, 5, 3), np.uint8)
    assert decode_image(file.getvalue(), out=out) is out
    assert out.reshape(-1).tolist() == list(range(60))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"gone.jpg cannot be read: No such file or directory$"):
        read_image(tmp_path / "gone.jpg")


def test_an_error_can_call_the_file_by_another_name(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(ImageError, match=r"^train/a\.png is empty"):
        read_image(tmp_path / "a.png", name="train/a.png")


def test_no_damage_gets_past_as_anything_but_an_image_error() -> None:
    exif = Image.Exif()
    exif[0x011A] = 72.0
    originals = [
        encoded(noise(), "JPEG", exif=exif),
        encoded(noise("CMYK"), "JPEG"),
        encoded(noise("P"), transparency=b"\x00\x80"),
        encoded(noise("LA")),
        encoded(noise(), "TIFF", compression="tiff_lzw"),
        encoded(noise("P"), "TIFF"),
        encoded(noise(), "BMP"),
        encoded(noise("P"), "BMP"),
        encoded(noise(), "WebP", exif=exif),
    ]
    refused = 0
    dice = random.Random(0)
    for _ in range(1000):
        data = bytearray(dice.choice(originals))
        for _ in range(4):
            data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            decode_image(bytes(data[: dice.randrange(len(data))]), max_pixels=100_000)
        except ImageError:
            refused += 1
    assert refused > 500


def saved_mask(tmp_path: Path, picture: Image.Image | bytes) -> Path:
    path = tmp_path / "mask.png"
    path.write_bytes(picture if isinstance(picture, bytes) else encoded(picture))
    return path


def test_a_grey_mask_gives_its_values(tmp_path: Path) -> None:
    values = np.array([[0, 1, 254, 255]], dtype=np.uint8)
    mask = read_mask(saved_mask(tmp_path, Image.fromarray(values)))
    assert (mask.tolist(), mask.dtype) == ([[0, 1, 254, 255]], np.uint8)


def test_a_palette_mask_gives_indices_not_colours(tmp_path: Path) -> None:
    mask = read_mask(saved_mask(tmp_path, palette_picture([[2, 0], [1, 2]], [RED, GREEN, BLUE])))
    assert mask.tolist() == [[2, 0], [1, 2]]


def test_a_one_bit_mask_gives_zero_and_one(tmp_path: Path) -> None:
    picture = Image.new("1", (2, 1))
    picture.putpixel((1, 0), 1)
    mask = read_mask(saved_mask(tmp_path, picture))
    assert (mask.tolist(), mask.dtype) == ([[0, 1]], np.uint8)


def test_masks_of_two_and_four_bits_are_not_stretched(tmp_path: Path) -> None:
    assert read_mask(saved_mask(tmp_path, png(4, 1, 2, 0, [bytes([0b00_01_10_11])]))).tolist() == [[0, 1, 2, 3]]
    assert read_mask(saved_mask(tmp_path, png(4, 1, 4, 0, [bytes([0x0F, 0x7A])]))).tolist() == [[0, 15, 7, 10]]


def test_a_sixteen_bit_mask_of_small_values_is_read(tmp_path: Path) -> None:
    values = np.array([[0, 3, 255]], dtype=np.uint16)
    mask = read_mask(saved_mask(tmp_path, Image.fromarray(values)))
    assert (mask.tolist(), mask.dtype) == ([[0, 3, 255]], np.uint8)


def test_a_sixteen_bit_mask_of_large_values_is_refused(tmp_path: Path) -> None:
    values = np.array([[0, 3, 300]], dtype=np.uint16)
    with pytest.raises(ImageError) as refusal:
        read_mask(saved_mask(tmp_path, Image.fromarray(values)), name="train_annotation/mask.png")
    assert str(refusal.value) == (
        "train_annotation/mask.png holds 16-bit values up to 300; a mask holds class ids of 0 to 255: "
        "save it as an 8-bit greyscale or palette PNG"
    )


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA"])
def test_a_mask_with_several_values_per_pixel_is_refused_even_if_they_are_equal(tmp_path: Path, mode: str) -> None:
    with pytest.raises(ImageError) as refusal:
        read_mask(saved_mask(tmp_path, Image.new("L", (2, 2), 5).convert(mode)), name="mask.png")
    assert str(refusal.value) == (
        f"mask.png is an {mode} picture; a mask holds one class id per pixel, and this one holds #050505 in 4 pixels: "
        'name the class of each colour in a label map, {"colors": {"<class>": "#rrggbb"}}, '
        "or save class ids as an 8-bit greyscale or palette PNG"
    )


def test_a_jpeg_mask_is_refused_whatever_its_suffix(tmp_path: Path) -> None:
    with pytest.raises(ImageError) as refusal:
        read_mask(saved_mask(tmp_path, encoded(noise("L"), "JPEG")), name="mask.png")
    assert str(refusal.value) == "mask.png is a JPEG picture, and JPEG alters class ids: a mask must be saved as PNG"


def test_a_truncated_mask_is_refused(tmp_path: Path) -> None:
    data = encoded(noise("L", size=(64, 64)))
    with pytest.raises(ImageError, match=r"^mask\.png is truncated"):
        read_mask(saved_mask(tmp_path, data[: len(data) // 2]), name="mask.png")
