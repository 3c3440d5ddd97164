"""JSON files that semseg keeps, whole, broken and of another version."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from semseg.errors import PlatformError
from semseg.plumbing.json_file import read_fields, read_object, read_rows


@dataclass(frozen=True)
class Trial:
    name: str
    created: float
    parameters: dict[str, str] = field(default_factory=dict)
    value: float | None = None
    stopped: bool = False


ENDING = (
    ". It was damaged, or another version of semseg wrote it: use that version, or delete the file, or what it belongs "
    "to"
)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "it is empty"),
        ("\0\0\0", "it is empty"),
        ('{"name": "a"', "it is no whole JSON (Expecting ',' delimiter: line 1 column 13 (char 12))"),
        ("[" * 100_000, "it is no whole JSON (maximum recursion depth exceeded"),
        ("[]", "it holds a list where an object must be"),
        ('{"name": "a"}', "it has no field 'created'"),
        ('{"name": "a", "created": 1, "colour": 2}', "it has a field 'colour', which this version does not know"),
        ('{"name": 1, "created": 1}', "its field 'name' must be of the type str, got 1"),
        ('{"name": "a", "created": true}', "its field 'created' must be of the type float, got True"),
        ('{"name": "a", "created": null}', "its field 'created' must be of the type float, got None"),
        ('{"name": "a", "created": 1, "stopped": 1}', "its field 'stopped' must be of the type bool, got 1"),
    ],
)
def test_what_cannot_be_read_is_told_with_the_file_the_fault_and_the_way_out(
    tmp_path: Path, content: str, why: str
) -> None:
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(PlatformError) as failure:
        read_fields(tmp_path / "a.json", Trial)
    sentence = str(failure.value)
    assert sentence.startswith(f"{tmp_path}/a.json cannot be read: {why}")
    assert sentence.endswith(ENDING)


def test_fields_are_read_and_those_with_a_default_may_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"name": "a", "created": 1, "value": 0.5, "stopped": true}')
    assert read_fields(tmp_path / "a.json", Trial) == Trial("a", 1, {}, 0.5, True)
    assert read_object(tmp_path / "a.json")["value"] == 0.5


def test_rows_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps([{"name": "a", "created": 1.0}, {"name": "b", "created": 2.0}]))
    assert read_rows(tmp_path / "a.json", Trial) == [Trial("a", 1.0), Trial("b", 2.0)]
    for content in ("{}", "[1]"):
        (tmp_path / "a.json").write_text(content)
        with pytest.raises(PlatformError, match="it holds something else where a list of objects must be"):
            read_rows(tmp_path / "a.json", Trial)


def test_a_file_that_is_not_there_is_another_matter(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_fields(tmp_path / "a.json", Trial)
