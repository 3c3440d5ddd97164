"""Augmented manifests: what is written is read, and of any bytes come locations or one of our errors."""

from __future__ import annotations

import itertools
import json

from hypothesis import example, given
from hypothesis import strategies as st

from semseg.contract.manifest import parse_manifest

ATTRIBUTES = ("source-ref", "mask-ref")
KEYS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).filter(lambda key: key[-1] != "/")
LOCATIONS = st.builds("{}{}".format, st.sampled_from(["s3://bucket/", "file:///"]), KEYS)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def parsed_or_refused(content: bytes) -> None:
    manifest = parse_manifest(content, ATTRIBUTES, "it", "train")
    assert manifest.lines or manifest.findings
    for location in itertools.chain.from_iterable(line.locations for line in manifest.lines):
        assert location.lower().encode().startswith((b"s3://", b"file://"))


@given(st.lists(st.tuples(LOCATIONS, LOCATIONS), min_size=1, max_size=4), st.booleans(), st.text() | st.integers())
def test_locations_come_back_in_the_order_of_the_lines(
    samples: list[tuple[str, str]], ascii_only: bool, metadata: object
) -> None:
    lines = [{"source-ref": one, "metadata": metadata, "mask-ref": other} for one, other in samples]
    content = "\r\n".join(json.dumps(line, ensure_ascii=ascii_only) for line in lines).encode()
    found = parse_manifest(content, ATTRIBUTES, "it", "train").lines
    assert [line.locations for line in found] == samples
    assert [line.number for line in found] == list(range(1, len(samples) + 1))


@given(st.binary())
def test_any_bytes_are_locations_or_are_refused(content: bytes) -> None:
    parsed_or_refused(content)


@given(JSON | st.fixed_dictionaries({"source-ref": LOCATIONS | JSON, "mask-ref": LOCATIONS | JSON}))
@example({"source-ref": "s3://bucket/a\ud800.jpg", "mask-ref": "s3://bucket/a.png"})
def test_any_json_is_locations_or_is_refused(line: object) -> None:
    parsed_or_refused(json.dumps(line).encode())
