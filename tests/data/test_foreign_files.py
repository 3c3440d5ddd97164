from __future__ import annotations

import base64
import io
import json
import os
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.data.pictures.image_files import decode_image, read_mask
from semseg.errors import ImageError
from tests.data.picture_makers import encoded

PICTURE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (8, 9, 3), np.uint8))
UNKNOWN = "is no picture that can be read"
DECODE = "decode it before it is sent or saved"
PNG, JPEG = encoded(PICTURE), encoded(PICTURE, "JPEG")
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
CUT_TEXT = "is a picture whose bytes were altered as if they were text"


def box(brand: bytes, *others: bytes) -> bytes:
    body = b"ftyp" + brand + bytes(4) + b"".join(others)
    return struct.pack(">I", 4 + len(body)) + body + bytes(100)


def arrays() -> bytes:
    stream = io.BytesIO()
    np.savez(stream, image=np.zeros((2, 2)))
    return stream.getvalue()


def array() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.zeros((2, 2)))
    return stream.getvalue()


def zipped() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("pictures/a.jpg", JPEG)
    return stream.getvalue()


FILES = {
    "gif": (encoded(PICTURE, "GIF"), "is a GIF picture: save it as JPEG or PNG"),
    "heic": (box(b"heic"), "is a HEIC picture, as telephones take them: save it as JPEG or PNG"),
    "heif": (box(b"mif1", b"mif1", b"heic"), "is a HEIC picture, as telephones take them: save it as JPEG or PNG"),
    "avif": (box(b"avif"), "is an AVIF picture: save it as JPEG or PNG"),
    "avif of another brand": (box(b"mif1", b"avif", b"miaf"), "is an AVIF picture: save it as JPEG or PNG"),
    "mp4": (box(b"isom"), "is a video: save single pictures of it as JPEG or PNG"),
    "jpeg 2000": (encoded(PICTURE, "JPEG2000"), "is a JPEG 2000 picture: save it as JPEG or PNG"),
    "jpeg 2000 bare": (
        encoded(PICTURE, "JPEG2000", no_jp2=True),
        "is a JPEG 2000 picture: save it as JPEG or PNG",
    ),
    "jpeg xl": (b"\xff\x0a" + bytes(range(50)), "is a JPEG XL picture: save it as JPEG or PNG"),
    "jpeg xl in boxes": (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(50), "is a JPEG XL picture: save it as JPEG or PNG"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3", "is a PDF file: save it as JPEG or PNG"),
    "svg": (
        b'<?xml version="1.0"?>\n<!-- drawn by hand -->\n<svg xmlns="http://www.w3.org/2000/svg">',
        "is an SVG drawing: draw it as a picture and save that as JPEG or PNG",
    ),
    "bare svg": (b'<svg width="3">', "is an SVG drawing: draw it as a picture and save that as JPEG or PNG"),
    "dicom": (bytes(128) + b"DICM" + bytes(9), "is a DICOM file: save its pixels as JPEG or PNG"),
    "html": (
        b"\n<!DOCTYPE html>\n<html><head><title>Sign in</title>",
        "is an HTML page, often an error that was saved as a file: download the picture anew",
    ),
    "html without a type": (
        b'<HTML lang="en">',
        "is an HTML page, often an error that was saved as a file: download the picture anew",
    ),
    "s3 error": (
        b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code>',
        "is XML text, often an error that was saved as a file: download the picture anew",
    ),
    "json": (
        json.dumps({"instances": [{"b64": base64.b64encode(JPEG).decode()}]}).encode(),
        "is JSON text: give the bytes of the picture alone",
    ),
    "json list": (b"[[[1, 2, 3]]]", "is JSON text: give the bytes of the picture alone"),
    "git lfs": (
        POINTER,
        "is a Git LFS pointer, the stand-in of a file that was not fetched: run git lfs pull where it was cloned",
    ),
    "base64": (base64.b64encode(JPEG), f"is a JPEG picture in base64 text: {DECODE}"),
    "base64 in lines": (base64.encodebytes(PNG), f"is a PNG picture in base64 text: {DECODE}"),
    "base64 in quotes": (
        json.dumps(base64.b64encode(JPEG).decode()).encode(),
        f"is a JPEG picture in base64 text: {DECODE}",
    ),
    "base64 for addresses": (
        base64.urlsafe_b64encode(JPEG),
        f"is a JPEG picture in base64 text: {DECODE}",
    ),
    "data uri": (
        b"data:image/png;base64," + base64.b64encode(PNG),
        f"is a PNG picture in base64 text: {DECODE}",
    ),
    "data uri in quotes": (
        b'"data:image/gif;base64,' + base64.b64encode(encoded(PICTURE, "GIF")) + b'"',
        "is base64 text: decode it before it is sent or saved",
    ),
    "form": (
        b'--boundary42\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n' + JPEG,
        "is a form with parts, as browsers send files: send the bytes of the picture alone",
    ),
    "zip": (zipped(), "is a ZIP file: extract it and give the pictures themselves"),
    "npz": (arrays(), "is a file of NumPy arrays: save it as JPEG or PNG"),
    "npy": (array(), "is a NumPy array: save it as JPEG or PNG"),
    "gzip": (b"\x1f\x8b\x08" + bytes(9), "is a gzip file: extract it and give the pictures themselves"),
    "zeros": (bytes(5000), "holds zeros alone: write it anew or leave it out"),
    "empty": (b"", "is empty (0 bytes): a JPEG or PNG picture is needed"),
    "line ends of png": (
        PNG.replace(b"\r\n", b"\n"),
        f"{CUT_TEXT}: copy or send its bytes unchanged, opened in binary mode",
    ),
    "jpeg as utf-8": (
        JPEG.decode("utf-8", "replace").encode(),
        f"{CUT_TEXT}: copy or send its bytes unchanged, opened in binary mode",
    ),
    "png as latin-1": (
        PNG.decode("latin-1").encode(),
        f"{CUT_TEXT}: copy or send its bytes unchanged, opened in binary mode",
    ),
    "riff": (b"RIFF\x24\0\0\0WAVEfmt ", f"{UNKNOWN} (it begins with b'RIFF'): save it as JPEG or PNG"),
    "text": (b"BM, a letter to you", f"{UNKNOWN} (it begins with b'BM, '): save it as JPEG or PNG"),
    "a word": (b"abcdefghijklmnopqrstuvwxyz", f"{UNKNOWN} (it begins with b'abcd'): save it as JPEG or PNG"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_of_another_kind_is_called_what_it_is(kind: str) -> None:
    data, sentence = FILES[kind]
    with pytest.raises(ImageError) as refusal:
        decode_image(data)
    assert str(refusal.value) == f"the image {sentence}"
    assert refusal.value.fault
    assert refusal.value.cause not in ("", "unusable")


@pytest.mark.parametrize("kind", ["gif", "heic", "npy"])
def test_a_mask_of_another_kind_is_to_be_saved_as_png(tmp_path: Path, kind: str) -> None:
    (tmp_path / "a.png").write_bytes(FILES[kind][0])
    with pytest.raises(ImageError, match=r"^a\.png is .+: save it as PNG$"):
        read_mask(tmp_path / "a.png", name="a.png")


def test_a_sentence_stays_short_however_long_the_text_is() -> None:
    with pytest.raises(ImageError) as refusal:
        decode_image(base64.b64encode(JPEG + os.urandom(300_000)))
    assert len(str(refusal.value)) < 100


@pytest.mark.parametrize("start", [b"", b"<", b"--", b"{", b'"', b"data:", b"PK\x03\x04", b"RIFF", b"BM", b"II*\0"])
def test_no_bytes_are_too_odd_to_be_refused(start: bytes) -> None:
    dice = np.random.default_rng(len(start))
    for length in (1, 3, 12, 30, 200):
        with pytest.raises(ImageError):
            decode_image(start + dice.integers(0, 256, length, np.uint8).tobytes())
