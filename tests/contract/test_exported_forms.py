from __future__ import annotations

import pytest

from semseg.contract.exported_forms import FORMS, Form, check_form_channels
from semseg.errors import UserError


def test_the_eight_forms_have_files_of_their_own() -> None:
    assert [str(form) for form in FORMS if form.format == "openvino"] == [
        "openvino-fp32",
        "openvino-fp32-light",
        "openvino-int8",
        "openvino-int8-light",
    ]
    assert [str(form) for form in FORMS if form.format == "onnx"] == [
        "onnx-fp32",
        "onnx-fp32-light",
        "onnx-int8",
        "onnx-int8-light",
    ]
    names = (
        "model.onnx model_light.onnx model_int8.onnx model_int8_light.onnx model.xml model.bin model_light.xml "
        "model_light.bin model_int8.xml model_int8.bin model_int8_light.xml model_int8_light.bin"
    )
    assert " ".join(name for form in FORMS for name in form.files) == names


def test_a_light_form_needs_what_int8_needs() -> None:
    light = Form.of("openvino", "fp32", light=True)
    assert [form.is_gated for form in (Form("onnx", "fp32"), Form("onnx", "int8"), light)] == [False, True, True]
    check_form_channels(light, ["train", "validation", "validation_annotation"])
    with pytest.raises(UserError) as refusal:
        check_form_channels(light, ["validation"])
    assert str(refusal.value) == (
        "a light form must be calibrated on pictures, which channel train has: give it, or export another one"
    )


@pytest.mark.parametrize(
    ("format", "precision", "sentence"),
    [
        ("torch", "fp32", "format must be onnx or openvino, got 'torch'"),
        ("onnx", "fp16", "precision must be fp32 or int8, got 'fp16'"),
    ],
)
def test_a_form_that_does_not_exist_is_refused(format: str, precision: str, sentence: str) -> None:
    with pytest.raises(UserError) as refusal:
        Form.of(format, precision)
    assert str(refusal.value) == sentence
