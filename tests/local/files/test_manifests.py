"""Manifests as labelling jobs leave them: what is wrong with their lines is told all at once, before a job is begun."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from semseg.aws.account import Account
from semseg.errors import ChannelError
from semseg.inputs import TrainingInput, input_data_config
from semseg.local.files.input_channels import InputChannel, input_channels, warnings_of

REASON = "ClientError: the annotation could not be consolidated"


def line_at(folder: Path, name: str, mask: str = "label-ref", **changes: object) -> dict[str, object]:
    """A line with files that are there."""
    places = {"source-ref": folder / "pictures" / f"{name}.jpg", mask: folder / "masks" / f"{name}.png"}
    for place in places.values():
        place.parent.mkdir(exist_ok=True)
        place.touch()
    line: dict[str, object] = {attribute: place.as_uri() for attribute, place in places.items()}
    return {**line, **changes}


def manifest_at(path: Path, lines: list[dict[str, object]], names: list[str] | None = None) -> TrainingInput:
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return TrainingInput(
        path,
        s3_data_type="AugmentedManifestFile",
        attribute_names=names or ["source-ref", "label-ref"],
        record_wrapping="RecordIO",
        content_type="image/jpg",
        input_mode="Pipe",
    )


def found(train: TrainingInput, validation: TrainingInput) -> list[InputChannel]:
    return input_channels(input_data_config({"train": train, "validation": validation}), Account())


def refused(train: TrainingInput, validation: TrainingInput) -> list[str]:
    with pytest.raises(ChannelError) as refusal:
        found(train, validation)
    return str(refusal.value).split("\n")


def without(line: dict[str, object], name: str) -> dict[str, object]:
    return {key: value for key, value in line.items() if key != name}


def test_what_is_wrong_with_both_manifests_is_told_at_once(tmp_path: Path) -> None:
    lines = [line_at(tmp_path, name) for name in "abcde"]
    for name in "bd":
        (tmp_path / "pictures" / f"{name}.jpg").unlink()
    failed = {**without(lines[4], "label-ref"), "label-ref-metadata": {"failure-reason": REASON}}
    train = manifest_at(tmp_path / "t.manifest", [*lines[:4], failed])
    validation = manifest_at(tmp_path / "v.manifest", [lines[0], without(lines[1], "source-ref")])
    assert refused(train, validation) == [
        "the channels cannot be used, 3 problems:",
        f"1 of 5 lines of t.manifest has no attribute 'label-ref' (line 5; failure-reason: '{REASON}'): leave this "
        "line out",
        f"2 of 5 lines of t.manifest name files that do not exist (lines 2 and 4; line 2 names "
        f"'{tmp_path}/pictures/b.jpg'): put the files there, or leave these lines out",
        "1 of 2 lines of v.manifest has no attribute 'source-ref' (line 2; attributes that are there: 'label-ref'): "
        "leave this line out",
    ]


def test_attributes_that_are_named_the_wrong_way_round_are_told_before_a_job_is_begun(tmp_path: Path) -> None:
    lines = [line_at(tmp_path, name) for name in "ab"]
    names = ["label-ref", "source-ref"]
    both = [manifest_at(tmp_path / f"{half}.manifest", lines, names) for half in "tv"]
    assert refused(both[0], both[1])[1] == (
        "AttributeNames of channel 'train' must name the image and then its mask, got ['label-ref', 'source-ref'], but "
        "'source-ref' names JPEG files, which cannot be masks: give ['source-ref', 'label-ref']"
    )


@pytest.mark.parametrize("names", [["source-ref"], ["source-ref", "source-ref"], ["a"] * 100_000])
def test_two_attributes_must_be_named(tmp_path: Path, names: list[str]) -> None:
    manifest = manifest_at(tmp_path / "a.manifest", [line_at(tmp_path, "a")], names)
    (sentence,) = refused(manifest, manifest)
    assert sentence.startswith("AttributeNames of channel 'train' must name the image and its mask, such as ['source-r")
    assert len(sentence) < 300


def test_colour_maps_that_disagree_are_a_warning(tmp_path: Path) -> None:
    maps: list[dict[str, Any]] = [{"internal-color-map": {"1": {"class-name": name}}} for name in ("road", "tree")]
    lines = [{**line_at(tmp_path, name), "label-ref-metadata": words} for name, words in zip("ab", maps)]
    train, validation = manifest_at(tmp_path / "t", lines[:1]), manifest_at(tmp_path / "v", lines[1:])
    (warning,) = warnings_of(found(train, validation))
    assert "index 1 is 'road' on line 1 of t and 'tree' on line 1 of v. " in warning
    assert warnings_of(found(train, train)) == []


def test_the_samples_of_a_manifest_are_named_by_their_files_and_lines(tmp_path: Path) -> None:
    lines = [line_at(tmp_path, name) for name in ("a", "b c")]
    manifest = manifest_at(tmp_path / "t.manifest", lines)
    train = found(manifest, manifest)[0]
    assert list(train.shown_samples()) == [
        ("pictures/a.jpg (line 1 of t.manifest)", "masks/a.png (line 1 of t.manifest)"),
        ("pictures/b c.jpg (line 2 of t.manifest)", "masks/b c.png (line 2 of t.manifest)"),
    ]
    assert train.content_type == "image/jpeg"
