"""Picture files put together by hand, for what Pillow does not write."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping

import numpy as np
from PIL import Image

GREY, COLOURS, GREY_ALPHA, COLOURS_ALPHA = 0, 2, 4, 6  # colour types of PNG
SHORT, LONG = 3, 4  # types of a TIFF tag


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    """Returns a chunk of a PNG file."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, bit_depth: int, colour_type: int, rows: list[bytes], last: bytes = b"") -> bytes:
    """Returns a PNG file; ``last`` is a chunk after the pixels."""
    header = struct.pack(">IIBBBBB", width, height, bit_depth, colour_type, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    content = chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + last + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + content


def deep_png(samples: np.ndarray) -> bytes:
    """Returns a PNG file of 16 bits; samples: (H, W, channels)."""
    height, width, channels = samples.shape
    colour_type = {1: GREY, 2: GREY_ALPHA, 3: COLOURS, 4: COLOURS_ALPHA}[channels]
    return png(width, height, 16, colour_type, [row.astype(">u2").tobytes() for row in samples])


def tiff(samples: np.ndarray, order: str = "<", more: Mapping[int, int] | None = None) -> bytes:
    """Returns a TIFF file without compression, with one strip.

    Args:
        samples: (H, W, channels) uint8 or uint16.
        order: of its bytes, "<" or ">".
        more: the numbers of further tags, or of those that shall have another value.
    """
    height, width, channels = samples.shape
    pixels = samples.astype(samples.dtype.newbyteorder(order)).tobytes()
    tags = {256: width, 257: height, 258: samples.itemsize * 8, 259: 1, 262: 2 if channels > 1 else 1}
    tags.update({273: 8, 277: channels, 278: height, 279: len(pixels)})
    tags.update({338: 2} if channels in (2, 4) else {})
    tags.update(more or {})
    start = 8 + len(pixels)
    entries = b"".join(_entry(number, tags[number], order) for number in sorted(tags))
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, start)
    return head + pixels + struct.pack(order + "H", len(tags)) + entries + struct.pack(order + "I", 0)


def _entry(number: int, value: int, order: str) -> bytes:
    if number in (256, 257, 273, 279, 322, 323):
        return struct.pack(order + "HHII", number, LONG, 1, value)
    return struct.pack(order + "HHIHH", number, SHORT, 1, value, 0)


def exif(orientation: int) -> bytes:
    """Returns an EXIF block, as PNG has it: TIFF with one tag."""
    return b"II" + struct.pack("<HIH", 42, 8, 1) + struct.pack("<HHIHH", 274, SHORT, 1, orientation, 0) + bytes(4)
