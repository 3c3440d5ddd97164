"""The training command against a tree as SageMaker lays it below /opt/ml."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from semseg.contract.job_directory import JobDirectory
from semseg.contract.job_progress import FINISHING, JobProgress
from semseg.contract.metric_lines import parse_schedule
from tests.endtoend import CHANNELS, RESULTS, ROOT, SECONDS, SMALL_JOB, python, wait_for_text, write_channels

FILE_MODE = {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}
MODEL_FILES = ["checksums.json", "hyperparams.json", "model_algo-1", "model_best.params"]


def lay_out(root: Path, hyperparameters: dict[str, Any] | None = None) -> JobDirectory:
    """A job's tree that a short training can run in; a test then breaks something of it."""
    directory = JobDirectory(root)
    write_channels(root / "input" / "data")
    directory.hyperparameters.parent.mkdir()
    strings = {name: str(value) for name, value in {**SMALL_JOB, **(hyperparameters or {})}.items()}
    directory.hyperparameters.write_text(json.dumps(strings))
    directory.input_data_config.write_text(json.dumps(dict.fromkeys(CHANNELS, FILE_MODE)))
    directory.resource_config.write_text(json.dumps({"current_host": "algo-1", "hosts": ["algo-1"]}))
    return directory


def stopped_after(line: str, directory: JobDirectory, log: Path) -> int:
    """The exit code of a job that is asked to stop once a line is in its log."""
    with start(directory, log) as process:
        try:
            wait_for_text(log, line)
            process.send_signal(signal.SIGTERM)
            return process.wait(SECONDS)
        finally:
            process.kill()


def start(directory: JobDirectory, log: Path, **environment: str) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            python("-u", "-m", "semseg.container.train"),
            cwd=ROOT,
            env={**os.environ, "SAGEMAKER_BASE_DIR": str(directory.root), **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def failure_of(directory: JobDirectory) -> str:
    """What the command writes about its failure; it ends with 1, and before an engine would take its seconds.

    Some engine is found, also where none is installed.
    """
    trap = directory.root / "trap"
    lay_pytorch(trap, "raise SystemExit('torch was imported')")
    (trap / "mxnet.py").write_text("raise SystemExit('mxnet was imported')")
    log = directory.root / "log.txt"
    with start(directory, log, PYTHONPATH=str(trap)) as process:
        assert process.wait(SECONDS) == 1
    written = directory.failure.read_text()
    assert len(written) <= 1024
    assert "was imported" not in log.read_text()
    assert list((directory.root / "model").glob("*")) == []
    return written


def lay_pytorch(folder: Path, program: str) -> None:
    """Something into a new folder that passes for PyTorch, which does this once it is imported."""
    folder.mkdir()
    (folder / "torch.py").write_text(program)
    for name, version in (("torch", "2.13.0"), ("safetensors", "0.8.0")):
        described = folder / f"{name}-{version}.dist-info"
        described.mkdir()
        (described / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


@pytest.fixture
def job(tmp_path: Path) -> JobDirectory:
    return lay_out(tmp_path)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[JobDirectory, int, str]]:
    """A job that ran to its end, its exit code and its log."""
    root = tmp_path_factory.mktemp("ml")
    directory = lay_out(root, {"epochs": 1, "optimizer": "sgd"})
    with start(directory, root / "log.txt") as process:
        yield directory, process.wait(SECONDS), (root / "log.txt").read_text()
    shutil.rmtree(root)


@pytest.mark.engine
def test_a_job_ends_with_0_and_leaves_the_model_files(trained: tuple[JobDirectory, int, str]) -> None:
    directory, exit_code, log = trained
    assert exit_code == 0, log
    assert sorted(path.name for path in directory.model.iterdir()) == MODEL_FILES
    assert not directory.failure.exists()


@pytest.mark.engine
def test_a_job_leaves_its_evaluation_of_each_class(trained: tuple[JobDirectory, int, str]) -> None:
    directory, _, _ = trained
    report = json.loads((directory.output_data / "evaluation.json").read_text())
    assert sorted(path.name for path in directory.output_data.iterdir()) == RESULTS
    assert [entry["class"] for entry in report["classes"]] == [0, 1, 2]
    # 40 x 32, 48 x 36 and 36 x 48 pixels, the first row of each being ignored
    assert sum(entry["labelled_pixels"] for entry in report["classes"]) == 40 * 31 + 48 * 35 + 36 * 47
    assert 0 <= report["mIOU"] <= 1


@pytest.mark.engine
def test_a_job_leaves_what_it_is_and_that_all_of_it_is_done(trained: tuple[JobDirectory, int, str]) -> None:
    directory, _, log = trained
    progress = JobProgress.from_json(directory.progress.read_text())
    schedule = next(filter(None, map(parse_schedule, log.splitlines())))
    assert progress is not None
    assert (progress.iterations_per_epoch, progress.epochs) == (schedule.iters_per_epoch, schedule.epochs)
    assert progress.iterations_done == progress.iterations_in_all
    assert (progress.phase, progress.classes, progress.validation_pictures) == (FINISHING, 3, 3)
    report = json.loads((directory.output_data / "evaluation.json").read_text())
    assert progress.whole_mean_iou == report["mIOU"]


@pytest.mark.slow
@pytest.mark.engine
def test_sigterm_in_training_ends_with_0_and_both_parameter_files(tmp_path: Path) -> None:
    directory = lay_out(tmp_path, {"epochs": 1000})
    log = tmp_path / "log.txt"
    exit_code = stopped_after("#progress_notice. epoch: 0, iterations: 1 ", directory, log)
    assert exit_code == 0, log.read_text()
    assert sorted(path.name for path in directory.model.iterdir()) == MODEL_FILES
    assert not directory.failure.exists()
    shutil.rmtree(directory.model)  # parameters are large


def test_every_bad_hyperparameter_is_named(tmp_path: Path) -> None:
    directory = lay_out(tmp_path, {"num_classes": 1, "crop_size": 16, "algorithm": "unet", "learning_rate": "fast"})
    assert failure_of(directory) == (
        "num_classes must be a whole number from 2 to 254, got '1'\n"
        "algorithm must be one of fcn, psp, deeplab, got 'unet'\n"
        "crop_size must be a whole number from 17 to 65535, got '16'\n"
        "learning_rate must be a number above 0 and at most 1, got 'fast'"
    )


def test_an_unknown_hyperparameter_is_named_with_the_nearest(tmp_path: Path) -> None:
    directory = lay_out(tmp_path, {"num_class": 3})
    assert failure_of(directory) == (
        "'num_class' is not a hyperparameter of semantic segmentation; did you mean 'num_classes'?"
    )


def test_a_long_failure_ends_with_a_whole_problem_within_1024_characters(tmp_path: Path) -> None:
    names = ("base_size", "crop_size", "epochs", "gamma1", "gamma2", "learning_rate", "mini_batch_size", "momentum")
    directory = lay_out(tmp_path, dict.fromkeys(names, "u" * 3000))
    written = failure_of(directory)
    assert written.startswith("base_size must be a whole number from 17 to 65535, got 'uuu")
    assert len(written) <= 1024
    assert re.search(r"uuu'\n\.\.\. and [1-7] more$", written)


@pytest.mark.slow
def test_an_unknown_channel_is_refused(job: JobDirectory) -> None:
    job.input_data_config.write_text(json.dumps(dict.fromkeys((*CHANNELS, "training"), FILE_MODE)))
    assert failure_of(job) == (
        "channel 'training' is not known: did you mean 'train', of train, train_annotation, validation, "
        "validation_annotation, label_map, model?"
    )


@pytest.mark.slow
def test_a_missing_channel_is_refused(job: JobDirectory) -> None:
    job.input_data_config.write_text(json.dumps(dict.fromkeys(CHANNELS[:3], FILE_MODE)))
    assert failure_of(job) == (
        "a training job needs the channels train, train_annotation, validation, validation_annotation, and "
        "validation_annotation is missing: give it to fit()"
    )


@pytest.mark.slow
def test_images_in_pipe_mode_and_masks_in_file_mode_are_refused(job: JobDirectory) -> None:
    channels = dict.fromkeys(CHANNELS, FILE_MODE)
    channels["train"] = {**FILE_MODE, "TrainingInputMode": "Pipe"}
    job.input_data_config.write_text(json.dumps(channels))
    assert failure_of(job) == ("channels train and train_annotation must have the same input mode, got Pipe and File")


def test_broken_json_is_refused(job: JobDirectory) -> None:
    job.hyperparameters.write_text('{"num_classes": ')
    assert failure_of(job) == (
        f"{job.hyperparameters} must hold a JSON object that describes the job: "
        "Expecting value: line 1 column 17 (char 16)"
    )


@pytest.mark.slow
def test_json_that_is_no_object_is_refused(job: JobDirectory) -> None:
    job.input_data_config.write_text('["train"]')
    assert failure_of(job) == f"{job.input_data_config} must hold a JSON object that describes the job, got list"


@pytest.mark.slow
def test_a_missing_configuration_is_refused(job: JobDirectory) -> None:
    job.hyperparameters.unlink()
    assert failure_of(job) == (
        f"{job.hyperparameters} must hold a JSON object that describes the job: "
        f"[Errno 2] No such file or directory: '{job.hyperparameters}'"
    )


def test_a_label_map_folder_without_either_name_is_refused(job: JobDirectory) -> None:
    job.channel("label_map").mkdir()
    (job.channel("label_map") / "labels.json").write_text('{"scale": 1}')
    job.input_data_config.write_text(json.dumps(dict.fromkeys((*CHANNELS, "label_map"), FILE_MODE)))
    assert failure_of(job) == (
        "channel label_map must hold train_label_map.json or validation_label_map.json, "
        "one for each half that needs it, got labels.json"
    )


def test_a_label_map_that_is_a_fifo_is_refused_and_not_waited_for(job: JobDirectory) -> None:
    job.channel("label_map").mkdir()
    os.mkfifo(job.channel("label_map") / "train_label_map.json")
    job.input_data_config.write_text(json.dumps(dict.fromkeys((*CHANNELS, "label_map"), FILE_MODE)))
    assert failure_of(job) == (
        f"{job.channel('label_map')}/train_label_map.json cannot be read: it must be a regular file or a link to one, "
        "got a FIFO"
    )


def test_a_picture_whose_name_is_not_utf_8_is_named_all_the_same(job: JobDirectory) -> None:
    path = os.fsencode(job.channel("train") / "square_0.jpg")
    os.rename(path, path.replace(b"square_0", b"caf\xe9"))
    written = failure_of(job)
    assert re.search(r"^train/caf\\udce9\.jpg has no mask: expected train_annotation/caf\\udce9\.png$", written, re.M)


def test_the_cores_of_this_machine_are_counted_in_one_place() -> None:
    """It knows the control group's quota, and other systems than Linux, where os.sched_getaffinity is missing."""
    files = [file.name for file in (ROOT / "semseg").rglob("*.py") if "sched_getaffinity(" in file.read_text()]
    assert files == ["facts.py"]


@pytest.mark.skipif(find_spec("safetensors") is None, reason="needs what the extras that train install")
def test_weights_of_a_kind_that_is_not_read_are_refused_before_any_data_is(job: JobDirectory, tmp_path: Path) -> None:
    (tmp_path / "resnet50.pth").write_bytes(b"PK\x03\x04 as torch.save writes it")
    weights = {"use_pretrained_model": True, "pretrained_weights": str(tmp_path / "resnet50.pth")}
    job.hyperparameters.write_text(json.dumps({name: str(value) for name, value in {**SMALL_JOB, **weights}.items()}))
    shutil.rmtree(job.channel("train"))
    assert failure_of(job).startswith(
        f"The weights file {tmp_path}/resnet50.pth must be a .params file of MXNet or a .safetensors file, and is a "
        "pickle, which could run code: convert it with PyTorch by python -c 'import sys, torch, "
    )
