from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import pytest

from semseg.archive.exported_files import write_report
from semseg.archive.mxnet_parameters import write_parameters
from semseg.container.loading import cache_folder, check, load_segmenter
from semseg.contract.exported_forms import Form
from semseg.contract.job_directory import JobDirectory
from semseg.contract.resource_config import resource_configuration
from semseg.engines.openvino import opening
from semseg.engines.openvino.quantization import save
from semseg.errors import ModelError, PlatformError, UserError
from semseg.machine.facts import has_driver, this_machine, usable_cores
from semseg.plumbing.digest import sha256
from semseg.prediction.scale import ScaleRule
from tests.engines.onnx.random_parameters import GLUON_WIDTH, NARROW, random_parameters

IMAGE = np.random.default_rng(0).integers(0, 256, (40, 56, 3)).astype(np.uint8)


def write_model(place: Path, width: int = NARROW) -> JobDirectory:
    directory = JobDirectory(place)
    directory.model.mkdir()
    description = {"num_classes": "5", "base_size": "64", "algorithm": "fcn", "backbone": "resnet-50"}
    (directory.model / "hyperparams.json").write_text(json.dumps(description))
    write_parameters(directory.model / "model_best.params", random_parameters("fcn", width=width))
    return directory


def add_form(directory: JobDirectory, form: Form) -> None:
    """The form's files, all of the network in float32, and what export.json says of them."""
    save(opening.build(directory.model / "model_best.params", "fcn", "resnet-50", 5), directory.model / form.files[0])
    write_report(directory.model, form, {"sha256": {name: sha256(directory.model / name) for name in form.files}})


@pytest.fixture
def directory(tmp_path: Path) -> JobDirectory:
    return write_model(tmp_path)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"SEMSEG_CACHE_DIR": str(tmp_path / "cache"), "SEMSEG_ENGINE": "openvino"}


def test_plain_parameters_are_served_and_compiled_once(
    directory: JobDirectory, environment: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    first, second = (load_segmenter(directory, environment).probabilities(IMAGE) for _ in range(2))
    assert np.array_equal(first, second)
    assert len(list(Path(environment["SEMSEG_CACHE_DIR"]).iterdir())) == 1
    sentence = f"OpenVINO {opening.version()} serves model_best.params in fp32, by {usable_cores()} threads"
    assert [record.getMessage() for record in caplog.records] == [sentence] * 2


def test_a_model_of_aligned_sizes_is_answered_at_such(directory: JobDirectory, environment: dict[str, str]) -> None:
    assert load_segmenter(directory, environment).scale == ScaleRule(64)
    description = directory.model / "hyperparams.json"
    description.write_text(json.dumps({**json.loads(description.read_text()), "aligned_sizes": "True"}))
    assert load_segmenter(directory, environment).scale == ScaleRule(64, is_aligned=True)


def test_the_threads_are_those_of_the_environment(
    directory: JobDirectory, environment: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    load_segmenter(directory, {**environment, "OMP_NUM_THREADS": "1"})
    assert caplog.messages[-1].endswith("in fp32, by 1 threads")


def test_test_time_augmentation_is_the_models_own_or_that_of_the_environment(
    directory: JobDirectory, environment: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    plain = load_segmenter(directory, environment).probabilities(IMAGE)
    mirrored = load_segmenter(directory, environment).probabilities(IMAGE[:, ::-1])[..., ::-1]
    description = json.loads((directory.model / "hyperparams.json").read_text())
    (directory.model / "hyperparams.json").write_text(json.dumps({**description, "test_time_augmentation": "flip"}))
    caplog.clear()
    flipped = load_segmenter(directory, environment)
    assert caplog.messages[-1] == "each picture is answered by the mean of 2 views: test-time augmentation flip"
    assert flipped.test_time_augmentation == "flip"
    np.testing.assert_allclose(flipped.probabilities(IMAGE), (plain + mirrored) / 2, rtol=0, atol=1e-6)
    asked = load_segmenter(directory, {**environment, "SEMSEG_TTA": "none"})
    assert asked.test_time_augmentation == "none"
    assert np.array_equal(asked.probabilities(IMAGE), plain)


def test_an_unknown_test_time_augmentation_is_refused_before_an_engine_is_loaded(directory: JobDirectory) -> None:
    with pytest.raises(UserError, match="SEMSEG_TTA must be one of none, flip, multiscale, got 'mirror'"):
        check(directory, {"SEMSEG_ENGINE": "openvino", "SEMSEG_TTA": "mirror"})


def test_other_parameters_are_another_entry_of_the_cache(directory: JobDirectory, environment: dict[str, str]) -> None:
    first = load_segmenter(directory, environment).probabilities(IMAGE)
    write_parameters(directory.model / "model_best.params", random_parameters("fcn", seed=1))
    assert not np.array_equal(load_segmenter(directory, environment).probabilities(IMAGE), first)


def test_an_exported_form_is_served_without_plain_parameters(
    directory: JobDirectory, environment: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    plain = load_segmenter(directory, environment).probabilities(IMAGE)
    add_form(directory, Form("openvino", "fp32"))
    (directory.model / "model_best.params").unlink()
    assert np.array_equal(load_segmenter(directory, environment).probabilities(IMAGE), plain)
    assert " serves model.xml in fp32" in caplog.messages[-1]


def test_an_int8_form_is_taken_unless_fp32_is_asked_for(
    directory: JobDirectory, environment: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    add_form(directory, Form("openvino", "int8"))
    load_segmenter(directory, environment)
    assert " serves model_int8.xml in int8" in caplog.messages[-1]
    load_segmenter(directory, {**environment, "SEMSEG_PRECISION": "fp32"})
    assert " serves model_best.params in fp32" in caplog.messages[-1]


def test_a_changed_form_is_refused(directory: JobDirectory, environment: dict[str, str]) -> None:
    add_form(directory, Form("openvino", "int8"))
    weights = directory.model / "model_int8.bin"
    weights.write_bytes(b"?" + weights.read_bytes()[1:])
    with pytest.raises(ModelError, match=r"^model_int8\.bin .*SHA"):
        load_segmenter(directory, environment)


def test_changed_parameters_are_refused(directory: JobDirectory, environment: dict[str, str]) -> None:
    (directory.model / "checksums.json").write_text('{"model_best.params": "0"}')
    with pytest.raises(ModelError, match="checksums"):
        load_segmenter(directory, environment)


def test_int8_without_such_a_form_is_refused_before_an_engine_is_loaded(directory: JobDirectory) -> None:
    with pytest.raises(UserError, match=r"^SEMSEG_PRECISION is int8, and the model has no int8 form: make one by "):
        check(directory, {"SEMSEG_ENGINE": "openvino", "SEMSEG_PRECISION": "int8"})


def test_what_can_work_is_not_refused(directory: JobDirectory) -> None:
    check(directory, {"SEMSEG_ENGINE": "openvino"})


@pytest.mark.pytorch
@pytest.mark.skipif(has_driver(), reason="this machine has an NVIDIA driver")
def test_pytorch_on_a_gpu_that_is_not_there_is_refused_before_it_is_imported(directory: JobDirectory) -> None:
    directory.resource_config.parent.mkdir(parents=True)
    directory.resource_config.write_text(json.dumps(resource_configuration("local_gpu")))
    with pytest.raises(
        PlatformError, match=r"^There is no GPU that the NVIDIA driver shows; use instance_type='local'"
    ):
        check(directory, {"SEMSEG_ENGINE": "pytorch"})
    check(directory, {"SEMSEG_ENGINE": "openvino"})


@pytest.mark.slow
@pytest.mark.engine
def test_mxnet_and_openvino_give_the_same_mask(tmp_path: Path, environment: dict[str, str]) -> None:
    directory = write_model(tmp_path, GLUON_WIDTH)
    check(directory, {"SEMSEG_ENGINE": "mxnet"})
    by_mxnet = load_segmenter(directory, {**environment, "SEMSEG_ENGINE": "mxnet"})
    by_openvino = load_segmenter(directory, environment)
    np.testing.assert_allclose(by_mxnet.probabilities(IMAGE), by_openvino.probabilities(IMAGE), rtol=0, atol=1e-4)
    assert np.array_equal(by_mxnet.mask(IMAGE), by_openvino.mask(IMAGE))


@pytest.mark.pytorch
def test_pytorch_and_openvino_give_the_same_mask(
    tmp_path: Path, environment: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    directory = write_model(tmp_path, GLUON_WIDTH)
    check(directory, {"SEMSEG_ENGINE": "pytorch"})
    by_pytorch = load_segmenter(directory, {**environment, "SEMSEG_ENGINE": "pytorch"})
    version = this_machine().versions["torch"]
    assert caplog.messages == [f"PyTorch {version} serves model_best.params in fp32, on cpu"]
    by_openvino = load_segmenter(directory, environment)
    np.testing.assert_allclose(by_pytorch.probabilities(IMAGE), by_openvino.probabilities(IMAGE), rtol=0, atol=1e-4)
    assert np.array_equal(by_pytorch.mask(IMAGE), by_openvino.mask(IMAGE))


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"SEMSEG_CACHE_DIR": "/a", "XDG_CACHE_HOME": "/b"}, "/a"),
        ({"XDG_CACHE_HOME": "/b"}, "/b/semseg"),
        ({}, "~/.cache/semseg"),
    ],
)
def test_the_cache_is_where_the_environment_says(environment: dict[str, str], folder: str) -> None:
    assert cache_folder(environment) == Path(folder).expanduser()
