"""A job that PyTorch trains, and what the other engines make of it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from semseg.archive.mxnet_parameters import read_parameters
from semseg.container.loading import load_segmenter
from semseg.contract.job_directory import JobDirectory
from semseg.data.pictures.image_files import read_image
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


@pytest.mark.slow
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
    assert "1 epoch is done." in log
    # nothing is left to train: what MXNet saves is what PyTorch had
    models = [read_parameters(each.model / "model_algo-1") for each in (first, directory)]
    assert models[0].keys() == models[1].keys()
    assert all(np.array_equal(models[0][name], models[1][name]) for name in models[0])


def started_from(checkpoints: Path, place: Path, hyperparameters: dict[str, Any]) -> tuple[JobDirectory, str]:
    """A job that ended well and had the checkpoints of another one, and its log; it learns next to nothing more."""
    place.mkdir()
    directory = lay_out(place, {"learning_rate": 1e-9, **hyperparameters})
    shutil.copytree(checkpoints, directory.checkpoints)
    exit_code, log = run(directory)
    assert exit_code == 0, log
    return directory, log


def largest_step(ours: JobDirectory, others: JobDirectory) -> float:
    """The largest distance of two weights after the last epoch; running statistics are left out."""
    one, other = (read_parameters(each.model / "model_algo-1") for each in (ours, others))
    names = [name for name in one if not name.endswith(("running_mean", "running_var"))]
    return max(float(np.abs(one[name] - other[name]).max()) for name in names)


@pytest.mark.engine
@pytest.mark.slow
def test_a_job_goes_on_from_pytorch_to_mxnet_and_back_with_its_parameters_and_its_progress(
    trained: tuple[JobDirectory, str], tmp_path: Path
) -> None:
    first, _ = trained
    on_mxnet, log = started_from(first.checkpoints, tmp_path / "mxnet", {"engine": "auto", "epochs": 2})
    back, log_back = started_from(on_mxnet.checkpoints, tmp_path / "pytorch", {"engine": "pytorch", "epochs": 3})
    assert "] Training with MXNet 1.9.1: engine is auto, and it runs here\n" in log
    took = (
        "which cannot read what its optimizer remembers: the parameters and the progress are taken, and the optimizer "
        "begins anew.\n"
    )
    folders = on_mxnet.checkpoints / "epoch-0001", back.checkpoints / "epoch-0002"
    for written, folder, was, now in (
        (log, folders[0], "PyTorch", "MXNet"),
        (log_back, folders[1], "MXNet", "PyTorch"),
    ):
        assert f"Checkpoint {folder} was written with {was}, and this job trains with {now}, {took}" in written
    assert [re.findall("epoch: ([0-9]), train loss", written) for written in (log, log_back)] == [["1"], ["2"]]
    for directory, epochs, engine in ((on_mxnet, 2, "mxnet"), (back, 3, "pytorch")):
        state = json.loads((directory.checkpoints / f"epoch-000{epochs}" / "state.json").read_text())
        assert (state["engine"], state["progress"]["iteration"]) == (engine, 2 * epochs)
    # two steps of adam, at 1e-9 and 1e-8
    assert largest_step(on_mxnet, first) < 1e-7
    assert largest_step(back, first) < 1e-7
    for directory in (on_mxnet, back):
        shutil.rmtree(directory.root)


@pytest.mark.slow
def test_a_type_that_the_processor_would_emulate_is_refused_before_the_job(tmp_path: Path) -> None:
    directory = lay_out(tmp_path, {"precision_dtype": "float16"})
    shutil.rmtree(directory.channel("train"))  # data is not looked at
    directory.resource_config.write_text('{"current_instance_type": "local"}')
    exit_code, _ = run(directory)
    assert exit_code == 1
    assert directory.failure.read_text().startswith("precision_dtype 'float16' needs a device with instructions for it")
