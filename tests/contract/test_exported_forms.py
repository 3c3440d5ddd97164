from __future__ import annotations

import pytest

from semseg.contract.exported_forms import FORMS, Form
from semseg.errors import UserError


def test_the_four_forms_have_files_of_their_own() -> None:
    assert [str(form) for form in FORMS] == ["onnx-fp32", "onnx-int8", "openvino-fp32", "openvino-int8"]
    names = "model.onnx model_int8.onnx model.xml model.bin model_int8.xml model_int8.bin"
    assert " ".join(name for form in FORMS for name in form.files) == names


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
