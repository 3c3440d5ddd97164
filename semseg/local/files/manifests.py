"""Augmented manifests of a request's channels, read on this machine or in S3, with the files that they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from semseg.aws.account import Account
from semseg.contract import media_types
from semseg.contract.colour_maps import ColourMaps
from semseg.contract.echoed import echoed
from semseg.contract.findings import Finding
from semseg.contract.line_findings import LineFaults
from semseg.contract.manifest import Manifest, parse_manifest
from semseg.contract.picture_kinds import KINDS
from semseg.contract.s3_uri import S3Uri, is_s3
from semseg.errors import ChannelError
from semseg.local.files.channel_files import Content
from semseg.local.files.locations import local_path
from semseg.plumbing.regular_file import read_regular

MANIFEST_TYPES = ("application/x-recordio", media_types.ANY_IMAGE, *(kind.media_type for kind in KINDS))
MAX_MANIFEST_BYTES = 2**29  # a million samples with 500 bytes each
SAMPLE_PARTS = 2  # an image and its mask
SHOWN_PARTS = 2  # of the path of a file: its folder and its name
MISSING, ELSEWHERE = "missing-file", "file-named-in-s3"
MISSING_WAY_OUT = "put the files there, or leave these lines out"
ELSEWHERE_WAY_OUT = "a manifest in S3 must name objects of S3; keep a manifest of files beside them"


@dataclass(frozen=True)
class ManifestChannel:
    """What a channel's manifest names.

    Attributes:
        name: of its file.
        samples: the image and the mask of each line that can be used.
        lines: the number of the line of each sample.
        findings: what is wrong with the manifest.
        colours: what it says about the indices of its masks.
    """

    name: str
    samples: Sequence[tuple[Content, ...]]
    lines: Sequence[int]
    findings: Sequence[Finding]
    colours: ColourMaps

    def shown(self) -> Iterator[tuple[str, ...]]:
        """Yields what sentences call the parts of each sample: "train/a.jpg (line 3 of train.manifest)"."""
        for sample, number in zip(self.samples, self.lines):
            yield tuple(f"{_short(content)} (line {number} of {self.name})" for content in sample)


def read_manifest(channel: Mapping[str, Any], path: Path | None, account: Account) -> ManifestChannel:
    """Returns what the manifest of a channel names.

    Args:
        channel: of a request's InputDataConfig.
        path: of the manifest on this machine; None where it is in S3.

    Raises:
        ChannelError: the channel's settings are wrong, or the manifest cannot be read. What is wrong with its lines is
            found, not raised.
    """
    name, source = channel["ChannelName"], channel["DataSource"]["S3DataSource"]
    attributes = _attributes(name, source)
    content_type = channel.get("ContentType")
    if content_type not in (None, *MANIFEST_TYPES):
        raise ChannelError(
            f"ContentType of channel {name!r} must be {' or '.join(MANIFEST_TYPES)} with an augmented manifest, "
            f"got {echoed(content_type)}"
        )
    content = _content(name, source["S3Uri"], path, account)
    file_name = PurePosixPath(source["S3Uri"]).name if path is None else path.name
    manifest = parse_manifest(content, attributes, file_name, name)
    return _located(manifest, name, from_s3=path is None)


def _attributes(name: str, source: Mapping[str, Any]) -> Sequence[str]:
    attributes = source.get("AttributeNames") or []
    if len(attributes) != SAMPLE_PARTS or len(set(attributes)) != SAMPLE_PARTS:
        raise ChannelError(
            f"AttributeNames of channel {name!r} must name the image and its mask, such as "
            f"['source-ref', 'my-label-ref'], got {echoed(attributes)}"
        )
    return list(attributes)


def _content(name: str, location: str, path: Path | None, account: Account) -> bytes:
    if path is None:
        uri = S3Uri.parse(f"the manifest of channel {name!r}", location)
        return account.objects.read(uri, most=MAX_MANIFEST_BYTES)
    if not path.is_file():
        raise ChannelError(f"channel {name!r} must name a manifest that exists, got {echoed(str(path))}")
    try:
        return read_regular(path, MAX_MANIFEST_BYTES)
    except OSError as error:
        raise ChannelError(f"the manifest {str(path)!r} cannot be read: {error.strerror}") from error


def _located(manifest: Manifest, channel: str, from_s3: bool) -> ManifestChannel:
    """Returns the files and objects of a manifest's lines, those that are not there being found."""
    faults = LineFaults(manifest.name, channel, manifest.count)
    samples, lines = [], []
    for line in manifest.lines:
        sample = tuple(map(_place, line.locations))
        fault = next((content for content in sample if _fault(content, from_s3)), None)
        if fault is None:
            samples.append(sample)
            lines.append(line.number)
        else:
            faults.add(_fault(fault, from_s3), line.number, f"line {line.number} names {echoed(str(fault))}")
    told = faults.told(MISSING, ("names a file that does not exist", "name files that do not exist"), MISSING_WAY_OUT)
    told += faults.told(ELSEWHERE, ("names a file", "name files"), ELSEWHERE_WAY_OUT)
    return ManifestChannel(manifest.name, samples, lines, [*manifest.findings, *told], manifest.colours)


def _place(location: str) -> Content:
    noun = "a line of a manifest"
    return S3Uri.parse(noun, location) if is_s3(location) else local_path(noun, location)


def _fault(content: Content, from_s3: bool) -> str:
    """Returns why a file cannot be used, "" where it can; who writes into S3 must not choose files of this machine."""
    if not isinstance(content, Path):
        return ""
    if from_s3:
        return ELSEWHERE
    return "" if content.is_file() else MISSING


def _short(content: Content) -> str:
    """Returns how sentences name a file whose line they name, too: by its folder and its name."""
    return "/".join(part for part in str(content).split("/")[-SHOWN_PARTS:] if part)
