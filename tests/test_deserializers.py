from __future__ import annotations

import io

import numpy as np
import pytest

from semseg.contract import png_mask, recordio
from semseg.deserializers import (
    BytesDeserializer,
    MaskDeserializer,
    ProbabilityDeserializer,
    SimpleBaseDeserializer,
    StreamDeserializer,
)
from semseg.errors import ImageError, UserError


def test_a_mask_comes_back_as_it_was() -> None:
    mask = np.array([[0, 255, 3]], dtype=np.uint8)
    stream = io.BytesIO(png_mask.encode(mask))
    decoded = MaskDeserializer().deserialize(stream, "image/png")
    assert decoded.tolist() == [[0, 255, 3]]
    assert decoded.dtype == np.uint8
    assert stream.closed


def test_probabilities_come_back_as_classes_height_width() -> None:
    probabilities = np.array([[[0.25, 0.5]], [[0.75, 0.5]]], dtype=np.float32)
    stream = io.BytesIO(recordio.encode_probabilities(probabilities))
    decoded = ProbabilityDeserializer().deserialize(stream, "application/x-recordio-protobuf; charset=binary")
    assert decoded.tolist() == [[[0.25, 0.5]], [[0.75, 0.5]]]
    assert decoded.dtype == np.float32


def test_an_answer_of_another_media_type_is_refused() -> None:
    with pytest.raises(UserError, match=r"^a mask must come as image/png, got 'text/plain': set the predictor's"):
        MaskDeserializer().deserialize(io.BytesIO(b""), "text/plain")
    with pytest.raises(UserError, match=r"^probabilities must come as application/x-recordio-protobuf or application"):
        ProbabilityDeserializer().deserialize(io.BytesIO(b""), "image/png")


def test_a_broken_mask_is_an_image_error() -> None:
    with pytest.raises(ImageError):
        MaskDeserializer().deserialize(io.BytesIO(b"\x89PNG"), "image/png")


def test_bytes_are_the_body() -> None:
    assert BytesDeserializer().deserialize(io.BytesIO(b"abc"), "a/b") == b"abc"
    assert BytesDeserializer().ACCEPT == ("*/*",)


def test_a_stream_is_left_open_for_the_caller() -> None:
    stream, content_type = StreamDeserializer().deserialize(io.BytesIO(b"abc"), "a/b")
    assert (stream.read(), content_type) == (b"abc", "a/b")


def test_accept_is_a_tuple_however_it_is_told() -> None:
    assert StreamDeserializer("image/png").ACCEPT == ("image/png",)
    assert StreamDeserializer(("image/png", "a/b")).ACCEPT == ("image/png", "a/b")
    assert issubclass(StreamDeserializer, SimpleBaseDeserializer)
