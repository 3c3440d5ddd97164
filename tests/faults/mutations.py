"""Whole pictures made wrong, by chance and by malice."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace

from PIL import Image

from tests.faults import png_chunks
from tests.faults.pictures import draw, encoded
from tests.faults.png_chunks import Chunk

Mutation = Callable[[random.Random, bytes], bytes]
MEBIBYTE = 2**20


def mutate(rng: random.Random) -> tuple[str, bytes]:
    """What was done to which kind of picture, and the bytes that are left."""
    picture = draw(rng)
    forms = PNG_MUTATIONS if picture.data.startswith(png_chunks.START) else JPEG_MUTATIONS
    mutation = rng.choice((*MUTATIONS, *forms))
    data = mutation(rng, picture.data)
    if rng.random() < 0.2:
        data = rng.choice(MUTATIONS)(rng, data)
    return f"{mutation.__name__} ({picture.kind})", data


def bomb(rng: random.Random) -> tuple[str, bytes]:
    """A small file that would take much memory or time; its name and its bytes."""
    make = rng.choice(BOMBS)
    return make.__name__, make(rng)


# --- of any bytes


def truncated(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def bits_flipped(rng: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 3, 30))):
        if changed:
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def block_zeroed(rng: random.Random, data: bytes) -> bytes:
    start, end = _range(rng, data)
    return data[:start] + bytes(end - start) + data[end:]


def block_removed(rng: random.Random, data: bytes) -> bytes:
    start, end = _range(rng, data)
    return data[:start] + data[end:]


def block_doubled(rng: random.Random, data: bytes) -> bytes:
    start, end = _range(rng, data)
    return data[:end] + data[start:end] + data[end:]


def noise_inserted(rng: random.Random, data: bytes) -> bytes:
    start, _ = _range(rng, data)
    return data[:start] + rng.randbytes(rng.randint(1, 300)) + data[start:]


def noise_appended(rng: random.Random, data: bytes) -> bytes:
    return data + rng.randbytes(rng.randint(1, 5000))


def spliced(rng: random.Random, data: bytes) -> bytes:
    """The first part of one picture and the last of another."""
    other = draw(rng).data
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]


def _range(rng: random.Random, data: bytes) -> tuple[int, int]:
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + rng.choice((1, 2, 4, 16, 200)))


MUTATIONS: tuple[Mutation, ...] = (
    *(truncated, bits_flipped, bits_flipped, block_zeroed, block_removed, block_doubled),
    *(noise_inserted, noise_appended, spliced),
)

# --- of PNG files, with right checksums, so that what lies behind them is reached


def chunks_shuffled(rng: random.Random, data: bytes) -> bytes:
    chunks = png_chunks.split(data)
    rng.shuffle(chunks)
    return png_chunks.join(chunks)


def chunk_dropped(rng: random.Random, data: bytes) -> bytes:
    chunks = png_chunks.split(data)
    del chunks[rng.randrange(len(chunks))]
    return png_chunks.join(chunks)


def chunk_doubled(rng: random.Random, data: bytes) -> bytes:
    chunks = png_chunks.split(data)
    chunks.insert(rng.randrange(len(chunks)), rng.choice(chunks))
    return png_chunks.join(chunks)


def chunk_content_changed(rng: random.Random, data: bytes) -> bytes:
    chunks = png_chunks.split(data)
    number = rng.randrange(len(chunks))
    changed = rng.choice((bits_flipped, truncated, noise_inserted))(rng, chunks[number].data)
    chunks[number] = replace(chunks[number], data=changed)
    return png_chunks.join(chunks)


def chunk_renamed(rng: random.Random, data: bytes) -> bytes:
    chunks = png_chunks.split(data)
    number = rng.randrange(len(chunks))
    name = rng.choice((b"IHDR", b"PLTE", b"tRNS", b"iCCP", b"eXIf", b"acTL", b"fcTL", b"fdAT", b"pHYs", b"\0\0\0\0"))
    chunks[number] = replace(chunks[number], name=name)
    return png_chunks.join(chunks)


def checksum_wrong(rng: random.Random, data: bytes) -> bytes:
    chunks = png_chunks.split(data)
    number = rng.randrange(len(chunks))
    chunks[number] = replace(chunks[number], crc=rng.getrandbits(32))
    return png_chunks.join(chunks)


def header_redrawn(rng: random.Random, data: bytes) -> bytes:
    """The pixels of one picture under a header that says something else."""
    numbers = (rng.choice((0, 1, 7, 64, 2**31 - 1, 2**31, 2**32 - 1)) for _ in range(2))
    fields = (rng.choice((0, 1, 2, 3, 4, 6, 8, 16, 255)) for _ in range(5))
    chunks = png_chunks.split(data)
    chunks[0] = replace(chunks[0], data=struct.pack(">IIBBBBB", *numbers, *fields))
    return png_chunks.join(chunks)


def chunk_length_lied(rng: random.Random, data: bytes) -> bytes:
    position = len(png_chunks.START) if rng.random() < 0.5 else max(0, data.find(b"IDAT") - 4)
    length = rng.choice((0, 1, 2**31 - 1, 2**32 - 1, rng.getrandbits(16)))
    return data[:position] + struct.pack(">I", length) + data[position + 4 :]


def odd_chunk_added(rng: random.Random, data: bytes) -> bytes:
    """A chunk of a known name with content that it may not have."""
    name = rng.choice((b"tRNS", b"iCCP", b"eXIf", b"acTL", b"fcTL", b"fdAT", b"pHYs", b"gAMA", b"cHRM", b"sRGB"))
    name = rng.choice((name, b"tEXt", b"zTXt", b"iTXt", b"PLTE", b"tIME", b"bKGD", b"sBIT", b"hIST", b"sPLT", b"CgBI"))
    chunks = png_chunks.split(data)
    chunks.insert(rng.randint(0, len(chunks)), Chunk(name, rng.randbytes(rng.choice((0, 1, 4, 26, 100)))))
    return png_chunks.join(chunks)


PNG_MUTATIONS: tuple[Mutation, ...] = (
    *(chunks_shuffled, chunk_dropped, chunk_doubled, chunk_content_changed, chunk_content_changed, chunk_renamed),
    *(checksum_wrong, header_redrawn, chunk_length_lied, odd_chunk_added, odd_chunk_added),
)

# --- of JPEG files


def segments(data: bytes) -> list[bytes]:
    """The segments before the pixels, each with its marker, and the rest as the last one."""
    found, position = [data[:2]], 2
    while position + 4 <= len(data) and data[position] == 0xFF and data[position + 1] != 0xDA:
        (length,) = struct.unpack_from(">H", data, position + 2)
        found.append(data[position : position + 2 + length])
        position += 2 + length
    return [*found, data[position:]]


def segments_shuffled(rng: random.Random, data: bytes) -> bytes:
    start, *middle, rest = segments(data)
    rng.shuffle(middle)
    return b"".join([start, *middle, rest])


def segment_dropped(rng: random.Random, data: bytes) -> bytes:
    parts = segments(data)
    del parts[rng.randrange(1, len(parts))]
    return b"".join(parts)


def segment_doubled(rng: random.Random, data: bytes) -> bytes:
    parts = segments(data)
    parts.insert(rng.randrange(1, len(parts)), rng.choice(parts[1:]))
    return b"".join(parts)


def segment_content_changed(rng: random.Random, data: bytes) -> bytes:
    parts = segments(data)
    number = rng.randrange(1, len(parts))
    parts[number] = parts[number][:2] + bits_flipped(rng, parts[number][2:])
    return b"".join(parts)


def frame_redrawn(rng: random.Random, data: bytes) -> bytes:
    """Another size, precision or number of components in the frame header."""
    sides = [rng.choice((0, 1, 8, 500, 65535)) for _ in range(2)]
    return _with_frame(data, struct.pack(">BHHB", rng.choice((8, 8, 8, 12, 1)), *sides, rng.choice((1, 3, 3, 4, 255))))


def _with_frame(data: bytes, fields: bytes) -> bytes:
    parts = segments(data)
    for number, part in enumerate(parts[:-1]):
        if part[:2] in (b"\xff\xc0", b"\xff\xc2"):
            parts[number] = part[:4] + fields + part[4 + len(fields) :]
    return b"".join(parts)


def exif_added(rng: random.Random, data: bytes) -> bytes:
    """An EXIF block of noise, with or without a right beginning."""
    block = b"Exif\0\0" + rng.choice((b"", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08")) + rng.randbytes(rng.randint(0, 200))
    name = rng.choice((b"\xff\xe1", b"\xff\xe2", b"\xff\xed", b"\xff\xee", b"\xff\xfe"))
    return data[:2] + name + struct.pack(">H", len(block) + 2) + block + data[2:]


JPEG_MUTATIONS: tuple[Mutation, ...] = (
    *(segments_shuffled, segment_dropped, segment_doubled, segment_content_changed, segment_content_changed),
    *(frame_redrawn, exif_added, exif_added),
)

# --- bombs


def huge_png(rng: random.Random) -> bytes:
    width, height = rng.choice(((2**31 - 1, 2**31 - 1), (60_000, 60_000), (2**31 - 1, 1), (1, 100_000)))
    return png_chunks.join([png_chunks.header(width, height), png_chunks.pixels(b"\0"), png_chunks.END])


def huge_jpeg(rng: random.Random) -> bytes:
    return _with_frame(_small_jpeg(rng), struct.pack(">BHH", 8, *rng.choice(((65_535, 65_535), (65_535, 1)))))


def text_bomb(rng: random.Random) -> bytes:
    """Compressed text or a colour profile of 50 MB in 50 kB."""
    block = zlib.compress(bytes(50 * MEBIBYTE), 9)
    start = {b"zTXt": b"k\0\0", b"iTXt": b"k\0\1\0\0\0", b"iCCP": b"k\0\0"}
    name = rng.choice(tuple(start))
    return png_chunks.join(_small_png([Chunk(name, start[name] + block)]))


def many_texts(rng: random.Random) -> bytes:
    """Each of them as large as Pillow takes, in all 100 MB in 100 kB."""
    block = zlib.compress(bytes(MEBIBYTE - 1), 9)
    return png_chunks.join(_small_png([Chunk(b"zTXt", b"k%d\0\0" % number + block) for number in range(100)]))


def pixel_bomb(rng: random.Random) -> bytes:
    """50 MB of pixels for a picture of 8 x 8."""
    return png_chunks.join([png_chunks.header(8, 8), png_chunks.pixels(bytes(50 * MEBIBYTE)), png_chunks.END])


def chunk_flood(rng: random.Random) -> bytes:
    name = rng.choice((b"prVt", b"tEXt", b"IDAT", b"PLTE"))
    return png_chunks.join(_small_png([Chunk(name, b"")] * 20_000))


def many_scans(rng: random.Random, height: int = 300, width: int = 300, scans: int = 1000) -> bytes:
    """A progressive JPEG whose last scan comes again and again: each of them goes over the whole picture."""
    data = encoded(Image.new("RGB", (width, height)), "JPEG", progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + scan * scans + data[-2:]


def frames_promised(rng: random.Random) -> bytes:
    """An animated picture of 2^32 - 1 frames, of which there is none."""
    return png_chunks.join(_small_png([Chunk(b"acTL", struct.pack(">II", 2**32 - 1, 0))]))


def exif_loop(rng: random.Random) -> bytes:
    """An EXIF block whose directory is followed by itself."""
    tiff = b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHII", 0x8769, 4, 1, 8) + struct.pack("<I", 8)
    block = b"Exif\0\0" + tiff
    data = _small_jpeg(rng)
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + data[2:]


def _small_png(extra: list[Chunk]) -> list[Chunk]:
    return [png_chunks.header(8, 8), *extra, png_chunks.pixels(bytes(8 * 25)), png_chunks.END]


def _small_jpeg(rng: random.Random) -> bytes:
    return encoded(Image.new("RGB", (8, 8)), "JPEG", progressive=rng.random() < 0.5)


BOMBS: tuple[Callable[[random.Random], bytes], ...] = (
    *(huge_png, huge_jpeg, text_bomb, many_texts, pixel_bomb, chunk_flood, many_scans, frames_promised, exif_loop),
)
