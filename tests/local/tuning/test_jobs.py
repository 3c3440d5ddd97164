"""Tuning jobs, in real processes, over the small trainer of fake_trials.py."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from semseg.aws.account import Account
from semseg.errors import ChannelError, PlatformError, UserError
from semseg.local.jobs.home import Home
from semseg.local.jobs.job_folder import JobFolder
from semseg.local.process.process import wait_until_unlocked
from semseg.local.training.jobs import Jobs
from semseg.local.tuning.jobs import TuningJobs
from semseg.local.tuning.supervisor import TuningSupervisor
from tests.local.fakes import LogWriter, request_at, wait_for_line

TRAIN = (sys.executable, "-m", "tests.local.fake_trials")
LEARNING_RATES = {"CategoricalParameterRanges": [{"Name": "learning_rate", "Values": ["0.1", "0.01", "0.0001"]}]}


@pytest.fixture
def jobs(tmp_path: Path) -> TuningJobs:
    return TuningJobs(Home(tmp_path / "home"), Account(), TRAIN)


def request(folder: Path, ranges: dict[str, Any], strategy: str = "Grid", **config: Any) -> dict[str, Any]:
    """A CreateHyperParameterTuningJob request as a tuner makes it."""
    definition = request_at(folder)
    del definition["TrainingJobName"]
    definition["StaticHyperParameters"] = definition.pop("HyperParameters")
    return {
        "HyperParameterTuningJobName": "tune",
        "HyperParameterTuningJobConfig": {
            "Strategy": strategy,
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "validation:mIOU"},
            "ResourceLimits": {"MaxParallelTrainingJobs": 1},
            "ParameterRanges": ranges,
            **config,
        },
        "TrainingJobDefinition": definition,
    }


def limits(trials: int) -> dict[str, int]:
    return {"MaxNumberOfTrainingJobs": trials, "MaxParallelTrainingJobs": 1}


def optimizers(*names: str) -> dict[str, Any]:
    """A grid over these optimizers, at the learning rate that scores 1."""
    values = {"learning_rate": ["0.01"], "optimizer": list(names)}
    return {"CategoricalParameterRanges": [{"Name": name, "Values": given} for name, given in values.items()]}


def run(jobs: TuningJobs, request: dict[str, Any]) -> dict[str, Any]:
    """Runs a job whose supervisor is no process of its own, and describes it; those of its trials are.

    Raises:
        PlatformError: it failed.
    """
    folder, lock = jobs.prepare(request)
    with lock:
        TuningSupervisor(folder, Jobs(jobs.home, TRAIN, jobs.account), LogWriter(folder.log)).run()
    jobs.wait("tune")
    return jobs.describe("tune")


def scores(jobs: TuningJobs) -> list[float | None]:
    metrics = [trial.get("FinalHyperParameterTuningJobObjectiveMetric") for trial in jobs.trials("tune")]
    return [metric and metric["Value"] for metric in metrics]


def test_a_grid_tries_every_combination_and_finds_the_best(
    jobs: TuningJobs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = run(jobs, request(tmp_path, LEARNING_RATES))
    assert scores(jobs) == [0.75, 1.0, 0.5]
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["BestTrainingJob"]["TunedHyperParameters"] == {"learning_rate": "0.01"}
    assert job["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"] == {
        "Type": "Maximize",
        "MetricName": "validation:mIOU",
        "Value": 1.0,
    }
    assert job["TrainingJobStatusCounters"]["Completed"] == job["ObjectiveStatusCounters"]["Succeeded"] == 3
    assert isinstance(job["CreationTime"], datetime)
    names = [trial["TrainingJobName"] for trial in jobs.trials("tune")]
    assert [name[:9] for name in names] == ["tune-001-", "tune-002-", "tune-003-"]
    training = Jobs(jobs.home).describe(names[1])
    assert training["HyperParameters"] == {"num_classes": "2", "learning_rate": "0.01"}
    assert Path(training["ModelArtifacts"]["S3ModelArtifacts"][len("file://") :]).is_file()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "#tuning_notice. trials: 3"
    assert lines[3] == f"#tuning_notice. started: {names[1]}: learning_rate=0.01"
    assert lines[4] == f"#tuning_notice. ended: {names[1]}: Completed, validation:mIOU=1"


def test_less_can_be_better(jobs: TuningJobs, tmp_path: Path) -> None:
    objective = {"Type": "Minimize", "MetricName": "validation:mIOU"}
    job = run(jobs, request(tmp_path, optimizers("adam", "sgd"), HyperParameterTuningJobObjective=objective))
    assert job["BestTrainingJob"]["TunedHyperParameters"]["optimizer"] == "adam"


def test_a_trial_that_fails_is_counted_and_the_others_go_on(jobs: TuningJobs, tmp_path: Path) -> None:
    job = run(jobs, request(tmp_path, optimizers("rmsprop", "adagrad", "adam")))
    assert scores(jobs) == [None, None, 0.5]
    first, second, third = jobs.trials("tune")
    assert (first["TrainingJobStatus"], first["FailureReason"]) == ("Failed", "the loss is not a number")
    assert (second["TrainingJobStatus"], second["ObjectiveStatus"]) == ("Completed", "Failed")
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["BestTrainingJob"]["TrainingJobName"] == third["TrainingJobName"]
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 1, "Pending": 0, "Failed": 2}
    assert job["TrainingJobStatusCounters"]["NonRetryableError"] == 1


def test_a_job_without_one_good_trial_fails(jobs: TuningJobs, tmp_path: Path) -> None:
    with pytest.raises(
        PlatformError, match=r"Failed\. Reason: the only trial failed, tune-001-\w+: the loss is not a number$"
    ):
        run(jobs, request(tmp_path, optimizers("rmsprop")))
    assert "BestTrainingJob" not in jobs.describe("tune")


def test_a_job_that_is_stopped_stops_its_trial_and_starts_no_other(jobs: TuningJobs, tmp_path: Path) -> None:
    jobs.start(request(tmp_path, optimizers("adam", "nag", "sgd")))
    wait_for_line(jobs.folder("tune").log, "started: tune-002")
    assert jobs.describe("tune")["HyperParameterTuningJobStatus"] == "InProgress"
    assert jobs.describe("tune")["ObjectiveStatusCounters"]["Pending"] == 1
    wait_for_line(jobs.home.jobs / jobs.trials("tune")[1]["TrainingJobName"] / "log.txt", "epoch: 1")
    jobs.stop("tune")
    jobs.wait("tune")
    job = jobs.describe("tune")
    assert job["HyperParameterTuningJobStatus"] == "Stopped"
    assert [trial["TrainingJobStatus"] for trial in jobs.trials("tune")] == ["Completed", "Stopped"]
    assert job["BestTrainingJob"]["TunedHyperParameters"]["optimizer"] == "adam"


@pytest.mark.skipif(sys.platform != "linux", reason="Linux counts what a process has read")
def test_the_log_of_a_trial_is_read_once_however_long_it_runs(jobs: TuningJobs, tmp_path: Path) -> None:
    jobs.start(request(tmp_path, optimizers("nag")))
    wait_for_line(jobs.folder("tune").log, "started: tune-001")
    (trial,) = jobs.trials("tune")
    log = jobs.home.jobs / trial["TrainingJobName"] / "log.txt"
    wait_for_line(log, "epoch: 1")
    (supervisor,) = [path for path in Path("/proc").glob("[0-9]*") if is_supervisor(path, jobs.folder("tune").root)]
    before = bytes_read(supervisor)
    with log.open("a") as lines:
        lines.write(f"{'a line of a long log':63}\n" * 32_768)  # 2 MiB
    time.sleep(2)  # ten looks at the log
    assert 2 * 2**20 <= bytes_read(supervisor) - before < 3 * 2**20
    jobs.stop("tune")
    jobs.wait("tune")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a trial outlives the process that started it")
def test_a_job_that_is_killed_takes_its_trial_with_it_and_says_so(jobs: TuningJobs, tmp_path: Path) -> None:
    jobs.start(request(tmp_path, optimizers("nag")))
    wait_for_line(jobs.folder("tune").log, "started: tune-001")
    trial = JobFolder(jobs.home.jobs / jobs.trials("tune")[0]["TrainingJobName"])
    wait_for_line(trial.log, "epoch: 1")
    (supervisor,) = [path for path in Path("/proc").glob("[0-9]*") if is_supervisor(path, jobs.folder("tune").root)]
    os.kill(int(supervisor.name), signal.SIGKILL)
    assert wait_until_unlocked(jobs.folder("tune").lock, 30)
    assert wait_until_unlocked(trial.lock, 30)
    job = jobs.describe("tune")
    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert job["TrainingJobStatusCounters"]["NonRetryableError"] == 1
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 0, "Pending": 0, "Failed": 1}
    (told,) = jobs.trials("tune")
    assert (told["TrainingJobStatus"], told["ObjectiveStatus"]) == ("Failed", "Failed")
    assert "it was killed" in told["FailureReason"]
    assert "started: tune-001" in jobs.folder("tune").log.read_text()
    jobs.delete("tune")
    assert not jobs.has("tune")


def is_supervisor(process: Path, folder: Path) -> bool:
    try:
        words = (process / "cmdline").read_bytes().decode().split("\0")
    except OSError:
        return False
    return "semseg.local.tuning.supervisor" in words and str(folder) in words


def bytes_read(process: Path) -> int:
    return int((process / "io").read_text().split("rchar: ")[1].split()[0])


def test_a_job_ends_once_its_target_is_reached(jobs: TuningJobs, tmp_path: Path) -> None:
    run(jobs, request(tmp_path, LEARNING_RATES, TuningJobCompletionCriteria={"TargetObjectiveMetricValue": 0.9}))
    assert scores(jobs) == [0.75, 1.0]


def test_early_stopping_ends_a_trial_that_is_worse_than_the_median(jobs: TuningJobs, tmp_path: Path) -> None:
    grid = optimizers("sgd", "sgd", "adam", "nag", "sgd")
    run(jobs, request(tmp_path, grid, TrainingJobEarlyStoppingType="Auto"))
    assert scores(jobs) == [1.0, 1.0, 0.5, 0.1, 1.0]
    assert [trial["TrainingJobStatus"] for trial in jobs.trials("tune")][3:] == ["Stopped", "Completed"]


def test_a_seed_repeats_a_job(tmp_path: Path) -> None:
    ranges = {"ContinuousParameterRanges": [{"Name": "learning_rate", "MinValue": "1e-05", "MaxValue": "0.9"}]}
    asked = request(tmp_path, ranges, "Bayesian", ResourceLimits=limits(2), RandomSeed=3)
    found = []
    for place in ("one", "two"):
        jobs = TuningJobs(Home(tmp_path / place), Account(), TRAIN)
        run(jobs, asked)
        found.append([trial["TunedHyperParameters"]["learning_rate"] for trial in jobs.trials("tune")])
    assert len(set(found[0])) == 2
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"Strategy": "Hyperband"}, "strategy must be one of Bayesian, Random, Grid on this machine, got 'Hyperband'"),
        (
            {"HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "validation:loss"}},
            "objective_metric_name must be one of train:loss, .*, got 'validation:loss'",
        ),
        (
            {"ResourceLimits": {"MaxParallelTrainingJobs": 2}},
            "max_parallel_jobs must be 1 on this machine, where trials run one after another, got 2",
        ),
        (
            {"ResourceLimits": {"MaxNumberOfTrainingJobs": 5, "MaxParallelTrainingJobs": 1}},
            "max_jobs with strategy Grid must be left out or the number of combinations, 3, got 5",
        ),
        (
            {"TuningJobCompletionCriteria": {"ConvergenceDetected": {"CompleteOnConvergence": "Enabled"}}},
            "complete_on_convergence is not supported on this machine: leave it out",
        ),
        (
            {
                "ParameterRanges": {
                    "ContinuousParameterRanges": [
                        {"Name": "momentum", "MinValue": "0.9", "MaxValue": "1", "ScalingType": "ReverseLogarithmic"}
                    ]
                }
            },
            "scaling_type of momentum must be Auto, Linear or Logarithmic on this machine, got 'ReverseLogarithmic'",
        ),
        (
            {
                "ParameterRanges": {
                    "IntegerParameterRanges": [{"Name": "epochs", "MinValue": "1", "MaxValue": "3"}],
                }
            },
            "with strategy Grid epochs must be a CategoricalParameter, got a range of numbers",
        ),
    ],
)
def test_what_this_machine_cannot_do_is_refused_by_name(
    jobs: TuningJobs, tmp_path: Path, config: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(UserError, match=f"^{sentence}$"):
        jobs.start(request(tmp_path, LEARNING_RATES, **config))
    assert not jobs.home.tuning_jobs.exists()


def test_a_channel_without_files_is_found_before_the_first_trial(jobs: TuningJobs, tmp_path: Path) -> None:
    asked = request(tmp_path, LEARNING_RATES)
    (tmp_path / "train").rmdir()
    with pytest.raises(ChannelError, match=r"^channel 'train' "):
        jobs.start(asked)


def test_a_long_name_is_refused(jobs: TuningJobs, tmp_path: Path) -> None:
    asked = {**request(tmp_path, LEARNING_RATES), "HyperParameterTuningJobName": "a" * 33}
    with pytest.raises(UserError, match=r"^the name of a tuning job must be at most 32 characters, got 'a+' \(33\)$"):
        jobs.start(asked)


WITHOUT_OPTUNA = """
import sys
sys.modules["optuna"] = None
from semseg.local.tuning.search import Search
Search({}, "Random", True, 1)
"""


def test_without_optuna_the_way_out_is_said() -> None:
    ended = subprocess.run([sys.executable, "-c", WITHOUT_OPTUNA], check=False, capture_output=True, text=True)
    assert 'UserError: tuning on this machine needs Optuna, which is not installed: pip install "semseg[tuning]"' in (
        ended.stderr
    )
