"""Whole pictures of every kind that JPEG and PNG have, drawn by chance."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tests.faults import png_chunks
from tests.faults.png_chunks import Chunk

ORIENTATION = 0x0112  # EXIF's tag
LARGEST_FILE = 2**20  # bytes


@dataclass(frozen=True)
class Picture:
    """The bytes of a file; what it is, for the report; and its (height, width)."""

    kind: str
    data: bytes
    size: tuple[int, int]


def draw(rng: random.Random) -> Picture:
    """A picture of a random kind, mostly a small one, of at most LARGEST_FILE bytes."""
    while True:
        picture = rng.choice(KINDS)(rng, *_size(rng))
        if len(picture.data) <= LARGEST_FILE:
            return picture


def shapes(seed: int, height: int, width: int) -> np.ndarray:
    """(height, width, 3) uint8: coloured rectangles with some noise, so that a network has something to tell apart."""
    numbers = np.random.default_rng(seed)
    image = np.full((height, width, 3), numbers.integers(0, 256, 3), np.uint8)
    for _ in range(8):
        top, left = numbers.integers(0, height), numbers.integers(0, width)
        bottom, right = top + numbers.integers(1, height + 1), left + numbers.integers(1, width + 1)
        image[top:bottom, left:right] = numbers.integers(0, 256, 3)
    return image ^ numbers.integers(0, 16, image.shape, dtype=np.uint8)


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def _size(rng: random.Random) -> tuple[int, int]:
    largest = rng.choices((96, 200, 500), (70, 25, 5))[0]
    return rng.randint(1, largest), rng.randint(1, largest)


def _image(rng: random.Random, height: int, width: int) -> Image.Image:
    return Image.fromarray(shapes(rng.getrandbits(32), height, width))


def _png(rng: random.Random, height: int, width: int) -> Picture:
    colour, depth = rng.choice(png_chunks.KINDS)
    interlaced = rng.random() < 0.4
    chunks = png_chunks.noise(rng, width, height, colour, depth, interlaced)
    kind = f"png, colour type {colour}, {depth} bits{', interlaced' if interlaced else ''}"
    return Picture(kind, png_chunks.join(chunks), (height, width))


def _split_png(rng: random.Random, height: int, width: int) -> Picture:
    """Its pixels lie in many IDAT chunks, some of them empty."""
    head, data, end = png_chunks.noise(rng, width, height, 2, 8, False)
    step = rng.randint(1, 1000)
    parts = [data.data[at : at + step] for at in range(0, len(data.data), step)]
    chunks = [head, *(Chunk(b"IDAT", part) for part in parts), Chunk(b"IDAT", b""), end]
    return Picture("png, many IDAT chunks", png_chunks.join(chunks), (height, width))


def _annotated_png(rng: random.Random, height: int, width: int) -> Picture:
    """With text, gamma, time, a transparent colour and a chunk that nobody knows."""
    head, *rest = png_chunks.noise(rng, width, height, 2, 8, False)
    extra = [
        Chunk(b"gAMA", (45455).to_bytes(4, "big")),
        Chunk(b"tEXt", b"Comment\0" + b"text " * rng.randint(0, 50)),
        Chunk(b"tIME", bytes((7, 230, 2, 29, 23, 59, 60))),
        Chunk(b"tRNS", rng.randbytes(6)),
        Chunk(b"prVt", rng.randbytes(rng.randint(0, 500))),
    ]
    rng.shuffle(extra)
    return Picture("png, other chunks", png_chunks.join([head, *extra, *rest]), (height, width))


def _moving_png(rng: random.Random, height: int, width: int) -> Picture:
    frames = [_image(rng, height, width) for _ in range(3)]
    data = encoded(frames[0], "PNG", save_all=True, append_images=frames[1:], duration=40)
    return Picture("png, animated", data, (height, width))


def _palette_png(rng: random.Random, height: int, width: int) -> Picture:
    image = _image(rng, height, width).quantize(rng.randint(2, 256))
    return Picture("png, palette", encoded(image, "PNG", transparency=0), (height, width))


def _jpeg(rng: random.Random, height: int, width: int) -> Picture:
    mode = rng.choice(("RGB", "RGB", "L", "CMYK"))
    progressive = rng.random() < 0.4
    data = encoded(
        _image(rng, height, width).convert(mode),
        "JPEG",
        quality=rng.randint(1, 95),
        progressive=progressive,
        optimize=rng.random() < 0.5,
        restart_marker_rows=rng.choice((0, 1)),
        comment=b"c" * rng.choice((0, 10)),
        **({} if mode == "L" else {"subsampling": rng.choice((0, 1, 2))}),
    )
    return Picture(f"jpeg, {mode}{', progressive' if progressive else ''}", data, (height, width))


def _turned_jpeg(rng: random.Random, height: int, width: int) -> Picture:
    """Its EXIF block says that it lies on its side; the answer is not turned."""
    exif = Image.Exif()
    exif[ORIENTATION] = rng.randint(1, 8)
    return Picture("jpeg, turned by EXIF", encoded(_image(rng, height, width), "JPEG", exif=exif), (height, width))


KINDS: tuple[Callable[[random.Random, int, int], Picture], ...] = (
    *(_png, _png, _png, _split_png, _annotated_png, _moving_png, _palette_png),
    *(_jpeg, _jpeg, _jpeg, _turned_jpeg),
)
