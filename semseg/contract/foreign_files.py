"""What a file is that is none of the pictures that are read, told by its first bytes, and what to do about it."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from semseg.contract.picture_kinds import KINDS

LOOKED_AT = 1024  # bytes, of all but zeros


@dataclass(frozen=True)
class ForeignKind:
    """A kind of files that are not read as pictures.

    Attributes:
        cause: for programs, as of ImageError.
        fault: as of ImageError: "is a GIF picture".
        way_out: likewise; {wanted} in it stands for the formats to save as.
    """

    cause: str
    fault: str
    way_out: str = "save it as {wanted}"


ALTERED = ForeignKind(
    "altered-bytes",
    "is a picture whose bytes were altered as if they were text",
    "copy or send its bytes unchanged, opened in binary mode",
)
ZEROS = ForeignKind("zeros", "holds zeros alone", "write it anew or leave it out")
BASE64 = ForeignKind("base64", "is base64 text", "decode it before it is sent or saved")
_EXTRACT = "extract it and give the pictures themselves"

# What files begin with. Sources: the formats' own specifications.
_STARTS = (
    (b"GIF8", ForeignKind("gif", "is a GIF picture")),
    (b"\0\0\0\x0cjP  ", ForeignKind("jpeg-2000", "is a JPEG 2000 picture")),
    (b"\xff\x4f\xff\x51", ForeignKind("jpeg-2000", "is a JPEG 2000 picture")),
    (b"\xff\x0a", ForeignKind("jpeg-xl", "is a JPEG XL picture")),
    (b"\0\0\0\x0cJXL ", ForeignKind("jpeg-xl", "is a JPEG XL picture")),
    (b"8BPS", ForeignKind("psd", "is a Photoshop file")),
    (b"\x76\x2f\x31\x01", ForeignKind("open-exr", "is an OpenEXR picture")),
    (b"%PDF-", ForeignKind("pdf", "is a PDF file")),
    (b"SIMPLE  =", ForeignKind("fits", "is a FITS file")),
    (b"\x89HDF\r\n\x1a\n", ForeignKind("hdf5", "is an HDF5 file")),
    (b"\x93NUMPY", ForeignKind("numpy", "is a NumPy array")),
    (b"\x1f\x8b", ForeignKind("gzip", "is a gzip file", _EXTRACT)),
    (
        b"version https://git-lfs.github.com/spec/",
        ForeignKind(
            "git-lfs-pointer",
            "is a Git LFS pointer, the stand-in of a file that was not fetched",
            "run git lfs pull where it was cloned",
        ),
    ),
    (b"\x89PNG\n", ALTERED),
    (b"\x89PNG\r\r\n", ALTERED),
    (b"\xef\xbf\xbdPNG", ALTERED),  # U+FFFD, in place of a byte that is no UTF-8
    (b"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", ALTERED),
    (b"\xc2\x89PNG", ALTERED),  # Latin-1, written as UTF-8
    (b"\xc3\xbf\xc3\x98\xc3\xbf", ALTERED),
)
_ZIP = b"PK\x03\x04"
_NAME_IN_ZIP = 100  # bytes, of which the first file's name is among the first
_ARRAYS = ForeignKind("numpy", "is a file of NumPy arrays")
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
_AVIF_BRANDS = (b"avif", b"avis")

# What text holds near its beginning, in lower case.
_TEXTS = (
    (
        re.compile(rb"<.{0,500}?(doctype html|html[ >])", re.S),
        ForeignKind("html", "is an HTML page, often an error that was saved as a file", "download the picture anew"),
    ),
    (
        re.compile(rb"<.{0,500}?svg[ >]", re.S),
        ForeignKind("svg", "is an SVG drawing", "draw it as a picture and save that as {wanted}"),
    ),
    (
        re.compile(rb"<(\?xml|error>)", re.S),
        ForeignKind("xml", "is XML text, often an error that was saved as a file", "download the picture anew"),
    ),
    (
        re.compile(rb"--.{0,500}?content-disposition", re.S),
        ForeignKind("form", "is a form with parts, as browsers send files", "send the bytes of the picture alone"),
    ),
    (re.compile(rb"[{\[]"), ForeignKind("json", "is JSON text", "give the bytes of the picture alone")),
)
_DATA_URI = re.compile(rb"data:[\w/+.-]*;base64,", re.I)
_BASE64 = re.compile(rb"[A-Za-z0-9+/_\s-]{16,}={0,2}\s*")
_QUOTES = b"\"' \t\r\n"
_WHOLE = 4  # letters of base64 stand for three bytes


def kind_of(data: bytes) -> ForeignKind | None:
    """Returns what kind of file the bytes are of; None where it is none that is known."""
    start = data[:LOOKED_AT]
    known = next((kind for begins, kind in _STARTS if start.startswith(begins)), None)
    known = known or _container(start) or _text(start)
    return ZEROS if known is None and data.count(0) == len(data) else known


def _container(start: bytes) -> ForeignKind | None:
    if start[4:8] == b"ftyp":
        brands = [start[at : at + 4] for at in range(8, min(int.from_bytes(start[:4], "big"), LOOKED_AT), 4)]
        if any(brand in _AVIF_BRANDS for brand in brands):
            return ForeignKind("avif", "is an AVIF picture")
        if any(brand in _HEIF_BRANDS for brand in brands):
            return ForeignKind("heic", "is a HEIC picture, as telephones take them")
        return ForeignKind("video", "is a video", "save single pictures of it as {wanted}")
    if start.startswith(_ZIP):
        return _ARRAYS if b".npy" in start[:_NAME_IN_ZIP] else ForeignKind("zip", "is a ZIP file", _EXTRACT)
    if start[128:132] == b"DICM":
        return ForeignKind("dicom", "is a DICOM file", "save its pixels as {wanted}")
    return None


def _text(start: bytes) -> ForeignKind | None:
    begin = start.removeprefix(b"\xef\xbb\xbf").strip(_QUOTES)
    if is_base64(begin):
        return _base64(begin)
    return next((kind for pattern, kind in _TEXTS if pattern.match(begin.lower())), None)


def is_base64(start: bytes) -> bool:
    """Returns whether bytes, or the first ones of many, are base64 text: plain, in quotes, or as a data URI."""
    body = start[:LOOKED_AT].strip(_QUOTES)
    found = _DATA_URI.match(body)
    return found is not None or (_BASE64.fullmatch(body) is not None and _kind_within(body) is not None)


def _base64(body: bytes) -> ForeignKind:
    found = _DATA_URI.match(body)
    within = _kind_within(body[found.end() :] if found else body)
    return BASE64 if within is None else ForeignKind(BASE64.cause, f"is a {within} in base64 text", BASE64.way_out)


def _kind_within(text: bytes) -> str | None:
    """Returns what the bytes are that base64 text stands for, as far as its beginning tells; None if it is unknown."""
    letters = text[:64].translate(bytes.maketrans(b"-_", b"+/"), b" \t\r\n")
    try:
        data = base64.b64decode(letters[: len(letters) // _WHOLE * _WHOLE])
    except binascii.Error:
        return None
    return next((f"{kind.name} picture" for kind in KINDS if data.startswith(kind.starts)), None)
