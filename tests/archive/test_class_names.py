from __future__ import annotations

import json
from pathlib import Path

import pytest

from semseg.archive.checksums import write_checksums
from semseg.archive.class_names import CLASS_NAMES, read_class_names, write_class_names
from semseg.archive.model_artifact import BEST, FILES, HYPERPARAMS, LAST, TRAINED, complete, pack, sizes_of, unpack
from semseg.errors import ModelError


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    for name in FILES:
        (folder / name).write_text(name)
    (folder / HYPERPARAMS).write_text('{"num_classes": "3"}')
    return folder


def test_names_travel_in_the_archive(model: Path, tmp_path: Path) -> None:
    write_class_names(model, {1: "pole", 0: "sky", 255: "Himmel, Außen"})
    write_checksums(model, TRAINED)
    pack(model, tmp_path / "model.tar.gz")
    assert CLASS_NAMES in sizes_of(tmp_path / "model.tar.gz")
    unpack(tmp_path / "model.tar.gz", tmp_path / "served")
    assert read_class_names(tmp_path / "served") == {0: "sky", 1: "pole", 255: "Himmel, Außen"}


def test_a_model_of_an_earlier_version_has_no_names(model: Path, tmp_path: Path) -> None:
    pack(model, tmp_path / "model.tar.gz")
    unpack(tmp_path / "model.tar.gz", tmp_path / "served")
    assert read_class_names(tmp_path / "served") == {}


def test_a_job_without_names_leaves_none_of_an_earlier_run(model: Path) -> None:
    write_class_names(model, {0: "sky"})
    write_class_names(model, {})
    assert not (model / CLASS_NAMES).exists()


def test_a_model_that_was_cut_short_keeps_its_names(model: Path) -> None:
    write_class_names(model, {0: "sky"})
    (model / LAST).unlink()
    assert complete(model)
    assert sorted(json.loads((model / "checksums.json").read_text())) == sorted([CLASS_NAMES, HYPERPARAMS, BEST, LAST])
    assert read_class_names(model) == {0: "sky"}


def test_names_that_were_changed_are_refused(model: Path) -> None:
    write_class_names(model, {0: "sky"})
    write_checksums(model, TRAINED)
    (model / CLASS_NAMES).write_text('{"0": "sea"}')
    with pytest.raises(ModelError, match=r"^class_names\.json must have the SHA-256 in checksums\.json"):
        read_class_names(model)


@pytest.mark.parametrize("content", ['{"0": 5}', '{"sky": "0"}', '{"0": ""}', '{"0": "a\\u0000b"}', '{"1000": "a"}'])
def test_a_file_that_holds_no_names_is_refused(model: Path, content: str) -> None:
    (model / CLASS_NAMES).write_text(content)
    with pytest.raises(ModelError, match=r"^class_names\.json must be an object of class ids and names"):
        read_class_names(model)


@pytest.mark.parametrize("content", ["[]", "{", ""])
def test_a_file_that_holds_no_object_is_refused(model: Path, content: str) -> None:
    (model / CLASS_NAMES).write_text(content)
    with pytest.raises(ModelError, match=r"^class_names\.json must be"):
        read_class_names(model)
