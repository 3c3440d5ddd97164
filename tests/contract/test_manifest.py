from __future__ import annotations

import json

import pytest

from semseg.contract.line_findings import shown_lines
from semseg.contract.manifest import Manifest, parse_manifest

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


def parsed(content: bytes, *attributes: str) -> Manifest:
    return parse_manifest(content, attributes or ("source-ref", "street-ref"), "it.manifest", "train")


def samples(content: bytes, *attributes: str) -> list[tuple[str, ...]]:
    return [line.locations for line in parsed(content, *attributes).lines]


def sentences(content: bytes, *attributes: str) -> list[str]:
    return [finding.sentence for finding in parsed(content, *attributes).findings]


def line_of(**changes: object) -> bytes:
    line = {**json.loads(GROUND_TRUTH), **{name.replace("_", "-"): value for name, value in changes.items()}}
    return json.dumps({name: value for name, value in line.items() if value is not None}).encode()


def failed_line(reason: str) -> bytes:
    return line_of(street_ref=None, street_ref_metadata={"retry-count": 1, "failure-reason": reason})


def test_a_line_of_ground_truth_is_a_sample() -> None:
    assert samples(GROUND_TRUTH.encode()) == [SAMPLE]
    assert sentences(GROUND_TRUTH.encode()) == []


def test_the_attributes_come_in_the_order_that_was_asked_for() -> None:
    assert samples(GROUND_TRUTH.encode(), "street-ref", "source-ref") == [SAMPLE[::-1]]


def test_blank_lines_and_line_ends_of_windows_are_no_samples() -> None:
    manifest = parsed(f"\r\n{GROUND_TRUTH}\r\n  \n{GROUND_TRUTH}".encode())
    assert [(line.number, line.locations) for line in manifest.lines] == [(2, SAMPLE), (4, SAMPLE)]
    assert manifest.count == 2


def test_a_separator_of_unicode_within_a_key_ends_no_line() -> None:
    content = '{"source-ref": "s3://streets/a\u2028b.jpg"}'.encode()
    assert samples(content, "source-ref") == [("s3://streets/a\u2028b.jpg",)]


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_a_manifest_without_a_line_is_refused(content: bytes) -> None:
    assert sentences(content) == ["it.manifest must have a line for each sample, got none"]


@pytest.mark.parametrize(
    "value",
    [
        3,
        ["s3://a/b"],
        {},
        "",
        "a.jpg",
        "s3://",
        "s3://a",
        "s3:///b",
        "s3://a/b/",
        "file://",
        "s3://a/\0",
        "file:///a%00",
    ],
)
def test_what_is_no_location_is_refused_with_its_line(value: object) -> None:
    content = b"\n\n".join([GROUND_TRUTH.encode(), line_of(source_ref=value)])
    assert samples(content) == [SAMPLE]
    assert sentences(content) == [
        f"1 of 2 lines of it.manifest has no s3:// or file:// URI of one file as 'source-ref' (line 3; {value!r}): "
        "leave this line out"
    ]


def test_lines_that_were_not_labelled_are_told_all_at_once_with_their_reason() -> None:
    good = GROUND_TRUTH.encode()
    failed = [failed_line("ClientError: the annotation could not be consolidated"), failed_line("another")]
    manifest = parsed(b"\n".join([good, *failed, good]))
    assert [line.number for line in manifest.lines] == [1, 4]
    (finding,) = manifest.findings
    assert finding.sentence == (
        "2 of 4 lines of it.manifest have no attribute 'street-ref' (lines 2 and 3; failure-reason: "
        "'ClientError: the annotation could not be consolidated'): leave these lines out"
    )
    assert (finding.level, finding.cause, finding.channel, finding.count) == ("refused", "no-attribute", "train", 2)
    assert finding.files == ("line 2 of it.manifest", "line 3 of it.manifest")


def test_a_failed_line_with_a_mask_is_refused_too() -> None:
    content = b"\n".join([GROUND_TRUTH.encode(), line_of(street_ref_metadata={"failure-reason": "late"})])
    assert sentences(content) == [
        "1 of 2 lines of it.manifest has a failed 'street-ref' (line 2; failure-reason: 'late'): leave this line out"
    ]


def test_causes_are_told_apart_and_each_is_told_once() -> None:
    good, no_mask = GROUND_TRUTH.encode(), line_of(street_ref=None, street_ref_metadata=None)
    content = b"\n".join([good, no_mask, b"[1]", no_mask, b"{", no_mask, no_mask, good])
    assert sentences(content) == [
        "2 of 8 lines of it.manifest are no JSON objects (lines 3 and 5; [1]): write one JSON object on each line",
        "4 of 8 lines of it.manifest have no attribute 'street-ref' (lines 2, 4, 6 and 7; attributes that are there: "
        "'source-ref'): leave these lines out",
    ]


def test_an_attribute_that_no_line_has_is_a_wrong_name() -> None:
    assert sentences(b"\n".join([GROUND_TRUTH.encode()] * 3), "source-ref", "label-ref") == [
        "3 of 3 lines of it.manifest have no attribute 'label-ref' (lines 1 to 3; attributes that are there: "
        "'source-ref, street-ref'): give attribute_names that the lines have"
    ]


@pytest.mark.parametrize(("length", "shown"), [(80, f"'{'x' * 78}'"), (81, f"'{'x' * 51}...{'x' * 24}'")])
def test_a_bad_value_is_shown_with_80_characters_at_most(length: int, shown: str) -> None:
    content = line_of(source_ref="x" * (length - 2))  # quotes are characters, too
    assert f"(line 1; {shown})" in sentences(content)[0]


def test_bytes_that_are_no_text_are_refused_with_their_line() -> None:
    assert "(line 1; '\ufffd\ufffd\ufffd')" in sentences(b"\xff\xfe\x80")[0]
    assert len(sentences(b"[" * 100_000)[0]) < 250


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        ([7], "line 7"),
        ([2, 3], "lines 2 and 3"),
        ([2, 3, 4], "lines 2 to 4"),
        ([1, 2, 5, 6, 7, 9], "lines 1, 2, 5 to 7 and 9"),
        (list(range(1, 40, 2)), "lines 1, 3, 5, 7, 9 and 15 more"),
    ],
)
def test_lines_are_named_by_their_numbers(numbers: list[int], shown: str) -> None:
    assert shown_lines(numbers) == shown
