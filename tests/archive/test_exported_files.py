from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from semseg.archive.exported_files import FILES, check, forms_in, read_reports
from semseg.contract.exported_forms import FORMS, Form
from semseg.errors import ModelError

INT8 = Form("openvino", "int8")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model directory with one form and its digests."""
    digests = {}
    for name in INT8.files:
        (tmp_path / name).write_text(name)
        digests[name] = hashlib.sha256(name.encode()).hexdigest()
    (tmp_path / "export.json").write_text(json.dumps({"openvino-int8": {"sha256": digests}}))
    return tmp_path


def test_the_files_beside_a_model_are_those_of_all_forms_and_the_report() -> None:
    assert list(FILES) == [*(name for form in FORMS for name in form.files), "export.json"]


def test_a_form_is_there_once_all_its_files_are(model: Path) -> None:
    assert forms_in(model) == [INT8]
    (model / "model_int8.bin").unlink()
    assert forms_in(model) == []


def test_whole_files_pass(model: Path) -> None:
    check(model)


def test_a_changed_file_is_refused_with_both_digests(model: Path) -> None:
    was = hashlib.sha256(b"model_int8.bin").hexdigest()[:12]
    (model / "model_int8.bin").write_bytes(b"other weights")
    now = hashlib.sha256(b"other weights").hexdigest()[:12]
    with pytest.raises(ModelError) as refusal:
        check(model)
    assert str(refusal.value) == (
        f"model_int8.bin must have the SHA-256 in export.json, {was}..., got {now}...: "
        "it was damaged or changed since it was made, so unpack the model again or make it anew"
    )


@pytest.mark.parametrize("report", ["{}", '{"openvino-int8": {}}', '{"openvino-int8": {"sha256": []}}'])
def test_a_form_without_a_digest_is_refused(model: Path, report: str) -> None:
    (model / "export.json").write_text(report)
    with pytest.raises(ModelError, match=r"^model_int8\.xml must have its SHA-256 in export\.json beside it"):
        check(model)


@pytest.mark.parametrize("report", ["[]", "{", '{"openvino-int8": 3}', "[" * 100_000], ids=range(4))
def test_a_report_that_is_none_is_refused(model: Path, report: str) -> None:
    (model / "export.json").write_text(report)
    with pytest.raises(ModelError, match=r"^export\.json must "):
        read_reports(model)


def test_without_forms_there_is_nothing_to_compare(tmp_path: Path) -> None:
    check(tmp_path)
    assert read_reports(tmp_path) == {}
