from __future__ import annotations

import json
from dataclasses import replace

import pytest

from semseg.archive.export_report import ExportReport
from semseg.errors import ModelError

INT8 = ExportReport(
    format="openvino",
    precision="int8",
    reference="Gluon",
    pictures=16,
    largest_difference=0.0757,
    equal_pixels=0.99324,
    calibration_pictures=64,
    mean_iou_fp32=0.81239,
    mean_iou_int8=0.81,
    spared=("head.block.4",),
    versions={"openvino": "2026.4.1"},
    sha256={"model_int8.xml": "12", "model_int8.bin": "34"},
    parameters="model_best.params",
    parameters_sha256="56",
)
FP32 = replace(INT8, precision="fp32", calibration_pictures=0, mean_iou_fp32=None, mean_iou_int8=None, spared=())


def test_a_report_comes_back_from_json_without_the_place_of_its_archive() -> None:
    text = json.dumps(replace(INT8, archive="/tmp/model.tar.gz").to_json())
    assert ExportReport.from_json(json.loads(text)) == INT8


def test_a_report_without_a_field_is_refused() -> None:
    values = INT8.to_json()
    del values["pictures"]
    with pytest.raises(ModelError, match=r"^the report of an export must have pictures, got only calibration_pict"):
        ExportReport.from_json(values)


def test_an_int8_report_says_both_scores_and_what_was_spared() -> None:
    assert str(INT8) == (
        "openvino-int8: 99.324 % of pixels as Gluon on 16 pictures, probabilities within 0.076; "
        "mIOU of whole pictures 0.8100, 0.8124 in fp32; spared: head.block.4"
    )
    assert str(replace(INT8, spared=())).endswith("; no layer spared")


def test_an_fp32_report_says_how_near_it_is() -> None:
    assert str(FP32) == "openvino-fp32: 99.324 % of pixels as Gluon on 16 pictures, probabilities within 0.076"


def test_a_light_report_says_its_operations_and_both_scores() -> None:
    light = replace(FP32, light=True, mean_iou_fp32=0.8124, mean_iou_light=0.8091, operations=0.4137)
    assert str(light) == (
        "openvino-fp32-light: 99.324 % of pixels as Gluon on 16 pictures, probabilities within 0.076; "
        "mIOU of whole pictures 0.8091, 0.8124 as trained; 41 % of the operations"
    )
    assert str(replace(light, precision="int8", mean_iou_int8=0.808)).endswith(
        "; mIOU of whole pictures 0.8080, 0.8124 in fp32; no layer spared; 41 % of the operations"
    )
    assert ExportReport.from_json(light.to_json()) == light


def test_a_report_of_a_version_without_light_forms_is_read() -> None:
    values = INT8.to_json()
    for name in ("light", "operations", "mean_iou_light"):
        del values[name]
    assert ExportReport.from_json(values) == INT8


def test_a_report_without_pictures_says_so() -> None:
    report = replace(FP32, pictures=0, largest_difference=None, equal_pixels=None)
    assert str(report) == "openvino-fp32: not compared, for there were no pictures"
    assert str(replace(report, reference="")) == "openvino-fp32: not compared, for there is no engine here that trains"
