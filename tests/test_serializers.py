from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from semseg.contract.picture_kinds import JPEG, KINDS
from semseg.errors import ImageError, UserError
from semseg.serializers import DataSerializer, IdentitySerializer, ImageSerializer, SimpleBaseSerializer

JPEG_START = JPEG.starts[0]
IMAGE = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)


def file_of(picture: Image.Image, file_format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, file_format, **options)
    return file.getvalue()


def pixels_of(body: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(body)) as picture:
        return np.asarray(picture)


def test_an_image_is_sent_as_png_pixel_for_pixel() -> None:
    body = ImageSerializer().serialize(IMAGE)
    assert ImageSerializer.content_type_of(body) == "image/png"
    assert pixels_of(body).tolist() == IMAGE.tolist()


def test_a_view_of_an_image_is_sent_as_it_looks() -> None:
    assert pixels_of(ImageSerializer().serialize(IMAGE[::-1, :, ::-1])).tolist() == IMAGE[::-1, :, ::-1].tolist()


def test_a_pil_image_is_sent_as_its_stored_pixels_in_rgb_with_its_orientation_and_nothing_else() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn me by 90 degrees"
    exif[0x010F] = "the maker of the camera"
    with Image.open(io.BytesIO(file_of(Image.fromarray(IMAGE), "PNG", exif=exif))) as picture:
        body = ImageSerializer().serialize(picture)
    with Image.open(io.BytesIO(body)) as sent:
        assert (sent.mode, sent.size, dict(sent.getexif())) == ("RGB", (3, 2), {0x0112: 6})


def test_a_palette_picture_is_sent_as_its_colours() -> None:
    picture = Image.new("P", (1, 1))
    picture.putpalette([10, 20, 30])
    assert pixels_of(ImageSerializer().serialize(picture)).tolist() == [[[10, 20, 30]]]


@pytest.mark.parametrize(("file_format", "content_type"), [(kind.name, kind.media_type) for kind in KINDS])
def test_files_and_bytes_are_sent_as_they_are(tmp_path: Path, file_format: str, content_type: str) -> None:
    content = file_of(Image.fromarray(IMAGE), file_format)
    path = tmp_path / "picture"
    path.write_bytes(content)
    for data in (path, str(path), content, bytearray(content)):
        body = ImageSerializer().serialize(data)
        assert body == content
        assert ImageSerializer.content_type_of(body) == content_type


def test_an_image_serializer_speaks_of_any_image() -> None:
    assert ImageSerializer().CONTENT_TYPE == "application/x-image"


@pytest.mark.parametrize(
    ("array", "seen"),
    [
        (IMAGE.astype(np.float32), r"\(2, 3, 3\) float32"),
        (IMAGE[0], r"\(3, 3\) uint8"),
        (np.zeros((2, 3, 4), np.uint8), r"\(2, 3, 4\) uint8"),
        (np.zeros((0, 3, 3), np.uint8), r"\(0, 3, 3\) uint8"),
    ],
)
def test_an_array_that_is_no_image_is_refused(array: np.ndarray, seen: str) -> None:
    with pytest.raises(ImageError, match=rf"^an image must be an \(H, W, 3\) uint8 array, RGB, got {seen}$"):
        ImageSerializer().serialize(array)


def test_a_grey_picture_of_16_bits_keeps_all_of_them() -> None:
    values = np.array([[0, 255, 4095, 65535]], np.uint16)
    sent = pixels_of(ImageSerializer().serialize(Image.fromarray(values)))
    assert (sent.tolist(), sent.dtype) == (values.tolist(), np.uint16)


def test_a_picture_with_more_than_8_bits_is_refused() -> None:
    with pytest.raises(ImageError, match=r"^a PIL image must have 8 bits a channel, or .*, got mode 'F': make it"):
        ImageSerializer().serialize(Image.new("F", (1, 1)))


def test_bytes_that_are_no_picture_are_refused() -> None:
    with pytest.raises(ImageError, match=r"^the bytes of a picture must be a picture, got 5 bytes, beginning with"):
        ImageSerializer().serialize(b"hello")


def test_a_file_of_another_kind_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(b"GIF89a")
    with pytest.raises(ImageError, match=r"^the file '.*a.gif' is a GIF picture: save it as JPEG or PNG$"):
        ImageSerializer().serialize(tmp_path / "a.gif")


@pytest.mark.parametrize("serializer", [ImageSerializer(), DataSerializer()])
def test_a_fifo_is_refused_and_not_waited_for(tmp_path: Path, serializer: ImageSerializer | DataSerializer) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    with pytest.raises(ImageError, match=r"a\.jpg': it must be a regular file or a link to one, got a FIFO$"):
        serializer.serialize(tmp_path / "a.jpg")


def test_a_picture_of_more_than_a_gibibyte_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "a.jpg").open("wb") as file:
        file.truncate(2**30 + 1)
    with pytest.raises(ImageError, match=r"a\.jpg': it must have at most 1073741824 bytes, got 1073741825$"):
        ImageSerializer().serialize(tmp_path / "a.jpg")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"^an image must be a file that can be read, got '.*none.jpg': No such file"):
        ImageSerializer().serialize(tmp_path / "none.jpg")


@pytest.mark.parametrize("serializer", [ImageSerializer(), DataSerializer()])
@pytest.mark.parametrize(
    ("data", "end"),
    [
        (
            "s3://streets/a.jpg",
            "got 's3://streets/a.jpg': give its bytes, semseg.s3.S3Downloader.read_bytes(uri), or answer a whole "
            "prefix by Transformer.transform(uri)",
        ),
        ("https://a.org/a.jpg", "got 'https://a.org/a.jpg': download it, then give the path or the bytes"),
        ("gs://horses/a.png", "got 'gs://horses/a.png': download it, then give the path or the bytes"),
        (
            "data:image/png;base64,iVBORw0=",
            "got 'data:image/png;base64,iVBORw0=': give its bytes, base64.b64decode(text.partition(',')[2])",
        ),
        (
            Path("s3://streets/a.jpg"),
            "got 's3:/streets/a.jpg': this is what pathlib.Path makes of an address; give the address as a string",
        ),
    ],
)
def test_an_address_is_no_path_of_a_picture(
    serializer: ImageSerializer | DataSerializer, data: str | Path, end: str
) -> None:
    with pytest.raises(ImageError) as refusal:
        serializer.serialize(data)
    assert str(refusal.value) == f"an image must be a path or a file:// URI on this machine, {end}"


def test_a_file_uri_is_the_path_of_a_picture(tmp_path: Path) -> None:
    (tmp_path / "a b.png").write_bytes(file_of(Image.fromarray(IMAGE), "PNG"))
    assert pixels_of(ImageSerializer().serialize((tmp_path / "a b.png").as_uri())).tolist() == IMAGE.tolist()


@pytest.mark.parametrize(
    ("text", "beginning", "end"),
    [
        ("iVBORw0KGgo" * 36_000, "path, or bytes, got base64, 'iVBO", "': give its bytes, base64.b64decode(text)"),
        (
            '{"image": "' + "A" * 300 + '"}',
            "path, or bytes, got JSON, '{",
            "bytes, such as those of a JPEG file",
        ),
        ("a\0.jpg", "path or a file:// URI, got 'a", "', and no file can have such a name"),
        ("a:" * 400, "path or a file:// URI, got 'a:", "', and no file can have such a name"),
    ],
)
def test_a_text_that_is_no_path_is_named_as_what_it_is_and_shortened(text: str, beginning: str, end: str) -> None:
    with pytest.raises(ImageError) as refusal:
        ImageSerializer().serialize(text)
    sentence = str(refusal.value)
    assert sentence.startswith(f"an image must be a {beginning}")
    assert sentence.endswith(end)
    assert len(sentence) < 300


def test_an_open_file_is_read_from_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"head" + JPEG_START + b"rest")
    with (tmp_path / "a.jpg").open("rb") as file:
        file.seek(4)
        assert ImageSerializer().serialize(file) == JPEG_START + b"rest"
    assert ImageSerializer().serialize(io.BytesIO(JPEG_START)) == JPEG_START


def test_a_file_that_is_open_as_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("words")
    with (
        (tmp_path / "a.txt").open() as file,
        pytest.raises(ImageError, match=r"^an open file must give bytes, got str: open it with mode 'rb'$"),
    ):
        ImageSerializer().serialize(file)


def test_an_open_file_is_read_no_further_than_a_gibibyte() -> None:
    class Endless:
        def read(self, size: int) -> bytes:
            assert size == 2**30 + 1
            return b"\xff\xd8\xff"

    assert ImageSerializer().serialize(Endless()) == JPEG_START


def test_one_byte_is_no_picture() -> None:
    with pytest.raises(ImageError, match=r"got 1 byte, beginning with b'x': "):
        ImageSerializer().serialize(b"x")


def test_another_type_is_refused() -> None:
    with pytest.raises(ImageError, match=r"^an image must be a path, JPEG or PNG bytes, .* got list$"):
        ImageSerializer().serialize([[1]])


def test_identity_sends_bytes_under_the_type_it_is_told() -> None:
    assert IdentitySerializer("image/jpeg").CONTENT_TYPE == "image/jpeg"
    assert IdentitySerializer().CONTENT_TYPE == "application/octet-stream"
    assert IdentitySerializer().serialize(b"abc") == b"abc"


def test_data_sends_bytes_files_and_either_in_a_dictionary(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    for data in (b"abc", str(tmp_path / "file"), tmp_path / "file", {"data": b"abc"}):
        assert DataSerializer("image/jpeg").serialize(data) == b"abc"
    assert DataSerializer().CONTENT_TYPE == "file-path/raw-bytes"


def test_data_of_another_type_is_refused() -> None:
    with pytest.raises(UserError, match=r'^data must be bytes, a path or \{"data": either\}, got int$'):
        DataSerializer().serialize(3)


def test_a_content_type_that_is_no_string_is_refused() -> None:
    with pytest.raises(UserError, match=r"^content_type must be a string such as 'image/jpeg', got 3$"):
        IdentitySerializer(3)  # type: ignore[arg-type]


def test_a_class_of_ones_own_has_only_a_method_to_write() -> None:
    class Upper(SimpleBaseSerializer):
        def serialize(self, data: str) -> str:
            return data.upper()

    assert Upper("text/plain").CONTENT_TYPE == "text/plain"
    assert Upper().CONTENT_TYPE == "application/json"
