"""Augmented manifests: each line is a JSON object that gives the locations of the parts of one sample.

Source of the format: the SageMaker developer guide, "Provide Dataset Metadata to Training Jobs with an Augmented
Manifest File". The lines that Ground Truth writes for semantic segmentation are of this format.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from semseg.contract.s3_uri import SCHEME, is_s3
from semseg.errors import ChannelError

FILE_SCHEME = "file://"
LONGEST_SHOWN = 80  # characters of a bad value in an error


def parse_manifest(content: bytes, attribute_names: Sequence[str], noun: str) -> list[tuple[str, ...]]:
    """Returns the locations in a manifest, an s3:// or file:// URI for each attribute, in the order of
    ``attribute_names``.

    Other attributes, such as metadata, and blank lines are ignored.

    Args:
        noun: which manifest it is, for the message.

    Raises:
        ChannelError: a line is not such an object, or the manifest has no line; the sentence gives the line's number.
    """
    lines = enumerate(content.split(b"\n"), start=1)
    samples = [_sample(line, attribute_names, f"line {number} of {noun}") for number, line in lines if line.strip()]
    if not samples:
        raise ChannelError(f"{noun} must have a line for each sample, got none")
    return samples


def _sample(line: bytes, attribute_names: Sequence[str], noun: str) -> tuple[str, ...]:
    try:
        entries = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ChannelError(f"{noun} must be a JSON object, got {_shown(line.decode('utf-8', 'replace'))}") from error
    if not isinstance(entries, dict):
        raise ChannelError(f"{noun} must be a JSON object, got {_shown(entries)}")
    return tuple(_location(entries, name, noun) for name in attribute_names)


def _location(entries: dict[str, Any], name: str, noun: str) -> str:
    if name not in entries:
        raise ChannelError(f"{noun} must have the attribute {name!r}, got {_shown(', '.join(entries) or 'none')}")
    value = entries[name]
    if not isinstance(value, str) or not _is_location(value):
        raise ChannelError(f"{name!r} on {noun} must be an s3:// or file:// URI of one file, got {_shown(value)}")
    return value


def _is_location(value: str) -> bool:
    if "\0" in value or not _is_utf8(value):
        return False
    if is_s3(value):
        bucket, _, key = value[len(SCHEME) :].partition("/")
        return bool(bucket and key and not key.endswith("/"))
    return value.startswith(FILE_SCHEME) and len(value) > len(FILE_SCHEME)


def _is_utf8(value: str) -> bool:
    """Returns whether UTF-8 can hold ``value``. JSON can write half of a surrogate pair, which no S3 key and no file
    name can hold.
    """
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."
