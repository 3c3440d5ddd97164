"""Hyperparameter tuning jobs of this machine."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from semseg.api.local_refusals import check_instance, check_training_request
from semseg.api.names import check_name
from semseg.aws.account import Account
from semseg.contract.environment import HOME
from semseg.contract.metric_lines import metric_names
from semseg.errors import PlatformError, UserError
from semseg.local.files.input_channels import input_channels
from semseg.local.jobs.home import Home, staged
from semseg.local.jobs.job_folder import JobStatus
from semseg.local.process.log_follower import LogFollower
from semseg.local.process.process import left_on_failure, start_detached, take_lock
from semseg.local.training.jobs import TRAIN_COMMAND
from semseg.local.tuning.folder import TrialRecord, TuningFolder, best_of
from semseg.local.tuning.log import TuningBar
from semseg.local.tuning.search import STRATEGIES, check_scaling, grid_size, require_optuna
from semseg.machine.python_command import python_command
from semseg.plumbing.json_file import read_json, write_json

NOUN = "a tuning job"
LONGEST_NAME = 32  # characters; source: the SageMaker API reference, CreateHyperParameterTuningJob
NOTICE = re.compile("^#tuning_notice")


class TuningJobs:
    """The tuning jobs below one home.

    Args:
        home: where they are kept, and the training jobs that they start.
        account: reaches S3, where channels or results are there.
        command: what trains, as for a training job.
    """

    def __init__(self, home: Home, account: Account, command: Sequence[str] = TRAIN_COMMAND) -> None:
        self.home = home
        self.account = account
        self.command = command

    def start(self, request: Mapping[str, Any]) -> None:
        """Start a job and return at once.

        Args:
            request: shaped as the SageMaker API's CreateHyperParameterTuningJob.

        Raises:
            UserError: the job's name is not one or is taken, a setting has no meaning on this machine, or Optuna is
                not installed.
            ChannelError: nothing lies at a channel's location.
        """
        name = request["HyperParameterTuningJobName"]
        check_tuning_name(name)
        _check(request)
        require_optuna()
        definition = request["TrainingJobDefinition"]
        check_training_request(definition)
        mode = definition["AlgorithmSpecification"]["TrainingInputMode"]
        input_channels(definition["InputDataConfig"], self.account, mode)  # raises where a trial would find nothing
        self.home.create()
        target = TuningFolder(self.home.tuning_jobs / name)
        with left_on_failure() as opened, staged(target.root, NOUN) as staging:
            folder = TuningFolder(staging)
            write_json(folder.request, request)
            folder.write_trials([])
            folder.write_status(JobStatus("InProgress", "InProgress", created=time.time()))
            lock = opened.enter_context(take_lock(folder.lock))
        with lock:
            supervisor = python_command("semseg.local.tuning.supervisor", str(target.root), *self.command)
            environment = {
                **os.environ,
                **self.account.connection.child_environment(),
                HOME.name: str(self.home.root),
            }
            start_detached(supervisor, environment, target.log, lock)

    def folder(self, name: str) -> TuningFolder:
        """The folder of a job that exists.

        Raises:
            UserError: there is no such job.
        """
        check_name(NOUN, name)
        folder = TuningFolder(self.home.tuning_jobs / name)
        if not folder.request.is_file():
            raise UserError(f"there is no tuning job {name!r} in {str(self.home.tuning_jobs)!r}")
        return folder

    def stop(self, name: str) -> None:
        """Ask a job to stop its trial and start no other, and return at once."""
        self.folder(name).stop_request.touch()

    def wait(self, name: str) -> None:
        """Wait for a job's end, with a line for each trial and a progress bar on terminals and in notebooks.

        Ctrl-C asks the job to stop and waits for its end before it goes on.

        Raises:
            PlatformError: the job failed.
        """
        folder = self.folder(name)
        follower = LogFollower(folder.log, lambda: folder.read_status().is_final)
        try:
            _follow(follower, name)
        except KeyboardInterrupt:
            self.stop(name)
            print(f"Stopping {name} and its trial; the trials that have ended are kept.", flush=True)
            _follow(follower, name)
            raise
        status = folder.read_status()
        if status.status == "Failed":
            raise PlatformError(f"Error for HyperParameterTuning job {name}: Failed. Reason: {status.failure_reason}")

    def describe(self, name: str) -> dict[str, Any]:
        """The job, shaped as the SageMaker API's DescribeHyperParameterTuningJob."""
        folder = self.folder(name)
        request, status, trials = read_json(folder.request), folder.read_status(), folder.read_trials()
        objective = request["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
        description = {**request, **_status_fields(status), **_counters(trials)}
        best = best_of(trials, objective["Type"] == "Maximize")
        if best:
            description["BestTrainingJob"] = _summary(best, objective)
        return description

    def trials(self, name: str) -> list[dict[str, Any]]:
        """The trials so far, each shaped as the API's HyperParameterTrainingJobSummary."""
        folder = self.folder(name)
        objective = read_json(folder.request)["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
        return [_summary(trial, objective) for trial in folder.read_trials()]


def check_tuning_name(name: str) -> None:
    """Raise UserError where ``name`` cannot name a tuning job."""
    check_name(NOUN, name)
    if len(name) > LONGEST_NAME:
        raise UserError(f"the name of {NOUN} must be at most {LONGEST_NAME} characters, got {name!r} ({len(name)})")


def trials_of(config: Mapping[str, Any]) -> int:
    """How many trials a job's HyperParameterTuningJobConfig asks for."""
    most = config["ResourceLimits"].get("MaxNumberOfTrainingJobs")
    if config["Strategy"] == "Grid":
        return grid_size(config["ParameterRanges"])
    return int(most or 1)


def _check(request: Mapping[str, Any]) -> None:
    if request.get("WarmStartConfig"):
        raise UserError("warm_start_config is not supported on this machine: leave it out")
    config = request["HyperParameterTuningJobConfig"]
    _check_config(config)
    _check_limits(config)
    resources = request["TrainingJobDefinition"]["ResourceConfig"]
    check_instance(resources["InstanceType"], resources["InstanceCount"])


def _check_config(config: Mapping[str, Any]) -> None:
    strategy, metric = config["Strategy"], config["HyperParameterTuningJobObjective"]["MetricName"]
    if strategy not in STRATEGIES:
        raise UserError(f"strategy must be one of {', '.join(STRATEGIES)} on this machine, got {strategy!r}")
    if metric not in metric_names():
        raise UserError(f"objective_metric_name must be one of {', '.join(metric_names())}, got {metric!r}")
    criteria = config.get("TuningJobCompletionCriteria") or {}
    if criteria.get("ConvergenceDetected"):
        raise UserError("complete_on_convergence is not supported on this machine: leave it out")
    check_scaling(config["ParameterRanges"])


def _check_limits(config: Mapping[str, Any]) -> None:
    limits = config["ResourceLimits"]
    most, parallel = limits.get("MaxNumberOfTrainingJobs"), limits["MaxParallelTrainingJobs"]
    if most is not None and (type(most) is not int or most < 1):
        raise UserError(f"max_jobs must be a whole number of at least 1, got {most!r}")
    if parallel != 1:
        raise UserError(
            f"max_parallel_jobs must be 1 on this machine, where trials run one after another, got {parallel!r}"
        )
    if config["Strategy"] == "Grid" and most not in (None, trials_of(config)):
        raise UserError(
            f"max_jobs with strategy Grid must be left out or the number of combinations, {trials_of(config)}, "
            f"got {most!r}"
        )


def _follow(follower: LogFollower, name: str) -> None:
    with contextlib.closing(TuningBar(name)) as bar:
        for line in follower.lines():
            bar.feed(line)
            if NOTICE.match(line):
                bar.print(line)


def _status_fields(status: JobStatus) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "HyperParameterTuningJobStatus": status.status,
        "CreationTime": _moment(status.created),
    }
    if status.ended:
        fields["HyperParameterTuningEndTime"] = _moment(status.ended)
    if status.failure_reason:
        fields["FailureReason"] = status.failure_reason
    return fields


def _counters(trials: Sequence[TrialRecord]) -> dict[str, Any]:
    jobs = Counter(trial.status for trial in trials)
    objectives = Counter(_objective_status(trial) for trial in trials)
    return {
        "TrainingJobStatusCounters": {
            "Completed": jobs["Completed"],
            "InProgress": jobs["InProgress"],
            "RetryableError": 0,
            "NonRetryableError": jobs["Failed"],
            "Stopped": jobs["Stopped"],
        },
        "ObjectiveStatusCounters": {name: objectives[name] for name in ("Succeeded", "Pending", "Failed")},
    }


def _summary(trial: TrialRecord, objective: Mapping[str, str]) -> dict[str, Any]:
    summary: dict[str, Any] = {
        "TrainingJobName": trial.name,
        "TrainingJobStatus": trial.status,
        "CreationTime": _moment(trial.created),
        "TrainingStartTime": _moment(trial.created),
        "TunedHyperParameters": trial.parameters,
        "ObjectiveStatus": _objective_status(trial),
    }
    if trial.ended:
        summary["TrainingEndTime"] = _moment(trial.ended)
    if trial.failure_reason:
        summary["FailureReason"] = trial.failure_reason
    if trial.value is not None:
        summary["FinalHyperParameterTuningJobObjectiveMetric"] = {**objective, "Value": trial.value}
    return summary


def _objective_status(trial: TrialRecord) -> str:
    if not trial.has_ended:
        return "Pending"
    return "Failed" if trial.value is None else "Succeeded"


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=timezone.utc)
