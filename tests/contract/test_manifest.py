from __future__ import annotations

import json

import pytest

from semseg.contract.manifest import parse_manifest
from semseg.errors import ChannelError

GROUND_TRUTH = json.dumps(
    {
        "source-ref": "s3://streets/train/a.jpg",
        "street-ref": "s3://streets/masks/a.png",
        "street-ref-metadata": {
            "internal-color-map": {"0": {"class-name": "BACKGROUND", "hex-color": "#ffffff", "confidence": 0.9}},
            "type": "groundtruth/semantic-segmentation",
            "human-annotated": "yes",
            "creation-date": "2024-01-31T10:00:00.000000",
            "job-name": "labeling-job/street",
        },
    }
)
SAMPLE = ("s3://streets/train/a.jpg", "s3://streets/masks/a.png")


def test_a_line_of_ground_truth_is_a_sample() -> None:
    assert parse_manifest(GROUND_TRUTH.encode(), ["source-ref", "street-ref"], "it") == [SAMPLE]


def test_the_attributes_come_in_the_order_that_was_asked_for() -> None:
    assert parse_manifest(GROUND_TRUTH.encode(), ["street-ref", "source-ref"], "it") == [SAMPLE[::-1]]


def test_blank_lines_and_line_ends_of_windows_are_no_samples() -> None:
    content = f"\r\n{GROUND_TRUTH}\r\n  \n{GROUND_TRUTH}".encode()
    assert parse_manifest(content, ["source-ref", "street-ref"], "it") == [SAMPLE, SAMPLE]


def test_a_separator_of_unicode_within_a_key_ends_no_line() -> None:
    content = '{"source-ref": "s3://streets/a\u2028b.jpg"}'.encode()
    assert parse_manifest(content, ["source-ref"], "it") == [("s3://streets/a\u2028b.jpg",)]


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_a_manifest_without_a_line_is_refused(content: bytes) -> None:
    with pytest.raises(ChannelError, match=r"^it must have a line for each sample, got none$"):
        parse_manifest(content, ["source-ref"], "it")


@pytest.mark.parametrize(
    "value", [None, 3, ["s3://a/b"], {}, "", "a.jpg", "s3://", "s3://a", "s3:///b", "s3://a/b/", "file://", "s3://a/\0"]
)
def test_what_is_no_location_is_refused_with_its_line(value: object) -> None:
    content = f"{GROUND_TRUTH}\n\n{json.dumps({'source-ref': value})}".encode()
    with pytest.raises(ChannelError, match=r"^'source-ref' on line 3 of it must be an s3:// or file:// URI of one"):
        parse_manifest(content, ["source-ref"], "it")


@pytest.mark.parametrize(("line", "seen"), [(b'{"image": "s3://a/b", "note": 1}', "'image, note'"), (b"{}", "'none'")])
def test_a_missing_attribute_is_told_with_those_that_are_there(line: bytes, seen: str) -> None:
    with pytest.raises(ChannelError, match=rf"^line 1 of it must have the attribute 'source-ref', got {seen}$"):
        parse_manifest(line, ["source-ref"], "it")


@pytest.mark.parametrize(("length", "shown"), [(80, f"'{'x' * 78}'"), (81, f"'{'x' * 79}...")])
def test_a_bad_value_is_shown_as_far_as_80_characters(length: int, shown: str) -> None:
    line = json.dumps({"source-ref": "x" * (length - 2)}).encode()  # quotes are characters, too
    with pytest.raises(ChannelError) as refusal:
        parse_manifest(line, ["source-ref"], "it")
    assert str(refusal.value).endswith(f"URI of one file, got {shown}")


def test_bytes_that_are_no_text_are_refused_with_their_line() -> None:
    with pytest.raises(ChannelError, match=r"^line 1 of it must be a JSON object, got '�{3}'$"):
        parse_manifest(b"\xff\xfe\x80", ["source-ref"], "it")
    with pytest.raises(ChannelError, match=r"got '\[{79}\.\.\.$"):
        parse_manifest(b"[" * 100_000, ["source-ref"], "it")
