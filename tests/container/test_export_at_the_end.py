"""What a training job does with an export that does not succeed: its model is kept, and the log says why."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from semseg.archive.model_artifact import BEST, HYPERPARAMS
from semseg.archive.mxnet_parameters import write_parameters
from semseg.container.training_run import export_form
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.job_directory import JobDirectory
from semseg.engines.openvino.network import OpenVinoNetwork, compile_network
from semseg.engines.openvino.opening import build
from semseg.exporting.form_export import Samples
from semseg.training.job_log import JobLog
from semseg.training.stop_request import StopAsked
from tests.engines.onnx.random_parameters import random_parameters

CLASSES = 5


class Own:
    """Pictures of noise, whose masks are what a network itself answers."""

    def __init__(self, network: OpenVinoNetwork) -> None:
        self.network = network

    def one_pass(self) -> range:
        return range(3)

    def read(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        image = np.random.default_rng(place).integers(0, 256, (48, 48, 3)).astype(np.uint8)
        return image, self.network.mask(image[np.newaxis], (48, 48))[0]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> JobDirectory:
    """The model of a narrow network."""
    directory = JobDirectory(tmp_path_factory.mktemp("ml"))
    directory.model.mkdir()
    (directory.model / HYPERPARAMS).write_text(f'{{"num_classes": {CLASSES}, "base_size": 48}}')
    write_parameters(directory.model / BEST, random_parameters("fcn", width=4, num_classes=CLASSES))
    return directory


@pytest.fixture(scope="module")
def samples(directory: JobDirectory) -> Samples:
    model = build(directory.model / BEST, "fcn", "resnet-50", CLASSES)
    own = Own(OpenVinoNetwork(compile_network(model, CLASSES, 1), CLASSES, 1))
    return Samples(own, own, own)


def log_of(
    directory: JobDirectory, samples: Samples, export: str, raise_if_stopped: Callable[[], None] = lambda: None
) -> str:
    strings = {"num_classes": str(CLASSES), "num_training_samples": "3", "export": export}
    stream = io.StringIO()
    export_form(directory, Hyperparameters.from_strings(strings), samples, raise_if_stopped, JobLog(stream))
    return stream.getvalue()


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_form_that_is_refused_leaves_the_model_and_the_reason(
    directory: JobDirectory, samples: Samples, tmp_path: Path
) -> None:
    other = JobDirectory(tmp_path)
    other.model.mkdir()
    (other.model / HYPERPARAMS).write_text('{"num_classes": 4}')
    (other.model / BEST).symlink_to(directory.model / BEST)
    log = log_of(other, samples, "openvino-int8")
    assert re.search(r"WARNING \d+\] The model is left without openvino-int8: the parameters are of 5 classes", log)
    assert names_in(other.model) == [HYPERPARAMS, BEST]


def test_a_stop_ends_the_export_and_leaves_the_model(directory: JobDirectory, samples: Samples) -> None:
    asked = []

    def stop_at_the_fifth() -> None:
        asked.append(1)
        if len(asked) == 5:
            raise StopAsked

    log = log_of(directory, samples, "openvino-int8", stop_at_the_fifth)
    assert "The job was stopped before openvino-int8 was made: the model is left without it." in log
    assert names_in(directory.model) == [HYPERPARAMS, BEST]


def test_what_nobody_foresaw_leaves_the_model_too(directory: JobDirectory, samples: Samples) -> None:
    def fail() -> None:
        raise ZeroDivisionError("by chance")

    log = log_of(directory, samples, "onnx-fp32", fail)
    assert "The model is left without onnx-fp32: the export failed with ZeroDivisionError: by chance" in log
    assert names_in(directory.model) == [HYPERPARAMS, BEST]


def test_a_job_that_wants_no_form_gets_none(directory: JobDirectory, samples: Samples) -> None:
    assert log_of(directory, samples, "") == ""
