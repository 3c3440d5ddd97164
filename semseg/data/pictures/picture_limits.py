"""What is checked of a picture before its pixels are decoded: a small file must take neither much memory nor time."""

from __future__ import annotations

import re
from dataclasses import dataclass

from semseg.contract.picture_kinds import BMP, JPEG, TIFF, WEBP, PictureKind
from semseg.data.pictures.picture_formats import OpenPicture
from semseg.errors import ImageError

# Where Pillow, too, begins to suspect a decompression bomb: a quarter of a GiB as RGB.
MAX_PIXELS = 89_478_485

# Of a JPEG picture. Each may cover the whole picture in a few bytes, so that a small file would take hours; encoders
# write about ten, or one.
MAX_SCANS = 100

# The next marker after a segment (ITU-T T.81, B.1.1.2): within coded pixels 0xff is followed by 0, or by a restart.
_JPEG_MARKER = re.compile(rb"\xff([\x02-\xcf\xd8-\xfe])", re.S)
_JPEG_SCAN, _JPEG_END = b"\xda", b"\xd9"

MAX_TILE_PIXELS = 2**24  # of a TIFF file, which is decoded whole, however small the picture is
MAX_COVERS = 5  # how often the strips of a TIFF file may cover its picture: once for each of its planes
_TIFF_COMPRESSIONS = ("raw", "packbits", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "jpeg")
_SUBFILE_TYPE, _TILE_WIDTH, _TILE_LENGTH, _DNG_VERSION = 254, 322, 323, 50706  # tags of TIFF
_RUN_LENGTHS = "bmp_rle"  # what Pillow calls them; it decodes them in Python


@dataclass(frozen=True)
class SizeLimit:
    """The most pixels (width times height) of a picture that is decoded, and its longest side where that is limited."""

    max_pixels: int = MAX_PIXELS
    max_side: int | None = None

    def check(self, width: int, height: int, name: str) -> None:
        """Raises ImageError where a picture of this size is not decoded."""
        if width < 1 or height < 1:
            raise damaged(name, f"{width} x {height} pixels")
        if width * height > self.max_pixels:
            fault = f"has {width} x {height} = {width * height} pixels, and at most {self.max_pixels} are decoded"
            raise ImageError.of(name, fault, "scale it down", "too-large")
        if self.max_side is not None and max(width, height) > self.max_side:
            fault = f"is {width} pixels wide and {height} high, and at most {self.max_side} per side are decoded"
            raise ImageError.of(name, fault, "scale it down", "too-large")


def damaged(name: str, why: object) -> ImageError:
    """Returns the error of a picture that breaks off, or whose bytes make no sense."""
    return ImageError.of(name, f"is truncated or damaged ({why})", "write it anew or leave it out", "damaged")


def check_before_open(data: bytes, kind: PictureKind, limit: SizeLimit, name: str) -> None:
    """Raises ImageError where reading the header alone would take much memory: a decoder of WebP takes it at once."""
    if kind is WEBP:
        limit.check(*_webp_size(data), name)


def check_before_load(picture: OpenPicture) -> None:
    """Raises ImageError where decoding the pixels would take long, or is not done."""
    if picture.kind is JPEG and _has_more_scans(picture.data, MAX_SCANS):
        fault = f"is a JPEG of more than {MAX_SCANS} scans, which are not decoded"
        raise ImageError.of(picture.name, fault, "save it anew", "too-many-scans")
    if picture.kind is BMP and picture.image.tile[0][0] == _RUN_LENGTHS:
        fault = "is a BMP of run lengths, which are not decoded"
        raise ImageError.of(picture.name, fault, "save it as PNG", "bmp-run-lengths")
    if picture.kind is TIFF:
        _check_tiff(picture)


def _check_tiff(picture: OpenPicture) -> None:
    if picture.tiff_tag(_SUBFILE_TYPE, 0) & 1 or picture.tiff_tag(_DNG_VERSION, None):
        fault = "is a TIFF file that begins with a preview, as raw files of cameras do"
        raise ImageError.of(picture.name, fault, "develop it and save it as PNG, JPEG or TIFF", "raw-file")
    compression = picture.image.info.get("compression")
    if compression not in _TIFF_COMPRESSIONS:
        fault = f"is a TIFF picture compressed by {compression}, which is not decoded"
        way_out = "save it with LZW, with deflate or without compression"
        raise ImageError.of(picture.name, fault, way_out, "tiff-compression")
    if picture.tiff_tag(_TILE_WIDTH, 0) * picture.tiff_tag(_TILE_LENGTH, 0) > MAX_TILE_PIXELS:
        raise damaged(picture.name, f"tiles of more than {MAX_TILE_PIXELS} pixels")
    if _covered_pixels(picture) > MAX_COVERS * picture.image.width * picture.image.height:
        raise damaged(picture.name, "more strips than it has rows")


def _covered_pixels(picture: OpenPicture) -> int:
    boxes = [tile.extents or (0, 0, 0, 0) for tile in picture.image.tile]
    return sum((right - left) * (lower - upper) for left, upper, right, lower in boxes)


def _webp_size(data: bytes) -> tuple[int, int]:
    """Returns the width and height that a WebP file gives its picture; 0 for what its header does not say.

    Source: RFC 9649, WebP Image Format.
    """
    kind, body = data[12:16], data[20:30]
    if kind == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF


def _has_more_scans(data: bytes, most: int) -> bool:
    scans, position = 0, 2
    while (marker := _JPEG_MARKER.search(data, position)) and marker[1] != _JPEG_END and scans <= most:
        scans += marker[1] == _JPEG_SCAN
        position = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2], "big")
    return scans > most
