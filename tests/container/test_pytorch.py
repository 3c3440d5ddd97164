"""A job that PyTorch trains, and what the other engines make of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from semseg.archive.mxnet_parameters import read_parameters
from semseg.container.loading import load_segmenter
from semseg.contract.job_directory import JobDirectory
from semseg.data.image_files import read_image
from tests.container.test_train import MODEL_FILES, lay_out, start
from tests.endtoend import SECONDS

pytestmark = pytest.mark.pytorch


def run(directory: JobDirectory) -> tuple[int, str]:
    """Runs the job of a directory; its exit code and its log."""
    log = directory.root / "log.txt"
    with start(directory, log) as process:
        return process.wait(SECONDS), log.read_text()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[JobDirectory, str]]:
    """A job of one epoch that PyTorch trained, with a checkpoint, and its log."""
    directory = lay_out(tmp_path_factory.mktemp("ml"), {"engine": "pytorch", "epochs": 1})
    directory.checkpoints.mkdir()
    exit_code, log = run(directory)
    assert exit_code == 0, log
    yield directory, log
    shutil.rmtree(directory.root)


def test_the_job_says_its_engine_and_leaves_the_files_of_every_model(trained: tuple[JobDirectory, str]) -> None:
    directory, log = trained
    assert "] Training with PyTorch 2." in log
    assert ": engine is pytorch\n" in log
    assert sorted(path.name for path in directory.model.iterdir()) == MODEL_FILES
    assert json.loads((directory.checkpoints / "epoch-0001" / "state.json").read_text())["engine"] == "pytorch"


@pytest.mark.engine
def test_its_model_is_served_alike_by_mxnet_pytorch_and_openvino(
    trained: tuple[JobDirectory, str], tmp_path: Path
) -> None:
    directory, _ = trained
    picture = read_image(next(directory.channel("validation").glob("*.jpg")))
    engines = ("mxnet", "pytorch", "openvino")
    settings = {"SEMSEG_CACHE_DIR": str(tmp_path), "SEMSEG_PRECISION": "fp32"}
    ours, *others = (
        load_segmenter(directory, {**settings, "SEMSEG_ENGINE": engine}).probabilities(picture) for engine in engines
    )
    for other in others:
        assert np.abs(ours - other).max() < 1e-4


@pytest.mark.engine
def test_mxnet_goes_on_from_its_checkpoint_with_a_new_optimizer(
    trained: tuple[JobDirectory, str], tmp_path: Path
) -> None:
    first, _ = trained
    directory = lay_out(tmp_path, {"engine": "mxnet", "epochs": 1})
    shutil.copytree(first.checkpoints, directory.checkpoints)
    exit_code, log = run(directory)
    assert exit_code == 0, log
    assert "was written with PyTorch, and this job trains with MXNet, which cannot read what its optimizer" in log
    assert "1 epochs are done." in log
    # nothing is left to train: what MXNet saves is what PyTorch had
    models = [read_parameters(each.model / "model_algo-1") for each in (first, directory)]
    assert models[0].keys() == models[1].keys()
    assert all(np.array_equal(models[0][name], models[1][name]) for name in models[0])


def test_a_type_that_the_processor_would_emulate_is_refused_before_the_job(tmp_path: Path) -> None:
    directory = lay_out(tmp_path, {"precision_dtype": "float16"})
    shutil.rmtree(directory.channel("train"))  # data is not looked at
    directory.resource_config.write_text('{"current_instance_type": "local"}')
    exit_code, _ = run(directory)
    assert exit_code == 1
    assert directory.failure.read_text().startswith("precision_dtype 'float16' needs a device with instructions for it")
