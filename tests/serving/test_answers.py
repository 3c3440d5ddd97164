from __future__ import annotations

import pytest

from semseg.errors import RequestError
from semseg.serving.answers import negotiate

RECORDIO = "application/x-recordio-protobuf"
PROTOBUF = "application/x-protobuf"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", "image/png"),
        ("image/png", "image/png"),
        ("*/*", "image/png"),
        ("image/*", "image/png"),
        ("application/octet-stream", "image/png"),
        (RECORDIO, RECORDIO),
        (PROTOBUF, PROTOBUF),
        ("Application/X-Protobuf", PROTOBUF),
        ("application/json, application/x-protobuf", PROTOBUF),
        (f"{RECORDIO}, {PROTOBUF}", RECORDIO),
        (f"image/png;q=0.5, {PROTOBUF};q=0.9", PROTOBUF),
        (f"image/png;q=0.5,{PROTOBUF}", PROTOBUF),
        (f"image/png ; q=1.000 , {PROTOBUF} ; q=0.999", "image/png"),
        ("image/png;charset=x", "image/png"),
        (f"image/png;q=0, {PROTOBUF};q=0.1", PROTOBUF),
        (" , image/png, ", "image/png"),
    ],
)
def test_what_is_answered_to_an_accept_header(accept: str, media_type: str) -> None:
    assert negotiate(accept).media_type == media_type


@pytest.mark.parametrize(
    "accept", ["application/json", "text/html, image/jpeg", "image/png;q=0", "image/png;q=0, */*", ","]
)
def test_an_accept_header_that_names_no_answer_is_406(accept: str) -> None:
    with pytest.raises(RequestError) as refusal:
        negotiate(accept)
    assert refusal.value.status == 406
    assert str(refusal.value) == (
        "Accept must name one of image/png, application/x-recordio-protobuf, application/x-protobuf, image/*, "
        f"application/octet-stream, */*, got {accept!r}"
    )


@pytest.mark.parametrize("weight", ["", "2", "-1", "nan", "1.1", "0.1234", "high"])
def test_a_weight_that_is_no_number_from_0_to_1_is_400(weight: str) -> None:
    with pytest.raises(RequestError) as refusal:
        negotiate(f"image/png;q={weight}")
    assert refusal.value.status == 400
    assert str(refusal.value) == f"The weight q of image/png in Accept must be a number from 0 to 1, got {weight!r}"
