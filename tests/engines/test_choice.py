from __future__ import annotations

import pytest

from semseg.contract.exported_forms import Form
from semseg.engines.choice import Choice, Installed, Wish, choose
from semseg.errors import PlatformError, UserError

BOTH = Installed(("openvino", "onnx", "mxnet"))
GRAPHICS = Installed(("openvino", "onnx", "mxnet"), on_gpu=("mxnet",))
ALL = ("openvino", "onnx", "mxnet", "torch")
ONLY_PYTORCH = Installed(("torch",))
ONLY_MXNET = Installed(("mxnet",))
ONLY_OPENVINO = Installed(("openvino", "onnx"))
NO_GRAPHS = Installed(("openvino",))
NOTHING = Installed(())

OPENVINO_FP32, OPENVINO_INT8 = Form("openvino", "fp32"), Form("openvino", "int8")
LIGHT_FP32, LIGHT_INT8 = Form("openvino", "fp32", light=True), Form("openvino", "int8", light=True)
ONNX_LIGHT = Form("onnx", "fp32", light=True)
ONNX_FP32, ONNX_INT8 = Form("onnx", "fp32"), Form("onnx", "int8")
MXNET, PYTORCH = Choice("mxnet", "fp32"), Choice("pytorch", "fp32")
INT8, LIGHT, WHOLE = Wish(precision="int8"), Wish(light=True), Wish(light=False)


@pytest.mark.parametrize(
    ("wish", "forms", "plain", "installed", "instance_type", "choice"),
    [
        # the processor: OpenVINO where it is installed
        (Wish(), [], True, BOTH, "local", Choice("openvino", "fp32")),
        (Wish(), [], True, ONLY_OPENVINO, "local", Choice("openvino", "fp32")),
        (Wish(), [], True, ONLY_MXNET, "local", MXNET),
        (Wish(), [OPENVINO_FP32], True, BOTH, "local", Choice("openvino", "fp32", OPENVINO_FP32)),
        (Wish(), [OPENVINO_FP32], True, NO_GRAPHS, "local", Choice("openvino", "fp32", OPENVINO_FP32)),
        (Wish(), [OPENVINO_FP32, ONNX_FP32], True, BOTH, "", Choice("openvino", "fp32", OPENVINO_FP32)),
        (Wish(), [ONNX_FP32], True, BOTH, "", Choice("openvino", "fp32", ONNX_FP32)),
        # plain parameters need a package more than an exported form does
        (Wish(), [], True, Installed(("openvino", "mxnet")), "local", MXNET),
        # INT8 where the model has it for OpenVINO, or where it is asked for
        (Wish(), [OPENVINO_INT8, OPENVINO_FP32], True, BOTH, "local", Choice("openvino", "int8", OPENVINO_INT8)),
        (Wish(), [OPENVINO_INT8], True, ONLY_MXNET, "local", MXNET),
        (Wish(), [ONNX_INT8], True, BOTH, "local", Choice("openvino", "fp32")),
        (INT8, [ONNX_INT8], True, BOTH, "local", Choice("openvino", "int8", ONNX_INT8)),
        (INT8, [ONNX_INT8, OPENVINO_INT8], True, GRAPHICS, "", Choice("openvino", "int8", OPENVINO_INT8)),
        (Wish(precision="fp32"), [OPENVINO_INT8], True, BOTH, "local", Choice("openvino", "fp32")),
        # a GPU that MXNet can use
        (Wish(), [OPENVINO_INT8], True, GRAPHICS, "ml.p3.2xlarge", MXNET),
        (Wish(), [], True, GRAPHICS, "", MXNET),
        (Wish(), [], True, GRAPHICS, "local", Choice("openvino", "fp32")),
        (Wish(), [], True, BOTH, "local_gpu", MXNET),
        (Wish(engine="openvino"), [], True, GRAPHICS, "local_gpu", Choice("openvino", "fp32")),
        (Wish(), [], True, Installed(ALL, on_gpu=("mxnet", "pytorch")), "local_gpu", MXNET),
        # PyTorch, where neither OpenVINO nor MXNet is installed, or where it alone can use the GPU
        (Wish(), [], True, ONLY_PYTORCH, "local", PYTORCH),
        (Wish(), [OPENVINO_INT8], True, ONLY_PYTORCH, "", PYTORCH),
        (Wish(precision="fp32"), [], True, ONLY_PYTORCH, "local", PYTORCH),
        (Wish(), [], True, Installed(ALL), "local", Choice("openvino", "fp32")),
        (Wish(), [], True, Installed(("mxnet", "torch")), "local", MXNET),
        (Wish(), [], True, Installed(("openvino", "onnx", "torch")), "local_gpu", PYTORCH),
        (Wish(), [], True, Installed(ALL, on_gpu=("pytorch",)), "local_gpu", PYTORCH),
        (Wish(), [], True, Installed(ALL, on_gpu=("pytorch",)), "ml.g6.xlarge", PYTORCH),
        (
            Wish(),
            [OPENVINO_INT8],
            True,
            Installed(ALL, on_gpu=("pytorch",)),
            "local",
            Choice("openvino", "int8", OPENVINO_INT8),
        ),
        (Wish(engine="pytorch"), [OPENVINO_INT8], True, Installed(ALL), "local", PYTORCH),
        (Wish(engine="pytorch"), [], True, NOTHING, "local", PYTORCH),  # what hinders PyTorch is said elsewhere
        # a model without plain parameters
        (Wish(), [OPENVINO_FP32], False, GRAPHICS, "ml.p3.2xlarge", Choice("openvino", "fp32", OPENVINO_FP32)),
        (Wish(), [ONNX_INT8], False, BOTH, "local", Choice("openvino", "int8", ONNX_INT8)),
        (Wish(), [ONNX_INT8, OPENVINO_FP32], False, BOTH, "local", Choice("openvino", "fp32", OPENVINO_FP32)),
        # light where the model has it for OpenVINO, or where it is asked for
        (Wish(), [LIGHT_FP32, OPENVINO_FP32], True, BOTH, "local", Choice("openvino", "fp32", LIGHT_FP32)),
        (Wish(), [LIGHT_FP32, OPENVINO_INT8], True, BOTH, "local", Choice("openvino", "int8", OPENVINO_INT8)),
        (Wish(), [LIGHT_INT8, OPENVINO_INT8], True, BOTH, "local", Choice("openvino", "int8", LIGHT_INT8)),
        (Wish(), [ONNX_LIGHT], True, BOTH, "local", Choice("openvino", "fp32")),
        (Wish(), [ONNX_LIGHT], False, BOTH, "local", Choice("openvino", "fp32", ONNX_LIGHT)),
        (Wish(), [LIGHT_FP32], True, ONLY_MXNET, "local", MXNET),
        (LIGHT, [ONNX_LIGHT], True, BOTH, "local", Choice("openvino", "fp32", ONNX_LIGHT)),
        (LIGHT, [LIGHT_FP32, LIGHT_INT8], True, GRAPHICS, "", Choice("openvino", "int8", LIGHT_INT8)),
        (INT8, [LIGHT_FP32, LIGHT_INT8], True, BOTH, "", Choice("openvino", "int8", LIGHT_INT8)),
        (Wish(precision="fp32"), [LIGHT_FP32, LIGHT_INT8], True, BOTH, "", Choice("openvino", "fp32", LIGHT_FP32)),
        (WHOLE, [LIGHT_FP32, LIGHT_INT8], True, BOTH, "local", Choice("openvino", "fp32")),
        (WHOLE, [LIGHT_INT8, OPENVINO_INT8], True, BOTH, "local", Choice("openvino", "int8", OPENVINO_INT8)),
        # told
        (Wish(engine="mxnet"), [OPENVINO_INT8], True, BOTH, "local", MXNET),
        (Wish(engine="mxnet"), [], True, NOTHING, "local", MXNET),  # what hinders MXNet, MXNet's room says
        (Wish(engine="openvino"), [OPENVINO_FP32], True, BOTH, "", Choice("openvino", "fp32", OPENVINO_FP32)),
    ],
)
def test_the_fastest_engine_is_taken_that_is_there_and_wished_for(
    wish: Wish, forms: list[Form], plain: bool, installed: Installed, instance_type: str, choice: Choice
) -> None:
    assert choose(wish, forms, plain, installed, instance_type) == choice


INSTALL = 'in a clone of semseg, pip install ".[openvino]"'


@pytest.mark.parametrize(
    ("wish", "forms", "plain", "installed", "sentence"),
    [
        (
            Wish(),
            [],
            True,
            NOTHING,
            f"None of OpenVINO, MXNet and PyTorch is installed, and a model is served by one of them; {INSTALL}, "
            'or pip install ".[local]", which trains too',
        ),
        (
            Wish("openvino"),
            [],
            True,
            ONLY_MXNET,
            f"SEMSEG_ENGINE is openvino, and OpenVINO is not installed; {INSTALL}",
        ),
        (
            INT8,
            [OPENVINO_INT8],
            True,
            ONLY_MXNET,
            f"SEMSEG_PRECISION is int8, which OpenVINO serves, and it is not installed; {INSTALL}",
        ),
        (
            Wish(),
            [OPENVINO_FP32],
            False,
            ONLY_MXNET,
            f"The model has no parameters but an exported form, and OpenVINO is not installed; {INSTALL}",
        ),
        (
            Wish(),
            [OPENVINO_FP32],
            False,
            ONLY_PYTORCH,
            f"The model has no parameters but an exported form, and OpenVINO is not installed; {INSTALL}",
        ),
        (
            Wish(),
            [],
            True,
            NO_GRAPHS,
            f"OpenVINO serves plain parameters by the package onnx, which is not installed; {INSTALL}",
        ),
    ],
)
def test_what_is_not_installed_is_named_with_the_command_that_installs_it(
    wish: Wish, forms: list[Form], plain: bool, installed: Installed, sentence: str
) -> None:
    with pytest.raises(PlatformError) as refusal:
        choose(wish, forms, plain, installed)
    assert str(refusal.value) == sentence


@pytest.mark.parametrize("installed", [BOTH, GRAPHICS, ONLY_MXNET, NOTHING])
@pytest.mark.parametrize("engine", ["auto", "openvino"])
def test_fp32_of_a_model_that_has_nothing_but_int8_forms_is_refused(installed: Installed, engine: str) -> None:
    with pytest.raises(UserError) as refusal:
        choose(Wish(engine, "fp32"), [ONNX_INT8, OPENVINO_INT8], False, installed)
    assert str(refusal.value) == (
        "SEMSEG_PRECISION is fp32, and the model has neither parameters nor such a form but onnx-int8, openvino-int8: "
        "leave it out"
    )


@pytest.mark.parametrize("installed", [NOTHING, ONLY_OPENVINO])
def test_a_gpu_without_an_engine_for_it_is_not_passed_over(installed: Installed) -> None:
    with pytest.raises(PlatformError) as refusal:
        choose(Wish(), [], True, installed, "local_gpu")
    assert str(refusal.value) == (
        "instance_type is local_gpu, and neither MXNet nor PyTorch, which serve on a GPU, is installed; in a clone of "
        'semseg, pip install ".[pytorch]"'
    )


@pytest.mark.parametrize("engine", ["mxnet", "pytorch"])
@pytest.mark.parametrize("instance_type", ["local", "local_gpu"])
def test_an_engine_that_reads_no_forms_is_refused_where_a_model_has_nothing_else(
    engine: str, instance_type: str
) -> None:
    with pytest.raises(UserError) as refusal:
        choose(Wish(engine), [OPENVINO_INT8], False, Installed(ALL), instance_type)
    assert str(refusal.value) == (
        f"SEMSEG_ENGINE is {engine}, which serves parameters, and the model has none, but openvino-int8: set "
        "SEMSEG_ENGINE to openvino, or leave it out"
    )


def test_int8_without_a_form_says_how_to_make_one() -> None:
    with pytest.raises(UserError) as refusal:
        choose(INT8, [OPENVINO_FP32], True, BOTH)
    assert str(refusal.value) == (
        "SEMSEG_PRECISION is int8, and the model has no int8 form: make one by "
        'estimator.export(format="openvino", precision="int8") or semseg.export_model, or leave it out'
    )


def test_a_light_form_that_is_not_there_says_how_to_make_one() -> None:
    with pytest.raises(UserError) as refusal:
        choose(Wish(precision="int8", light=True), [OPENVINO_INT8, LIGHT_FP32], True, BOTH)
    assert str(refusal.value) == (
        "SEMSEG_PRECISION is int8 and SEMSEG_LIGHT is True, and the model has no int8-light form: make one by "
        'estimator.export(format="openvino", precision="int8", light=True) or semseg.export_model, or leave it out'
    )


def test_a_whole_network_of_a_model_that_has_nothing_but_light_forms_is_refused() -> None:
    with pytest.raises(UserError) as refusal:
        choose(WHOLE, [LIGHT_FP32], False, BOTH)
    assert str(refusal.value) == (
        "SEMSEG_LIGHT is False, and the model has neither parameters nor such a form but openvino-fp32-light: leave it "
        "out"
    )


@pytest.mark.parametrize(
    ("environment", "wish"),
    [
        ({}, Wish()),
        ({"SEMSEG_LIGHT": "true"}, Wish(light=True)),
        ({"SEMSEG_ENGINE": "auto", "SEMSEG_PRECISION": "int8"}, Wish("auto", "int8")),
        ({"SEMSEG_ENGINE": "mxnet", "SEMSEG_PRECISION": "fp32"}, Wish("mxnet", "fp32")),
        ({"SEMSEG_ENGINE": "openvino"}, Wish("openvino")),
        ({"SEMSEG_ENGINE": "pytorch"}, Wish("pytorch")),
    ],
)
def test_the_environment_says_what_is_wished_for(environment: dict[str, str], wish: Wish) -> None:
    assert Wish.from_environment(environment) == wish


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        (
            {"SEMSEG_ENGINE": "MXNet"},
            "The environment variable SEMSEG_ENGINE must be one of auto, mxnet, openvino, pytorch, got 'MXNet'",
        ),
        (
            {"SEMSEG_LIGHT": "1"},
            "The environment variable SEMSEG_LIGHT must be True or False, got '1'",
        ),
        (
            {"SEMSEG_ENGINE": "mxnet", "SEMSEG_LIGHT": "True"},
            "MXNet serves no light forms, and SEMSEG_LIGHT is True: set SEMSEG_ENGINE to openvino, or leave it out",
        ),
        ({"SEMSEG_PRECISION": ""}, "The environment variable SEMSEG_PRECISION must be one of fp32, int8, got ''"),
        (
            {"SEMSEG_ENGINE": "mxnet", "SEMSEG_PRECISION": "int8"},
            "MXNet serves fp32 only, and SEMSEG_PRECISION is int8: set SEMSEG_ENGINE to openvino, or leave it out",
        ),
        (
            {"SEMSEG_ENGINE": "pytorch", "SEMSEG_PRECISION": "int8"},
            "PyTorch serves fp32 only, and SEMSEG_PRECISION is int8: set SEMSEG_ENGINE to openvino, or leave it out",
        ),
    ],
)
def test_another_wish_is_refused(environment: dict[str, str], sentence: str) -> None:
    with pytest.raises(UserError) as refusal:
        Wish.from_environment(environment)
    assert str(refusal.value) == sentence
