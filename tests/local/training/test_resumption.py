"""Jobs that ended in every way, and go on from their newest checkpoint under their own name."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from semseg.contract.hyperparameters import default_strings
from semseg.errors import ChannelError, HyperparameterError, TrainingError, UserError
from semseg.local.jobs.job_folder import DEAD_REASON, LONGEST_FAILURE_REASON
from semseg.local.process.process import wait_until_unlocked
from semseg.local.training.folder import TrainingFolder, with_end
from semseg.local.training.jobs import Jobs
from semseg.local.training.metrics import read_metrics
from tests.local.fakes import TRAIN, model_in, request_at, wait_for_line

RESUME = 'Estimator.attach("job").resume()'
HEX = 32 * "0"
DEAD = DEAD_REASON.rstrip(".")


def asked(folder: Path, then: str = "", after: int = 0, **changes: object) -> dict[str, Any]:
    """A job that trains in no time, and does so much after this epoch; it is asked for the usual ten."""
    environment = {"FAKE_TRAIN": "train_each_epoch", "THEN": then, "AFTER": str(after)}
    return {**request_at(folder), "Environment": environment, **changes}


def end_of(jobs: Jobs) -> TrainingFolder:
    """Waits until the processes of the job have ended."""
    folder = jobs.folder("job")
    assert wait_until_unlocked(folder.lock, 30)
    assert wait_until_unlocked(folder.training_lock, 30)
    return folder


def run(jobs: Jobs, folder: Path, then: str = "", after: int = 0, **changes: object) -> TrainingFolder:
    jobs.start(asked(folder, then, after, **changes))
    return end_of(jobs)


def resumed(jobs: Jobs, epochs: int | None = None) -> TrainingFolder:
    jobs.resume("job", epochs)
    return end_of(jobs)


def change(job: TrainingFolder, request: dict[str, Any]) -> None:
    """Lets a job that has ended go on as another one was asked for."""
    before = json.loads(job.request.read_text())
    job.request.write_text(
        json.dumps({**before, **{name: request[name] for name in ("Environment", "StoppingCondition")}})
    )


def begun_at(job: TrainingFolder) -> list[int]:
    """After how many epochs each start of the training process took up the job."""
    return [int(line.split()[-1]) for line in job.log.read_text().splitlines() if line.startswith("epochs done:")]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_every_job_keeps_checkpoints_and_a_completed_one_the_newest_alone(jobs: Jobs, tmp_path: Path) -> None:
    job = run(jobs, tmp_path)
    assert (job.read_status().status, job.read_status().failure_reason) == ("Completed", None)
    assert names_in(job.checkpoints) == ["epoch-0010"]


@pytest.mark.parametrize(
    ("then", "reason"),
    [
        (
            "be killed",
            "The training process ended with signal 9 (Killed); the last line of its log: growing; where memory ran "
            "out, a lower mini_batch_size or a higher accumulate needs less",
        ),
        ("kill supervisor", DEAD),
        ("kill both", DEAD),
        ("crash", "The training process ended with exit code 3; the last line of its log: something goes wrong"),
        ("no room", "the algorithm failed with OSError: [Errno 28] No space left on device"),
        ("lose a picture", "train/street.jpg cannot be read: No such file or directory"),
    ],
)
def test_a_job_that_ended_after_its_third_epoch_says_so_keeps_its_model_and_goes_on(
    jobs: Jobs, detached: Jobs, tmp_path: Path, then: str, reason: str
) -> None:
    job = run(detached if then.startswith("kill") else jobs, tmp_path, then, 3)
    before = jobs.describe("job")
    assert before["TrainingJobStatus"] == before["SecondaryStatus"] == "Failed"
    assert before["FailureReason"] == f"{reason}; it can go on after 3 of 10 epochs: {RESUME}"
    assert before["ModelArtifacts"] == {"S3ModelArtifacts": (job.output / "model.tar.gz").as_uri()}
    assert model_in(job.output) == b"best 3"
    assert names_in(job.checkpoints) == ["epoch-0001", "epoch-0002", "epoch-0003"]
    resumed(jobs)
    after = jobs.describe("job")
    assert (after["TrainingJobStatus"], after["SecondaryStatus"]) == ("Completed", "Completed")
    assert "FailureReason" not in after
    assert after["CreationTime"] == before["CreationTime"]
    assert after["TrainingEndTime"] > before["TrainingEndTime"]
    assert model_in(job.output) == b"best 10"
    assert begun_at(job) == [0, 3]
    assert "Training job job goes on after 3 of 10 epochs." in job.log.read_text().splitlines()


def test_a_job_whose_loss_overflowed_keeps_its_model_and_is_not_told_to_go_on(jobs: Jobs, tmp_path: Path) -> None:
    status = run(jobs, tmp_path, "overflow", 2).read_status()
    assert (status.failure_reason or "").endswith("lower learning_rate")
    assert status.model_data is not None


def test_a_stopped_job_goes_on(jobs: Jobs, detached: Jobs, tmp_path: Path) -> None:
    detached.start(asked(tmp_path, "wait", 2))
    job = jobs.folder("job")
    wait_for_line(job.log, "ready to be stopped")
    jobs.stop("job")
    assert end_of(jobs).read_status().status == "Stopped"
    assert resumed(jobs).read_status().status == "Completed"
    assert begun_at(job) == [0, 2]


def test_a_job_that_reached_its_max_run_goes_on_and_has_all_of_that_time_again(jobs: Jobs, tmp_path: Path) -> None:
    job = run(jobs, tmp_path, "wait", 1, StoppingCondition={"MaxRuntimeInSeconds": 2})
    first = job.read_status()
    change(job, asked(tmp_path, StoppingCondition={"MaxRuntimeInSeconds": 60}))  # this machine may be busy
    assert (first.status, first.secondary_status) == ("Stopped", "MaxRuntimeExceeded")
    last = resumed(jobs).read_status()
    assert last.status == "Completed"
    assert first.started is not None
    assert first.ended is not None
    assert last.started is not None
    assert last.started > first.ended
    assert last.earlier_seconds == pytest.approx(first.ended - first.started)
    assert jobs.describe("job")["TrainingTimeInSeconds"] >= 2


def test_a_completed_job_goes_on_where_it_is_asked_for_more_epochs(jobs: Jobs, tmp_path: Path) -> None:
    job = run(jobs, tmp_path)
    for epochs in (None, 10):
        with pytest.raises(UserError, match=r"^training job 'job' is Completed, with all .* more than 10 epochs, as "):
            jobs.resume("job", epochs)
    resumed(jobs, 12)
    assert begun_at(job) == [0, 10]
    assert jobs.describe("job")["TrainingJobStatus"] == "Completed"
    assert jobs.describe("job")["HyperParameters"] == {"num_classes": "2", "epochs": "12"}
    assert json.loads(job.hyperparameters.read_text())["epochs"] == "12"
    assert names_in(job.checkpoints) == ["epoch-0012"]


def test_fewer_epochs_than_before_are_refused_and_change_nothing(jobs: Jobs, tmp_path: Path) -> None:
    job = run(jobs, tmp_path, "be killed", 3)
    before = job.read_status()
    with pytest.raises(UserError, match=r"^epochs must be at least 10, as many as training job 'job' was .*, got 9$"):
        jobs.resume("job", 9)
    with pytest.raises(HyperparameterError, match=r"^epochs must be a whole number of at least 1, got '?0\.5"):
        jobs.resume("job", 0.5)  # type: ignore[arg-type]
    assert job.read_status() == before
    assert resumed(jobs, 10).read_status().status == "Completed"


def test_a_job_with_a_time_budget_has_no_number_of_epochs(jobs: Jobs, tmp_path: Path) -> None:
    hyperparameters = {"num_classes": "2", "time_budget": '"5m"'}  # as the SDK's Framework estimators send it
    job = run(jobs, tmp_path, "fail", after=3, HyperParameters=hyperparameters)
    assert job.reached() == "3 epochs"
    with pytest.raises(
        UserError, match=r"^epochs must be left out for training job 'job', which trains until its time"
    ):
        jobs.resume("job", 20)
    change(job, asked(tmp_path))
    assert resumed(jobs).read_status().status == "Completed"
    with pytest.raises(UserError, match="is Completed, and its time_budget is spent: fit a new job whose model_uri is"):
        jobs.resume("job")


def test_a_completed_job_without_a_checkpoint_is_refused(jobs: Jobs, tmp_path: Path) -> None:
    job = run(jobs, tmp_path)
    (job.checkpoints / "epoch-0010" / "state.json").unlink()
    with pytest.raises(UserError, match=r"^training job 'job' is Completed and has no checkpoint to go on from"):
        jobs.resume("job", 12)


def test_a_job_that_failed_before_its_first_checkpoint_begins_anew_and_says_so(
    jobs: Jobs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs.start({**request_at(tmp_path), "Environment": {"FAKE_TRAIN": "fail"}})
    job = jobs.folder("job")
    assert job.read_status().failure_reason == "train/street.jpg has no mask"
    jobs.command = (*TRAIN[:-1], str(tmp_path / "mended.py"))
    (tmp_path / "mended.py").write_text(
        "import os; os.environ['FAKE_TRAIN'] = 'complete'\n"
        f"exec(compile(open({TRAIN[-1]!r}).read(), 'fake_train', 'exec'))"
    )
    assert resumed(jobs).read_status().status == "Completed"
    assert not job.failure.exists()
    sentence = "Training job job has no checkpoint to go on from: it begins anew."
    assert sentence in capsys.readouterr().out.splitlines()
    assert sentence in job.log.read_text().splitlines()


def test_a_job_that_runs_is_not_resumed(detached: Jobs, tmp_path: Path) -> None:
    jobs = detached
    jobs.start(asked(tmp_path, "wait", 1))
    with pytest.raises(UserError, match=r"^training job 'job' must have ended before it is resumed, and it is still"):
        jobs.resume("job")
    wait_for_line(jobs.folder("job").log, "ready to be stopped")
    jobs.stop("job")
    end_of(jobs)


def test_of_several_who_resume_a_job_at_once_one_wins(detached: Jobs, tmp_path: Path) -> None:
    jobs = detached
    job = run(jobs, tmp_path, "be killed", 3)
    refusals: list[UserError] = []

    def resume() -> None:
        try:
            Jobs(jobs.home, TRAIN).resume("job")
        except UserError as error:
            refusals.append(error)

    threads = [threading.Thread(target=resume) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    end_of(jobs)
    assert len(refusals) == 4
    assert begun_at(job) == [0, 3]
    assert job.read_status().status == "Completed"


def test_a_job_whose_data_is_gone_is_refused_and_stays_as_it_was(jobs: Jobs, tmp_path: Path) -> None:
    job = run(jobs, tmp_path, "be killed", 3)
    before = job.read_status()
    (tmp_path / "train").rename(tmp_path / "elsewhere")
    with pytest.raises(ChannelError, match=r"^channel 'train' must name a folder that exists"):
        jobs.resume("job")
    assert job.read_status() == before
    (tmp_path / "elsewhere").rename(tmp_path / "train")
    assert resumed(jobs).read_status().status == "Completed"


def test_an_epoch_that_is_trained_anew_has_its_last_values_alone(jobs: Jobs, tmp_path: Path) -> None:
    job = run(jobs, tmp_path, "be killed", 3)
    for path in (job.checkpoints / "epoch-0003").iterdir():
        path.unlink()
    (job.checkpoints / "epoch-0003").rmdir()  # its loss is in the log already
    resumed(jobs)  # and is killed in the same place again
    assert begun_at(job) == [0, 2]
    assert [metric.value for metric in read_metrics(job.log)] == [1, 0.01, 2, 0.02, 3, 0.03]


def test_whoever_waits_for_a_resumed_job_sees_all_its_epochs_and_where_it_went_on(
    jobs: Jobs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(jobs, tmp_path, "be killed", 3)
    resumed(jobs)
    capsys.readouterr()
    jobs.wait_with_table("job")
    shown = capsys.readouterr().out.splitlines()
    rows = [
        (place, int(words[0])) for place, line in enumerate(shown) if (words := line.split()) and words[0].isdigit()
    ]
    assert [epoch for _, epoch in rows] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    went_on = shown.index("Training job job goes on after 3 of 10 epochs.")
    assert rows[1][0] < went_on < rows[3][0]  # an epoch that was cut short is shown once the next one begins


def test_a_line_that_was_cut_off_does_not_swallow_the_next(jobs: Jobs, tmp_path: Path) -> None:
    job = run(jobs, tmp_path, "be killed", 3)
    with job.log.open("a") as log:
        log.write("half a li")
    resumed(jobs)
    assert "half a li" in job.log.read_text().splitlines()


def test_nothing_half_is_left_of_a_job_whose_processes_were_killed(detached: Jobs, tmp_path: Path) -> None:
    jobs = detached
    results = tmp_path / "results" / "job" / "output"
    job = run(jobs, tmp_path, "kill both", 3, OutputDataConfig={"S3OutputPath": str(tmp_path / "results")})
    half = [
        job.staging / "epoch-0003" / "parameters.params",
        job.root / ".process-1" / "model" / "model_best.params",
        job.root / f".status.json.{HEX}.part",
        job.model / f".model_best.params.{HEX}.part",
        job.output / f".model.tar.gz.{HEX}.part",
        job.checkpoints / f".epoch-0004.{HEX}.part" / "parameters.params",
        results / f".model.tar.gz.{HEX}.part",
    ]
    for path in half:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("half")
    jobs.describe("job")
    assert [path for path in half if path.exists()] == []
    assert names_in(results) == ["model.tar.gz"]
    for path in half:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("half")
    jobs.delete("job")
    assert names_in(results) == ["model.tar.gz"]
    assert not job.root.exists()


def test_a_model_that_cannot_be_packed_is_named_where_it_lies(detached: Jobs, tmp_path: Path) -> None:
    jobs = detached
    job = run(jobs, tmp_path, "kill both", 3, OutputDataConfig={"S3OutputPath": str(tmp_path / "results")})
    (tmp_path / "results" / "job").touch()  # where its folder must be
    reason = jobs.describe("job")["FailureReason"]
    assert f"and are in {job.model / 'model_best.params'}; it can go on after 3 of 10 epochs: {RESUME}" in reason
    assert (job.model / "model_best.params").read_bytes().endswith(b"best 3")


def test_a_long_reason_is_cut_and_its_end_is_kept() -> None:
    reason = with_end("x" * 5000 + ".", "; the end")
    assert (len(reason), reason[-12:]) == (LONGEST_FAILURE_REASON, "xxx; the end")
    assert with_end("It was killed.", "; the end") == "It was killed; the end"
    assert with_end("It was killed.", "") == "It was killed."


def test_the_newest_checkpoint_may_be_one_within_an_epoch(tmp_path: Path) -> None:
    job = TrainingFolder(tmp_path / "street-1")
    for name in ("epoch-0002", "epoch-0002-step-000120", "epoch-0001-step-000500"):
        (job.checkpoints / name).mkdir(parents=True)
        (job.checkpoints / name / "state.json").touch()
    (job.checkpoints / "epoch-0003").mkdir()  # it was cut short
    job.request.write_text("{}")
    assert default_strings()["epochs"] == "10"
    assert job.way_on() == ('it can go on after 2 of 10 epochs and 120 steps: Estimator.attach("street-1").resume()')


def test_a_job_that_failed_raises_with_the_way_on_for_whoever_waits(detached: Jobs, tmp_path: Path) -> None:
    jobs = detached
    jobs.start(asked(tmp_path, "kill supervisor", 3))
    with pytest.raises(TrainingError, match=r"machine was restarted; it can go on after 3 of 10 epochs: Estimator\."):
        jobs.wait("job")
    assert model_in(jobs.folder("job").output) == b"best 3"


def test_the_model_of_a_completed_job_stays_reachable_while_it_goes_on(
    jobs: Jobs, detached: Jobs, tmp_path: Path
) -> None:
    job = run(jobs, tmp_path)
    model_data = job.read_status().model_data
    change(job, asked(tmp_path, "wait", 11))
    detached.resume("job", 12)
    wait_for_line(job.log, "ready to be stopped")
    assert job.read_status().model_data == model_data
    jobs.stop("job")
    assert end_of(jobs).read_status().status == "Stopped"
