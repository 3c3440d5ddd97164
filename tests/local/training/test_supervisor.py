"""What becomes of a job that runs a small training process; its supervisor is a process only where that matters."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from semseg.errors import ChannelError, UserError
from semseg.local.jobs.home import Home
from semseg.local.jobs.job_folder import DEAD_REASON
from semseg.local.process.process import wait_until_unlocked
from semseg.local.training.folder import TrainingFolder
from semseg.local.training.jobs import Jobs
from semseg.local.training.supervisor import Supervisor
from tests.local.fakes import TRAIN, LogWriter, request_at, run_training_job, wait_for_line


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(Home(tmp_path / "home"), TRAIN)


def asked(folder: Path, behaviour: str, **changes: object) -> dict[str, Any]:
    return {**request_at(folder), **changes, "Environment": {"FAKE_TRAIN": behaviour, "COLOUR": "green"}}


def start(jobs: Jobs, folder: Path, behaviour: str, **changes: object) -> TrainingFolder:
    jobs.start(asked(folder, behaviour, **changes))
    return jobs.folder("job")


def run(jobs: Jobs, folder: Path, behaviour: str, **changes: object) -> TrainingFolder:
    return run_training_job(jobs, asked(folder, behaviour, **changes))


def test_a_job_is_laid_out_as_a_container_would_see_it(jobs: Jobs, tmp_path: Path) -> None:
    request = request_at(tmp_path)
    request["InputDataConfig"][0]["ContentType"] = "image/jpeg"
    job = run(jobs, tmp_path, "complete", InputDataConfig=request["InputDataConfig"])
    assert json.loads(job.hyperparameters.read_text()) == {"num_classes": "2"}
    assert json.loads(job.resource_config.read_text()) == {
        "current_host": "algo-1",
        "hosts": ["algo-1"],
        "network_interface_name": "lo",
        "current_instance_type": "local",
    }
    channels = json.loads(job.input_data_config.read_text())
    file_mode = {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}
    assert channels["train"] == {"ContentType": "image/jpeg", **file_mode}
    assert channels["validation"] == file_mode
    assert job.channel("train").samefile(tmp_path / "train")
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700
    assert job.root.stat().st_mode & 0o777 == 0o700


def test_a_completed_job_has_its_model_in_an_archive_alone(jobs: Jobs, tmp_path: Path) -> None:
    job = run(jobs, tmp_path, "complete")
    assert job.read_status().status == "Completed"
    assert job.read_status().model_data == (job.output / "model.tar.gz").as_uri()
    assert not job.model.exists()
    with tarfile.open(job.output / "model.tar.gz") as archive:
        assert len(archive.getnames()) == 3


def test_the_training_process_is_told_the_name_and_the_users_environment(jobs: Jobs, tmp_path: Path) -> None:
    assert run(jobs, tmp_path, "tell_environment").log.read_text() == "job green\nfacts\n"


def test_the_model_goes_to_the_output_path(jobs: Jobs, tmp_path: Path) -> None:
    run(jobs, tmp_path, "complete", OutputDataConfig={"S3OutputPath": (tmp_path / "my models").as_uri()})
    assert (tmp_path / "my models" / "job" / "output" / "model.tar.gz").is_file()


def test_a_name_that_is_used_again_has_its_new_files_at_the_old_output_path(jobs: Jobs, tmp_path: Path) -> None:
    output = tmp_path / "results" / "job" / "output"
    for _ in range(2):
        job = run(jobs, tmp_path, "write_output_data", OutputDataConfig={"S3OutputPath": str(tmp_path / "results")})
        assert (job.read_status().status, job.read_status().failure_reason) == ("Completed", None)
        assert [path.name for path in (output / "data").iterdir()] == ["evaluation.json"]
        (output / "data" / "of the first job.txt").touch()
        jobs.delete("job")
    assert (output / "model.tar.gz").is_file()


def test_a_job_whose_other_results_cannot_be_brought_names_the_model_that_it_made(jobs: Jobs, tmp_path: Path) -> None:
    output = tmp_path / "results" / "job" / "output"
    status = run(
        jobs, tmp_path, "leave_a_link_to_nothing", OutputDataConfig={"S3OutputPath": str(tmp_path / "results")}
    ).read_status()
    assert (status.status, status.model_data) == ("Failed", (output / "model.tar.gz").as_uri())


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("fail", "train/street.jpg has no mask"),
        (
            "crash",
            "The training process ended with exit code 3; the last line of its log: something goes wrong; it can begin "
            'anew: Estimator.attach("job").resume()',
        ),
        (
            "be_killed",
            "The training process ended with signal 9 (Killed); the last line of its log: growing; where memory ran "
            "out, a lower mini_batch_size or a higher accumulate needs less; it can begin anew: "
            'Estimator.attach("job").resume()',
        ),
    ],
)
def test_a_failed_job_says_why(jobs: Jobs, tmp_path: Path, behaviour: str, reason: str) -> None:
    job = run(jobs, tmp_path, behaviour)
    assert job.read_status().failure_reason == reason
    assert jobs.describe("job")["FailureReason"] == reason
    assert jobs.describe("job")["SecondaryStatus"] == "Failed"


def test_a_job_that_fails_before_it_has_a_model_leaves_its_results_where_those_of_others_are(
    jobs: Jobs, tmp_path: Path
) -> None:
    told = {"FAKE_TRAIN": "tell_of_epochs", "THEN": "fail"}
    there = {"S3OutputPath": str(tmp_path / "results")}
    job = run_training_job(jobs, {**request_at(tmp_path), "OutputDataConfig": there, "Environment": told})
    assert (job.read_status().status, job.read_status().model_data) == ("Failed", None)
    output = tmp_path / "results" / "job" / "output"
    assert sorted(path.name for path in output.iterdir()) == ["data", "output.tar.gz"]
    assert [path.name for path in (output / "data").iterdir()] == ["evaluation.json"]


def test_a_job_that_leaves_half_a_model_has_failed(jobs: Jobs, tmp_path: Path) -> None:
    status = run(jobs, tmp_path, "leave_half_a_model").read_status()
    assert status.status == "Failed"
    assert "model_best.params" in (status.failure_reason or "")


def test_a_command_that_cannot_be_started_fails_the_job(jobs: Jobs, tmp_path: Path) -> None:
    jobs.command = (str(tmp_path / "no such program"),)
    status = run(jobs, tmp_path, "complete").read_status()
    assert status.status == "Failed"
    assert "no such program" in (status.failure_reason or "")


def test_a_stopped_job_keeps_its_model(jobs: Jobs, tmp_path: Path) -> None:
    job = start(jobs, tmp_path, "run_until_stopped")
    wait_for_line(job.log, "ready")
    jobs.stop("job")
    assert wait_until_unlocked(job.lock, 30)
    assert (job.read_status().status, job.read_status().secondary_status) == ("Stopped", "Stopped")
    assert (job.output / "model.tar.gz").is_file()


def test_a_job_that_is_stopped_before_it_has_a_model_ends_without_one(jobs: Jobs, tmp_path: Path) -> None:
    job = start(jobs, tmp_path, "leave_no_model_when_stopped")
    wait_for_line(job.log, "ready")
    jobs.stop("job")
    assert wait_until_unlocked(job.lock, 30)
    assert job.read_status().status == "Stopped"
    assert "ModelArtifacts" not in jobs.describe("job")


def streamed(folder: Path) -> dict[str, Any]:
    """A request whose channels, of a picture and its mask, are all in Pipe mode."""
    request = asked(folder, "complete")
    request["AlgorithmSpecification"]["TrainingInputMode"] = "Pipe"
    for channel in request["InputDataConfig"]:
        channel["RecordWrapperType"] = "RecordIO"
        (folder / channel["ChannelName"] / "a.png").touch()
    return request


def test_a_streamed_job_that_is_stopped_before_it_trains_ends_as_stopped(jobs: Jobs, tmp_path: Path) -> None:
    job, lock = jobs.prepare(streamed(tmp_path))
    job.stop_request.touch()
    with lock:
        Supervisor(job, jobs.command, account=jobs.account, teller=LogWriter(job.log)).run()
    status = job.read_status()
    assert (status.status, status.secondary_status, status.failure_reason) == ("Stopped", "Stopped", None)
    assert not job.log.exists()


def test_a_stream_that_cannot_be_laid_out_fails_the_job_with_its_own_reason(jobs: Jobs, tmp_path: Path) -> None:
    job, lock = jobs.prepare(streamed(tmp_path))
    job.channel("train").parent.parent.mkdir(exist_ok=True)
    job.channel("train").parent.touch()  # where the folder of the channels must be
    with lock:
        Supervisor(job, jobs.command, account=jobs.account, teller=LogWriter(job.log)).run()
    assert (job.read_status().failure_reason or "").startswith("[Errno 17] File exists: ")


def test_a_job_that_runs_too_long_is_stopped_and_keeps_its_model(jobs: Jobs, tmp_path: Path) -> None:
    job = run(jobs, tmp_path, "run_until_stopped", StoppingCondition={"MaxRuntimeInSeconds": 3})
    assert (job.read_status().status, job.read_status().secondary_status) == ("Stopped", "MaxRuntimeExceeded")
    assert job.read_status().model_data


def test_sigterm_to_the_supervisor_stops_its_job(jobs: Jobs, tmp_path: Path) -> None:
    job = start(jobs, tmp_path, "run_until_stopped")
    wait_for_line(job.log, "ready")
    supervisor, _ = processes_of(job)
    os.kill(supervisor, signal.SIGTERM)
    assert wait_until_unlocked(job.lock, 30)
    assert job.read_status().status == "Stopped"


def test_a_job_whose_supervisor_was_killed_has_failed(jobs: Jobs, tmp_path: Path) -> None:
    job = start(jobs, tmp_path, "run_until_stopped")
    wait_for_line(job.log, "ready")
    supervisor, _ = processes_of(job)
    os.kill(supervisor, signal.SIGKILL)
    assert wait_until_unlocked(job.lock, 30)
    assert jobs.describe("job")["TrainingJobStatus"] == "Failed"
    way_on = '; it can begin anew: Estimator.attach("job").resume()'
    assert jobs.describe("job")["FailureReason"] == DEAD_REASON.rstrip(".") + way_on


def processes_of(job: TrainingFolder) -> list[int]:
    """The process ids of the supervisor and the training process, which the latter prints."""
    return [int(word) for word in job.log.read_text().split() if word.isdigit()]


DEAF = """
import sys
from semseg.local.training.folder import TrainingFolder
from semseg.local.training.supervisor import Supervisor
Supervisor(TrainingFolder(sys.argv[1]), sys.argv[2:], grace_seconds=0.2).run()
"""


def test_a_training_process_that_ignores_the_stop_is_killed_after_the_grace(jobs: Jobs, tmp_path: Path) -> None:
    job = run(jobs, tmp_path, "complete")  # only for its folder
    request = json.loads(job.request.read_text())
    job.request.write_text(json.dumps({**request, "Environment": {"FAKE_TRAIN": "ignore_stops"}}))
    job.model.mkdir()
    supervisor = subprocess.Popen([sys.executable, "-c", DEAF, str(job.root), *TRAIN])
    wait_for_line(job.log, "ready to be stopped")
    jobs.stop("job")
    assert supervisor.wait(30) == 0
    assert job.read_status().status == "Stopped"


@pytest.mark.parametrize("name", ["", "-a", "a-", "a_b", "a/b", "ä", "a\n", "a" * 64])
def test_a_bad_job_name_is_refused(jobs: Jobs, tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match=r"^the name of a training job must be 1 to 63 letters, digits and hyphens"):
        jobs.start(request_at(tmp_path, name))


def test_a_taken_name_is_refused_and_leaves_the_job_alone(jobs: Jobs, tmp_path: Path) -> None:
    job = run(jobs, tmp_path, "complete")
    with pytest.raises(UserError, match=r"^a training job .* 'job': Estimator.attach\(\"job\"\).resume\(\) goes on "):
        jobs.start(request_at(tmp_path))
    assert job.read_status().status == "Completed"
    assert [folder.name for folder in jobs.home.jobs.iterdir()] == ["job"]


class ReadWhileAnotherTakesTheName(dict[str, object]):
    """A part of a request; while it is read, another job takes the place of this one."""

    def __init__(self, content: dict[str, object], place: Path) -> None:
        super().__init__(content)
        self.place = place

    def __getitem__(self, name: str) -> object:
        (self.place / "another").mkdir(parents=True, exist_ok=True)
        return super().__getitem__(name)


@pytest.mark.skipif(sys.platform != "linux", reason="counts the open files of Linux")
def test_a_name_that_is_taken_at_the_last_moment_leaves_no_lock_open(jobs: Jobs, tmp_path: Path) -> None:
    part = ReadWhileAnotherTakesTheName(request_at(tmp_path)["ResourceConfig"], jobs.home.jobs / "job")
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(UserError, match="'job'") as refusal:
        start(jobs, tmp_path, "complete", ResourceConfig=part)
    assert len(os.listdir("/proc/self/fd")) == before
    assert refusal.tb is not None  # it keeps alive what was open where it was raised


def test_an_unknown_job_is_refused_with_the_latest_ones(jobs: Jobs) -> None:
    with pytest.raises(UserError, match=r"^there is no training job 'a' in '.*jobs'; the latest: none$"):
        jobs.describe("a")


def test_an_output_path_that_is_a_file_is_refused_before_anything_starts(jobs: Jobs, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"^output_path must be a folder that can be written to, got '.*file'"):
        start(jobs, tmp_path, "complete", OutputDataConfig={"S3OutputPath": str(tmp_path / "file")})
    assert list(jobs.home.jobs.iterdir()) == []


def test_a_channel_that_is_not_there_starts_nothing(jobs: Jobs, tmp_path: Path) -> None:
    request = request_at(tmp_path)
    (tmp_path / "train").rmdir()
    with pytest.raises(ChannelError, match=r"^channel 'train' must name a folder that exists, got '.*train'$"):
        jobs.start(request)
