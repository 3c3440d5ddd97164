from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.data.pictures.image_files import (
    decode_image,
    look_at_image,
    look_at_mask,
    picture_size,
    read_image,
    read_mask,
)
from semseg.errors import ImageError
from tests.data.picture_makers import encoded, tiff

PIXELS = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
PICTURE = Image.fromarray(PIXELS)


@pytest.mark.parametrize(
    "data",
    [
        encoded(PICTURE, "TIFF"),
        encoded(PICTURE, "TIFF", compression="tiff_lzw"),
        encoded(PICTURE, "TIFF", compression="tiff_deflate"),
        encoded(PICTURE, "TIFF", big_tiff=True),
        encoded(PICTURE, "TIFF", save_all=True, append_images=[Image.new("RGB", (5, 5))]),
        tiff(PIXELS, ">"),
        encoded(PICTURE, "BMP"),
        encoded(PICTURE, "WebP", lossless=True),
        encoded(PICTURE, "WebP", lossless=True, save_all=True, append_images=[Image.new("RGB", (40, 30))]),
    ],
)
def test_tiff_bmp_and_webp_are_read_pixel_by_pixel(data: bytes) -> None:
    assert np.array_equal(decode_image(data), PIXELS)
    assert picture_size(data) == (30, 40)


@pytest.mark.parametrize("kind", ["TIFF", "BMP"])
@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA"])
def test_their_colour_modes_become_rgb(kind: str, mode: str) -> None:
    picture = PICTURE.convert(mode)
    assert np.array_equal(decode_image(encoded(picture, kind)), np.array(picture.convert("RGB")))


def test_a_picture_is_what_its_bytes_say_not_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(encoded(PICTURE, "WebP", lossless=True))
    assert np.array_equal(read_image(tmp_path / "a.jpg"), PIXELS)


@pytest.mark.parametrize("kind", ["TIFF", "BMP", "WebP"])
def test_a_mask_of_another_format_than_png_is_refused(tmp_path: Path, kind: str) -> None:
    (tmp_path / "a.png").write_bytes(encoded(Image.new("L", (2, 2)), kind))
    with pytest.raises(ImageError) as refusal:
        read_mask(tmp_path / "a.png", name="a.png")
    assert str(refusal.value) == (
        f"a.png is a {kind} picture, and masks are read from PNG files alone: "
        "save it as an 8-bit greyscale or palette PNG"
    )


@pytest.mark.parametrize("kind", ["TIFF", "BMP", "WebP"])
def test_pixels_and_sides_are_limited(kind: str) -> None:
    data = encoded(PICTURE, kind)
    assert decode_image(data, max_pixels=1200, max_side=40).shape == (30, 40, 3)
    with pytest.raises(ImageError, match=r"at most 1199 are decoded: scale it down$"):
        picture_size(data, max_pixels=1199)
    with pytest.raises(ImageError, match=r"at most 39 per side are decoded: scale it down$"):
        picture_size(data, max_side=39)


def webp(kind: bytes, body: bytes) -> bytes:
    chunk = kind + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


@pytest.mark.parametrize(
    "data",
    [
        webp(b"VP8X", bytes(4) + b"\x2f\x75\x00" + b"\x1f\x4e\x00" + bytes(20)),
        webp(b"VP8L", b"\x2f" + struct.pack("<I", 16000 - 1 | (16000 - 1) << 14) + bytes(20)),
        webp(b"VP8 ", bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", 16000, 16000) + bytes(20)),
    ],
)
def test_the_size_of_webp_is_read_before_its_decoder_takes_memory(data: bytes) -> None:
    with pytest.raises(ImageError, match=r"pixels, and at most 89478485 are decoded: scale it down$"):
        picture_size(data)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            tiff(PIXELS, more={322: 8192, 323: 4096}),
            "is truncated or damaged (tiles of more than 16777216 pixels): write it anew or leave it out",
        ),
        (
            tiff(PIXELS, more={259: 5, 254: 1}),
            "is a TIFF file that begins with a preview, as raw files of cameras do: "
            "develop it and save it as PNG, JPEG or TIFF",
        ),
        (
            tiff(PIXELS, more={259: 50000}),
            "is a TIFF picture compressed by zstd, which is not decoded: "
            "save it with LZW, with deflate or without compression",
        ),
        (
            tiff(np.zeros((2, 2, 5), np.uint8), more={262: 1}),
            "is a TIFF picture of bands or samples that are not read: save it as RGB or grey of 8 bits",
        ),
        (tiff(PIXELS, more={256: 0}), "is truncated or damaged"),
        (encoded(PICTURE, "TIFF")[:9], "is truncated or damaged"),
    ],
)
def test_tiff_that_is_not_decoded_is_refused_with_the_reason(data: bytes, sentence: str) -> None:
    with pytest.raises(ImageError) as refusal:
        decode_image(data)
    assert str(refusal.value).startswith(f"the image {sentence}")


def test_strips_that_cover_a_picture_again_and_again_are_refused() -> None:
    rows, strips = 1000, 64
    entries = [(256, 4, 1, 1000), (257, 4, 1, rows), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    entries += [(273, 4, strips, 8), (277, 3, 1, 1), (278, 4, 1, rows - 1), (279, 4, 1, 8), (284, 3, 1, 1)]
    body = struct.pack(f"<{strips}I", *[8] * strips)
    directory = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    head = b"II*\0" + struct.pack("<I", 8 + len(body))
    data = head + body + struct.pack("<H", len(entries)) + directory + bytes(4)
    with pytest.raises(ImageError, match=r"truncated or damaged \(more strips than it has rows\)"):
        decode_image(data)


def test_run_lengths_of_bmp_are_refused() -> None:
    data = bytearray(encoded(PICTURE.convert("P"), "BMP"))
    data[30] = 1  # the compression
    with pytest.raises(ImageError) as refusal:
        decode_image(bytes(data))
    assert str(refusal.value) == "the image is a BMP of run lengths, which are not decoded: save it as PNG"


def test_looks_give_what_reading_gives_and_the_facts(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.tif", "b.bmp", "c.png")]
    paths[0].write_bytes(encoded(PICTURE, "TIFF"))
    for path in paths[1:]:
        path.write_bytes(encoded(PICTURE, "PNG"))
    looks = [look_at_image(path) for path in paths]
    for image, facts in looks:
        assert np.array_equal(image, PIXELS)
        assert (facts.width, facts.height, facts.orientation, facts.bits, facts.highest) == (40, 30, 1, 8, 0)
    digests = [facts.digest for _, facts in looks]
    assert [len(digest) for digest in digests] == [16, 16, 16]
    assert (digests[1] == digests[2], digests[0] == digests[1]) == (True, False)


def test_a_look_at_a_mask_counts_its_values_and_tells_its_palette(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    mask = Image.new("P", (3, 2))
    mask.putdata([0, 0, 2, 255, 2, 2])
    mask.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90] + [0] * 759)
    path.write_bytes(encoded(mask))
    values, facts = look_at_mask(path)
    assert values.tolist() == [[0, 0, 2], [255, 2, 2]]
    assert (facts.width, facts.height, facts.counts.shape, facts.counts.dtype) == (3, 2, (256,), np.int64)
    assert {int(value): int(facts.counts[value]) for value in np.flatnonzero(facts.counts)} == {0: 2, 2: 3, 255: 1}
    assert facts.palette is not None
    assert list(facts.palette[:9]) == [10, 20, 30, 40, 50, 60, 70, 80, 90]
    path.write_bytes(encoded(Image.new("L", (2, 2), 7)))
    assert look_at_mask(path)[1].palette is None
