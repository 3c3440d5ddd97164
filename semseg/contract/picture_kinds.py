"""The formats that pictures are read from, told by the first bytes of a file."""

from __future__ import annotations

from dataclasses import dataclass

from semseg.contract import media_types

_BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)  # bytes, as the file says at offset 14


@dataclass(frozen=True)
class PictureKind:
    """A format of picture files.

    Attributes:
        name: as in "a TIFF picture".
        media_type: with which such a picture is sent.
        starts: what its files begin with.
    """

    name: str
    media_type: str
    starts: tuple[bytes, ...]


JPEG = PictureKind("JPEG", media_types.JPEG, (b"\xff\xd8\xff",))
PNG = PictureKind("PNG", media_types.PNG, (b"\x89PNG\r\n\x1a\n",))
TIFF = PictureKind("TIFF", media_types.TIFF, (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"))
BMP = PictureKind("BMP", media_types.BMP, (b"BM",))
WEBP = PictureKind("WebP", media_types.WEBP, (b"RIFF",))
KINDS = (JPEG, PNG, TIFF, BMP, WEBP)


def picture_kind(data: bytes) -> PictureKind | None:
    """Returns the format of a picture file with these bytes; None where it is none that is read."""
    found = next((kind for kind in KINDS if data.startswith(kind.starts)), None)
    if found is BMP and int.from_bytes(data[14:18], "little") not in _BMP_HEADERS:
        return None
    if found is WEBP and data[8:12] != b"WEBP":
        return None
    return found
