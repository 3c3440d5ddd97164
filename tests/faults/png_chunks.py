"""PNG files taken apart and put together chunk by chunk, right and wrong ones.

Source of the format: the PNG specification, third edition, sections 5 (chunks), 8 (interlacing) and 9 (filtering).
"""

from __future__ import annotations

import random
import struct
import zlib
from dataclasses import dataclass

START = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type: grey, RGB, palette, grey and alpha, RGB and alpha
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
KINDS = tuple((colour, depth) for colour, depths in DEPTHS.items() for depth in depths)
FILTERS = 5
# the seven passes of an interlaced picture: first column, first row, columns apart, rows apart
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


@dataclass(frozen=True)
class Chunk:
    """``crc`` None is the right one."""

    name: bytes
    data: bytes
    crc: int | None = None

    def encode(self) -> bytes:
        crc = zlib.crc32(self.name + self.data) if self.crc is None else self.crc
        return struct.pack(">I", len(self.data)) + self.name + self.data + struct.pack(">I", crc)


def join(chunks: list[Chunk]) -> bytes:
    return START + b"".join(chunk.encode() for chunk in chunks)


def split(data: bytes) -> list[Chunk]:
    """The chunks of a whole PNG file."""
    chunks, position = [], len(START)
    while position + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, position)
        name = data[position + 4 : position + 8]
        chunks.append(Chunk(name, data[position + 8 : position + 8 + length]))
        position += length + 12
    return chunks


def header(width: int, height: int, depth: int = 8, colour: int = 2, interlaced: int = 0) -> Chunk:
    return Chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))


def pixels(data: bytes) -> Chunk:
    return Chunk(b"IDAT", zlib.compress(data, 9))


END = Chunk(b"IEND", b"")


def noise(rng: random.Random, width: int, height: int, colour: int, depth: int, interlaced: bool) -> list[Chunk]:
    """A whole picture of random pixels, every row by a random filter."""
    bits = CHANNELS[colour] * depth
    passes = ADAM7 if interlaced else ((0, 0, 1, 1),)
    sizes = (((width - x + dx - 1) // dx, (height - y + dy - 1) // dy) for x, y, dx, dy in passes)
    data = b"".join(_rows(rng, columns, rows, bits) for columns, rows in sizes if columns > 0 and rows > 0)
    palette = [Chunk(b"PLTE", rng.randbytes(3 * 2**depth))] if colour == 3 else []
    return [header(width, height, depth, colour, int(interlaced)), *palette, pixels(data), END]


def _rows(rng: random.Random, columns: int, rows: int, bits: int) -> bytes:
    return b"".join(bytes([rng.randrange(FILTERS)]) + rng.randbytes((columns * bits + 7) // 8) for _ in range(rows))
