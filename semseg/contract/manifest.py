"""Augmented manifests: each line is a JSON object that gives the locations of the parts of one sample.

Source of the format: the SageMaker developer guide, "Provide Dataset Metadata to Training Jobs with an Augmented
Manifest File". The lines that Ground Truth writes for semantic segmentation are of this format.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from semseg.contract.address import FILE_SCHEME, can_be_a_path
from semseg.contract.attribute_order import AttributeOrder
from semseg.contract.colour_maps import ColourMaps
from semseg.contract.echoed import echoed
from semseg.contract.findings import REFUSED, Finding
from semseg.contract.line_findings import LineFaults
from semseg.contract.s3_uri import SCHEME, is_s3

LONGEST_SHOWN = 80  # characters of a bad value
FAILURE_REASON = "failure-reason"  # in the metadata of a line that Ground Truth could not label

NO_OBJECT, NO_LOCATION, NO_ATTRIBUTE, FAILED = "no-object", "no-location", "no-attribute", "failed-line"
Entries = Mapping[str, Any]


@dataclass(frozen=True)
class ManifestLine:
    """A sample: the number of its line, counted from 1, and its locations, s3:// or file:// URIs."""

    number: int
    locations: tuple[str, ...]


@dataclass(frozen=True)
class Manifest:
    """What a manifest holds.

    Attributes:
        name: its file's name, as sentences name it.
        count: of its lines, without the blank ones.
        lines: its samples, but for the lines that cannot be used.
        findings: all that is wrong with it, each cause once.
        colours: what the metadata of its masks says about their indices.
    """

    name: str
    count: int
    lines: list[ManifestLine]
    findings: list[Finding]
    colours: ColourMaps


def parse_manifest(content: bytes, attribute_names: Sequence[str], name: str, channel: str) -> Manifest:
    """Returns the samples of a manifest, each with a location for each attribute, in the order of ``attribute_names``.

    Other attributes are ignored, but for the metadata of the mask, the last attribute. Blank lines are no samples.

    Args:
        name: of the manifest's file, for the sentences.
        channel: that it belongs to.
    """
    faults, order, colours = LineFaults(name, channel), AttributeOrder(attribute_names, channel), ColourMaps()
    lines = []
    for number, text in enumerate(content.split(b"\n"), start=1):
        if not text.strip():
            continue
        faults.lines += 1
        entries = _entries(text, number, faults)
        if entries is None:
            continue
        order.add(entries)
        colours.add(f"line {number} of {name}", metadata_of(entries, attribute_names[-1]))
        locations = _locations(entries, attribute_names, number, faults)
        if locations is not None:
            lines.append(ManifestLine(number, locations))
    found = [*order.findings(), *_told(faults, attribute_names, name, channel)]
    return Manifest(name, faults.lines, lines, found, colours)


def metadata_of(entries: Entries, attribute: str) -> Entries:
    """Returns what a line says about one of its attributes; empty where it says nothing."""
    found = entries.get(f"{attribute}-metadata")
    return found if isinstance(found, dict) else {}


def _entries(text: bytes, number: int, faults: LineFaults) -> Entries | None:
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError):
        entries = text.decode("utf-8", "replace").strip()
    if isinstance(entries, dict):
        return entries
    faults.add(NO_OBJECT, number, echoed(entries, LONGEST_SHOWN))
    return None


def _locations(entries: Entries, attributes: Sequence[str], number: int, faults: LineFaults) -> tuple[str, ...] | None:
    """Returns the locations of one line; None where one of them cannot be used, which is noted."""
    fault = next(filter(None, (_fault(entries, name) for name in attributes)), None)
    if fault is None:
        return tuple(entries[name] for name in attributes)
    cause, name, seen = fault
    faults.add(cause, number, seen, about=name)
    return None


def _fault(entries: Entries, name: str) -> tuple[str, str, str] | None:
    """Returns what is wrong with an attribute of a line: the cause, the attribute, and what is seen."""
    failure = metadata_of(entries, name).get(FAILURE_REASON)
    if failure:
        return FAILED if name in entries else NO_ATTRIBUTE, name, f"{FAILURE_REASON}: {echoed(failure)}"
    if name not in entries:
        there = ", ".join(key for key in entries if not key.endswith("-metadata")) or "none"
        return NO_ATTRIBUTE, name, f"attributes that are there: {echoed(there, LONGEST_SHOWN)}"
    value = entries[name]
    if not isinstance(value, str) or not _is_location(value):
        return NO_LOCATION, name, echoed(value, LONGEST_SHOWN)
    return None


def _told(faults: LineFaults, attributes: Sequence[str], name: str, channel: str) -> list[Finding]:
    if not faults.lines:
        return [Finding(REFUSED, "no-lines", channel, f"{name} must have a line for each sample, got none")]
    told = faults.told(NO_OBJECT, ("is no JSON object", "are no JSON objects"), "write one JSON object on each line")
    for attribute in attributes:
        shown = echoed(attribute, LONGEST_SHOWN)
        missing = _has(f"no attribute {shown}")
        told += faults.told(NO_ATTRIBUTE, missing, "", attribute, "give attribute_names that the lines have")
        told += faults.told(FAILED, _has(f"a failed {shown}"), "", attribute)
        told += faults.told(NO_LOCATION, _has(f"no s3:// or file:// URI of one file as {shown}"), "", attribute)
    return told


def _has(what: str) -> tuple[str, str]:
    """Returns the words of one line and of several."""
    return f"has {what}", f"have {what}"


def _is_location(value: str) -> bool:
    if "\0" in value or not _is_utf8(value):
        return False
    if is_s3(value):
        bucket, _, key = value[len(SCHEME) :].partition("/")
        return bool(bucket and key and not key.endswith("/"))
    path = unquote(value[len(FILE_SCHEME) :])
    return value.startswith(FILE_SCHEME) and path != "" and can_be_a_path(path)


def _is_utf8(value: str) -> bool:
    """Returns whether UTF-8 can hold ``value``. JSON can write half of a surrogate pair, which no S3 key and no file
    name can hold.
    """
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
