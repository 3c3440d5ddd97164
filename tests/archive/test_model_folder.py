"""A folder with the files of a model in the place of an archive."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from semseg.archive.model_artifact import BEST, HYPERPARAMS, LAST, forms_of, pack, sizes_of, unpack, unpacked_size
from semseg.archive.model_folder import check_model_folder
from semseg.contract.exported_forms import Form
from semseg.errors import ModelError


def filled(folder: Path, names: Iterable[str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"x" * len(name))
    return folder


def test_a_folder_is_unpacked_by_copies_of_the_files_of_a_model(tmp_path: Path) -> None:
    folder = filled(tmp_path / "model", [HYPERPARAMS, BEST, ".model_best.params.part", "notes.txt", "model.onnx"])
    unpack(folder, tmp_path / "served")
    assert sorted(os.listdir(tmp_path / "served")) == [HYPERPARAMS, "model.onnx", BEST]
    assert not (tmp_path / "served" / BEST).samefile(folder / BEST)
    assert forms_of(folder) == [Form("onnx", "fp32")]


def test_sizes_are_those_of_the_files_and_an_archive_tells_them_too(tmp_path: Path) -> None:
    folder = filled(tmp_path / "model", [HYPERPARAMS, BEST, LAST])
    sizes = {HYPERPARAMS: 16, BEST: 17, LAST: 12}
    assert sizes_of(folder) == sizes
    assert unpacked_size(folder) == 45
    pack(folder, tmp_path / "model.tar.gz")
    assert sizes_of(tmp_path / "model.tar.gz") == sizes
    assert unpacked_size(tmp_path / "model.tar.gz") == 10_240  # 3 * (512 + 512), in records of 20 blocks


def test_an_archive_that_is_cut_short_has_some_size(tmp_path: Path) -> None:
    (tmp_path / "model.tar.gz").write_bytes(b"\x01\x02")
    assert unpacked_size(tmp_path / "model.tar.gz") == 0x0201
    with pytest.raises(ModelError, match="it cannot be read: No such file"):
        unpacked_size(tmp_path / "none.tar.gz")


@pytest.mark.parametrize("names", [[HYPERPARAMS, BEST], [HYPERPARAMS, LAST], [HYPERPARAMS, "model.onnx"]])
def test_a_description_with_parameters_or_a_form_is_a_model(tmp_path: Path, names: list[str]) -> None:
    check_model_folder(filled(tmp_path / "model", names), "model_data")


@pytest.mark.parametrize(
    ("files", "missing"),
    [
        ([], f"{HYPERPARAMS} and no {BEST} or {LAST}"),
        ([HYPERPARAMS], f"{BEST} or {LAST}"),
        ([BEST], HYPERPARAMS),
        (["model.tar.gz"], f"{HYPERPARAMS} and no {BEST} or {LAST}: give '{{}}/model.tar.gz', which is there"),
    ],
)
def test_what_a_folder_lacks_is_named(tmp_path: Path, files: list[str], missing: str) -> None:
    with pytest.raises(ModelError) as refusal:
        check_model_folder(filled(tmp_path, files), "model_data")
    assert str(refusal.value) == (
        f"model_data must be a model.tar.gz or a folder with its files, and the folder '{tmp_path}' has no "
        f"{missing.format(tmp_path)}"
    )


def test_the_folder_of_a_job_names_the_model_in_it(tmp_path: Path) -> None:
    filled(tmp_path / "model", [HYPERPARAMS, BEST])
    with pytest.raises(ModelError, match=f"give '{tmp_path}/model', which is there$"):
        check_model_folder(tmp_path, "model_data")
