"""train, jobs, logs, stop, resume, show, report, compare, export, deploy, endpoints, undeploy: one job, all verbs.

The job is interrupted and resumed, so that its model, which the later tests use, is there once.
"""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command_line.program import Ended, semseg, semseg_here, started
from tests.endtoend import SECONDS, write_channels
from tests.local.fakes import model_at, request_at, session_at
from tests.local.kept import LONG_AGO, training_job

JOB = "squares"
EPOCHS = 3
OPTIONS = (
    *("--num-classes", 3, "--no-use-pretrained-model", "--base-size", 48, "--crop-size", 24, "--mini-batch-size", 2),
    *("--epochs", EPOCHS, "--optimizer", "adam", "--engine", "pytorch", "--max-run", SECONDS),
)

pytestmark = pytest.mark.pytorch


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("program")
    yield place / "home"
    shutil.rmtree(place)  # parameters are large


@pytest.fixture(scope="module")
def data(home: Path) -> Path:
    write_channels(home.parent / "data")
    return home.parent / "data"


@pytest.fixture(scope="module")
def stopped(home: Path, data: Path) -> tuple[int, str]:
    """The exit code of a `train` that got Ctrl-C after its first epoch, and what it told."""
    told = []
    with started(home, "train", data, "--name", JOB, *OPTIONS) as process:
        assert process.stderr is not None
        for line in process.stderr:
            told.append(line)
            if line.split()[:1] == ["1"]:
                process.send_signal(signal.SIGINT)
                break
        told += process.stderr
        return process.wait(SECONDS), "".join(told)


@pytest.fixture(scope="module")
def resumed(home: Path, stopped: tuple[int, str]) -> Ended:
    """The same job, gone on to its end, while nobody waited."""
    assert semseg(home, "resume", JOB, "--detach", "--json").json["TrainingJobStatus"] == "InProgress"
    return semseg(home, "logs", "-f", JOB)


def test_ctrl_c_stops_the_job_cleanly_and_ends_with_130(home: Path, stopped: tuple[int, str]) -> None:
    code, told = stopped
    assert code == 130
    assert f"{JOB}: fcn with resnet-50, PyTorch on CPU; 3 classes, 4 training and 3 validation pictures" in told
    assert f"Stopping {JOB} and keeping its best model" in told
    assert "Traceback" not in told


def test_a_job_goes_on_to_its_end_and_its_log_is_followed(resumed: Ended) -> None:
    assert "Resuming from checkpoint" in resumed.out
    assert resumed.out.count("validation mIOU") == EPOCHS


def test_the_job_is_listed_with_its_epochs_and_its_score(home: Path, resumed: Ended) -> None:
    (job,) = semseg(home, "jobs", "--json").json["TrainingJobSummaries"]
    assert (job["TrainingJobName"], job["TrainingJobStatus"]) == (JOB, "Completed")
    assert (job["Epoch"], job["Epochs"], job["ScoredOn"]) == (EPOCHS, EPOCHS, "whole pictures")
    told = [JOB, "Completed", f"{EPOCHS}/{EPOCHS}", f"{job['mIOU']:.4f}", "whole", "pictures"]
    assert semseg_here(home, "jobs").lines[1].split()[:6] == told
    assert semseg_here(home, "jobs", "--status", "Failed").err == f"no training jobs in {home / 'jobs'}\n"


def test_all_that_is_known_of_the_job_is_shown(home: Path, resumed: Ended) -> None:
    found = semseg(home, "show", JOB, "--json").json
    assert found["HyperParameters"]["epochs"] == str(EPOCHS)
    assert [epoch["number"] for epoch in found["EpochScores"]] == [1, 2, 3]
    assert len(found["Evaluation"]["classes"]) == 3
    shown = semseg_here(home, "show", JOB).out
    assert f"Report: {found['Report']}" in shown
    assert "mIOU of crops" in shown


def test_the_report_is_there_and_its_path_is_printed(home: Path, resumed: Ended) -> None:
    path = semseg(home, "report", JOB, "--json").json["Report"]
    assert path == str(home / "jobs" / JOB / "output" / "data" / "report.html")
    assert JOB in Path(path).read_text()


def test_jobs_are_compared(home: Path, resumed: Ended) -> None:
    other = home / "jobs" / "copy"
    shutil.copytree(home / "jobs" / JOB / "output" / "data", other / "output" / "data")
    for name in ("job.json", "status.json"):
        text = (home / "jobs" / JOB / name).read_text().replace(f'"{JOB}"', '"copy"').replace('"adam"', '"sgd"')
        (other / name).write_text(text)
    found = semseg(home, "compare", JOB, "copy", "--json").json
    assert [job["TrainingJobName"] for job in found["TrainingJobs"]] == [JOB, "copy"]
    assert found["Differing"] == {"optimizer": ["adam", "sgd"]}
    assert semseg_here(home, "compare", JOB, code=2).err.endswith("Error: give two jobs at least\n")
    shutil.rmtree(other)


def test_a_model_is_deployed_listed_measured_and_undeployed(home: Path, resumed: Ended) -> None:
    deployed = semseg(home, "deploy", JOB, "--name", "squares-1", "--engine", "pytorch")
    name, url = deployed.out.split()
    assert (name, url[:17]) == ("squares-1", "http://127.0.0.1:")
    (found,) = semseg(home, "endpoints", "--json").json["Endpoints"]
    assert (found["EndpointName"], found["EndpointStatus"], found["EndpointUrl"]) == ("squares-1", "InService", url)
    assert semseg(home, "undeploy", "--all", "--json").json == {"Deleted": ["squares-1"]}
    assert semseg(home, "endpoints").err == f"no endpoints in {home / 'endpoints'}\n"


def test_an_archive_without_a_light_form_is_not_deployed_as_one(tmp_path: Path) -> None:
    told = semseg_here(tmp_path / "home", "deploy", model_at(tmp_path), "--light", code=1)
    assert "SEMSEG_LIGHT is True, and the model must have a light form for it" in told.err
    assert semseg_here(tmp_path / "home", "endpoints", "--json").json["Endpoints"] == []


@pytest.mark.slow
def test_a_model_is_exported(home: Path, resumed: Ended, tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    found = semseg(home, "export", JOB, "-o", tmp_path / "fast.tar.gz", "--json").json
    assert (found["format"], found["precision"], found["archive"]) == (
        "openvino",
        "fp32",
        str(tmp_path / "fast.tar.gz"),
    )
    assert (tmp_path / "fast.tar.gz").is_file()


def test_reading_is_measured(tmp_path: Path) -> None:
    (figure,) = semseg(tmp_path, "bench", "reading", "--quick", "--seconds", "0.1", "--json").json
    assert (figure["what"], figure["milliseconds"]) == ("reading", None)
    assert figure["pictures_per_second"] > 0
    assert list(tmp_path.iterdir()) == []


def test_a_job_is_stopped_and_waited_for(tmp_path: Path) -> None:
    session = session_at(tmp_path / "home")
    session.train({**request_at(tmp_path / "data"), "Environment": {"FAKE_TRAIN": "run_until_stopped"}})
    (line,) = semseg(tmp_path / "home", "stop", "job", "--wait").lines
    assert line == "job  Stopped"


def test_a_hyperparameter_that_breaks_its_rule_is_a_matter_of_usage(tmp_path: Path) -> None:
    ended = semseg_here(tmp_path, "train", tmp_path, "--epochs", "0", code=2)
    assert "Invalid value for '--epochs': epochs must be a whole number of at least 1, got '0'" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_data_without_its_channels_is_refused_before_a_job_begins(tmp_path: Path) -> None:
    ended = semseg_here(tmp_path / "home", "train", "--train", tmp_path, code=1)
    assert ended.err.endswith("there is none for train_annotation, validation, validation_annotation\n")
    assert not (tmp_path / "home").exists()


def test_the_classes_that_a_label_map_names_need_not_be_counted(data: Path, tmp_path: Path) -> None:
    label_map = tmp_path / "label_map"
    label_map.mkdir()
    (label_map / "train_label_map.json").write_text(json.dumps({"names": {"0": "ground", "1": "red", "2": "blue"}}))
    options = ("--label-map", label_map, "--instance-count", "99")  # which this machine has no cores for
    ended = semseg_here(tmp_path / "home", "train", data, *options, code=1)
    assert ended.err.splitlines()[0] == "--num-classes 3, as the label map names 3 classes"
    assert "instance_count" in ended.err


def test_classes_that_nobody_names_have_to_be_counted(data: Path, tmp_path: Path) -> None:
    ended = semseg_here(tmp_path / "home", "train", data, code=2)
    assert "--num-classes is missing, and no label map names the classes: semseg check suggests it" in ended.err
    assert not (tmp_path / "home").exists()


def test_old_jobs_are_listed_by_size_and_removed(tmp_path: Path) -> None:
    for age, (name, status) in enumerate((("worse", "Failed"), ("bad", "Failed"), ("good", "Completed"))):
        training_job(tmp_path, name, LONG_AGO - age, status).log.write_bytes(bytes(1_000_000))
    assert semseg(tmp_path, "df").lines[1].split()[:2] == ["jobs", "3"]
    assert set(semseg_here(tmp_path, "df", "--json").json["jobs"]) == {"good", "bad", "worse"}
    dry = semseg(tmp_path, "clean", "--failed", "--dry-run")
    assert [line.split()[1] for line in dry.lines[1:]] == ["worse", "bad"]
    assert dry.err == "would remove 2 things, 2 MB\n"
    assert [one["name"] for one in semseg_here(tmp_path, "clean", "--keep", "2", "--json").json] == ["good"]
    assert len(list((tmp_path / "jobs").iterdir())) == 2
    assert (
        "must be a number with h, d or w, such as 30d" in semseg_here(tmp_path, "clean", "--older", "soon", code=2).err
    )
