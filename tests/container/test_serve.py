from __future__ import annotations

import os
import re
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from semseg.archive.mxnet_parameters import write_parameters
from semseg.container.loading import load_segmenter
from semseg.contract import png_mask
from semseg.contract.job_directory import JobDirectory
from semseg.errors import ModelError
from semseg.prediction.scale import ScaleRule
from tests.data.picture_makers import encoded, exif
from tests.engines.onnx.random_parameters import GLUON_WIDTH, NARROW, random_parameters
from tests.prediction.fake_network import half_bright
from tests.serving.running import SECONDS, ask

ROOT = Path(__file__).parents[2]


def start(root: Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "semseg.container.serve"],
        cwd=ROOT,
        env={**os.environ, "SAGEMAKER_BASE_DIR": str(root), "SAGEMAKER_BIND_TO_PORT": "0", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def failure_of(root: Path, **environment: str) -> str:
    with start(root, **environment) as process:
        _, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 1
    return errors


@pytest.fixture
def model(tmp_path: Path) -> Path:
    directory = tmp_path / "model"
    directory.mkdir()
    (directory / "hyperparams.json").write_text('{"num_classes": "2", "base_size": "64"}')
    return directory


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        pytest.param("SEMSEG_SCALE", "big", "one of rule, native", marks=pytest.mark.slow),
        ("SEMSEG_TILE_PIXELS", "7", "a whole number of at least 131072"),
        pytest.param("SEMSEG_ENGINE", "tensorrt", "one of auto, mxnet, openvino, pytorch", marks=pytest.mark.slow),
    ],
)
def test_a_wrong_setting_ends_the_command_with_one_sentence_before_a_port_is_open(
    tmp_path: Path, name: str, value: str, rule: str
) -> None:
    with start(tmp_path, **{name: value}) as process:
        output, errors = process.communicate(timeout=SECONDS)
    assert (process.returncode, output) == (1, "")
    assert errors == f"The environment variable {name} must be {rule}, got {value!r}\n"


def test_a_missing_model_ends_the_command_with_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "model" / "hyperparams.json"
    sentence = f"A model must have a hyperparams.json, but {path} cannot be read: No such file or directory\n"
    assert failure_of(tmp_path) == sentence


@pytest.mark.slow
def test_a_model_without_parameters_ends_the_command_with_one_sentence(model: Path) -> None:
    sentence = f"A model must have parameters in model_best.params or model_algo-1, but {model} has neither\n"
    assert failure_of(model.parent) == sentence


@pytest.mark.slow
def test_parameters_that_are_a_pickle_end_the_command_with_one_sentence(model: Path) -> None:
    (model / "model_best.params").write_bytes(b"\x80\x04\x95\x00\x00\x00\x00\x00")
    assert failure_of(model.parent) == (
        "model_best.params must be a file of MXNet parameters, which begin with 1201000000000000, "
        "but it begins with 8004950000000000\n"
    )


def test_a_port_in_use_ends_the_command_with_one_sentence(model: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        errors = failure_of(model.parent, SAGEMAKER_BIND_TO_PORT=str(port))
    assert errors.startswith(f"Port {port} of 127.0.0.1 cannot be opened (Address already in use): ")
    assert errors.count("\n") == 1


@pytest.mark.engine
def test_damaged_parameters_are_refused_in_one_sentence(model: Path) -> None:
    (model / "model_best.params").write_bytes(struct.pack("<QQ", 0x112, 0) + b"damaged")
    with pytest.raises(ModelError, match=r"^model_best\.params [^\n]+$"):
        load_segmenter(JobDirectory(model.parent), {})


def write_model(place: Path, width: int) -> JobDirectory:
    """A model of two classes whose pictures are shown upright."""
    directory = JobDirectory(place)
    directory.model.mkdir()
    description = '{"num_classes": "2", "base_size": "64", "exif_orientation": "apply"}'
    (directory.model / "hyperparams.json").write_text(description)
    write_parameters(directory.model / "model_algo-1", random_parameters("fcn", num_classes=2, width=width))
    return directory


@pytest.mark.engine
def test_a_real_model_is_loaded_serves_a_mask_and_ends_with_0(tmp_path: Path) -> None:
    with start(write_model(tmp_path, GLUON_WIDTH).root) as process:
        try:
            assert process.stdout is not None
            lines = iter(process.stdout.readline, "")
            port = int(next(line for line in lines if "listening on" in line).split()[-1])
            assert any("the model is loaded and warm" in line for line in lines)
            sideways = encoded(Image.fromarray(half_bright(70, 50)), exif=exif(6))  # shown with 50 rows
            reply = ask(port, "POST", "/invocations", sideways, {"Content-Type": "image/png"})
            mapped = Path(f"/proc/{process.pid}/maps").read_text()
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=SECONDS)
        finally:
            process.kill()
    assert png_mask.decode(reply.body).shape == (50, 70)
    assert (process.returncode, errors) == (0, "")
    # The process that speaks HTTP holds no engine: a crash in one cannot take it along.
    assert not re.search("libmxnet|libopenvino|libonnxruntime", mapped)


@pytest.mark.parametrize(("scale", "base_size"), [("native", None), ("rule", 64)])
def test_native_turns_the_scale_rule_off(tmp_path: Path, scale: str, base_size: int | None) -> None:
    directory = write_model(tmp_path, NARROW)
    environment = {"SEMSEG_SCALE": scale, "SEMSEG_CACHE_DIR": str(tmp_path / "cache"), "SEMSEG_ENGINE": "openvino"}
    assert load_segmenter(directory, environment).scale == ScaleRule(base_size)
