"""What people give as their data becomes the channels of a job."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from semseg.aws.account import Account
from semseg.errors import ChannelError
from semseg.named_classes import classes_named
from semseg.overview.data_folder import channels_of
from tests.local.fakes import CHANNELS, channels_at


def label_map(folder: Path, content: dict[str, Any]) -> dict[str, str]:
    """A channel label_map whose map of the training masks has this content."""
    folder.mkdir()
    (folder / "train_label_map.json").write_text(json.dumps(content))
    return {"label_map": str(folder)}


def test_a_folder_and_a_place_of_its_own_go_together(tmp_path: Path) -> None:
    inside = channels_at(tmp_path)
    given = {"validation": "s3://bucket/validation", "model": None, "label_map": "maps"}
    expected = {**inside, "validation": "s3://bucket/validation", "label_map": "maps"}
    assert channels_of(str(tmp_path), given, Account()) == expected


def test_places_need_no_folder_and_one_that_is_missing_is_named(tmp_path: Path) -> None:
    places: dict[str, str | None] = {name: f"/{name}" for name in CHANNELS}
    assert channels_of(None, places, Account()) == places
    with pytest.raises(ChannelError, match=r"and there is none for train_annotation$"):
        channels_of(None, {**places, "train_annotation": None}, Account())


@pytest.mark.parametrize(
    ("content", "classes"),
    [
        ({"names": {"0": "ground", "2": "tree", "255": "void"}}, 3),
        ({"map": {"0": 7, "4": [8, 9], "255": 1}}, 5),
        ({"colors": {"0": "#000000", "1": "#ff0000"}}, 2),
        ({"scale": 3}, None),
        ({"names": {"255": "void"}}, None),
    ],
)
def test_the_classes_are_those_that_the_label_map_leads_to(
    tmp_path: Path, content: dict[str, Any], classes: int | None
) -> None:
    assert classes_named(label_map(tmp_path / "maps", content)) == classes


def test_without_a_label_map_on_this_machine_nothing_is_known_of_the_classes() -> None:
    assert classes_named({}) is None
    assert classes_named({"label_map": "s3://bucket/maps"}) is None
