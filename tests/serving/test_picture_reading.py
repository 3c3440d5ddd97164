"""Pictures as an endpoint reads them: formats, orientation, 16 bits, and what is no picture."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.contract import png_mask
from semseg.data.pictures.picture_reading import PictureReading
from semseg.serving.limits import Limits
from semseg.serving.pipeline import FEW_PIXELS
from tests.data.picture_makers import deep_png, encoded, exif
from tests.prediction.fake_network import BrightnessNetwork, half_bright
from tests.serving.running import RunningServer, jpeg, serving

FIELD = Path(os.environ.get("SEMSEG_TEST_DATA", Path(__file__).parents[3] / "shared" / "data")) / "field"


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """Of a model that was trained on turned pictures of 12 bits."""
    limits = Limits(max_side=1000)
    with serving(BrightnessNetwork, limits, reading=PictureReading(is_turned=True, sample_bits=12)) as running_server:
        yield running_server


def answered(server: RunningServer, body: bytes) -> np.ndarray:
    reply = server.segment(body)
    assert reply.status == 200, reply.body
    return png_mask.decode(reply.body)


@pytest.mark.parametrize("kind", ["TIFF", "BMP", "WebP"])
def test_pictures_of_other_formats_are_answered(server: RunningServer, kind: str) -> None:
    mask = answered(server, encoded(Image.fromarray(half_bright(20, 30)), kind))
    assert mask.tolist() == [[0] * 15 + [1] * 15] * 20


@pytest.mark.parametrize("size", [(20, 30), (600, 800)])
def test_a_picture_is_answered_as_it_is_shown(server: RunningServer, size: tuple[int, int]) -> None:
    assert (FEW_PIXELS < 600 * 800, FEW_PIXELS < 20 * 30) == (True, False)
    mask = answered(server, encoded(Image.fromarray(half_bright(*size)), exif=exif(8)))
    assert mask.shape == (size[1], size[0])
    assert mask[:, 0].tolist() == [1] * (size[1] // 2) + [0] * (size[1] // 2)  # what was right is above


def test_a_picture_of_twelve_bits_is_as_bright_as_in_training(server: RunningServer) -> None:
    samples = np.array([[0, 1000, 3000, 4095]], np.uint16)[:, :, np.newaxis]
    assert answered(server, deep_png(samples)).tolist() == [[0, 0, 1, 1]]


def test_the_limit_holds_for_turned_pictures(server: RunningServer) -> None:
    reply = server.segment(encoded(Image.new("L", (1001, 2)), exif=exif(6)))
    assert (reply.status, reply.message.endswith("at most 1000 per side are decoded: scale it down")) == (400, True)


@pytest.mark.parametrize("with_header", [False, True])
@pytest.mark.parametrize("in_quotes", [False, True])
def test_base64_is_named(server: RunningServer, with_header: bool, in_quotes: bool) -> None:
    text = base64.b64encode(jpeg(half_bright(200, 300))).decode()
    text = f"data:image/jpeg;base64,{text}" if with_header else text
    for content_type in ("image/jpeg", "application/x-image"):
        body = (json.dumps(text) if in_quotes else text).encode()
        reply = server.ask("POST", "/invocations", body, {"Content-Type": content_type})
        assert (reply.status, reply.message) == (
            400,
            "the image is a JPEG picture in base64 text: decode it before it is sent or saved",
        )


@pytest.mark.skipif(not FIELD.is_dir(), reason="the samples are not here: set SEMSEG_TEST_DATA")
@pytest.mark.parametrize("name", ["body_base64.txt", "body_json_string.txt"])
def test_bodies_of_web_front_ends_are_named(server: RunningServer, name: str) -> None:
    reply = server.segment((FIELD / "base64-body" / name).read_bytes())
    assert (reply.status, reply.message) == (
        400,
        "the image is a JPEG picture in base64 text: decode it before it is sent or saved",
    )
    answered(server, (FIELD / "base64-body" / "scene.jpg").read_bytes())
