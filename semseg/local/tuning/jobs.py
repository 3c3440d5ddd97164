"""Hyperparameter tuning jobs of this machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, BinaryIO

from semseg.api.local_refusals import check_training_request
from semseg.api.names import LONGEST_OF_TUNING, check_name
from semseg.api.refusals import refuse
from semseg.aws.account import Account
from semseg.contract.echoed import echoed
from semseg.contract.metric_lines import metric_names
from semseg.errors import UserError
from semseg.local.files.input_channels import input_channels
from semseg.local.jobs.home import Home
from semseg.local.jobs.job_folder import JobFolder, JobStatus
from semseg.local.jobs.job_store import JobKind, JobStore
from semseg.local.jobs.moment import moment
from semseg.local.training.device_check import Devices, check_device
from semseg.local.training.jobs import TRAIN_COMMAND, needs_s3
from semseg.local.tuning.folder import TrialRecord, TuningFolder, best_of
from semseg.local.tuning.log import NOTICE, reader
from semseg.local.tuning.search import STRATEGIES, check_scaling, grid_size, require_optuna

KIND = JobKind(
    noun="a tuning job",
    title="HyperParameterTuning job",
    api_name="HyperParameterTuningJob",
    times="HyperParameterTuning",
    folder=TuningFolder,
    place=lambda home: home.tuning_jobs,
    supervisor="semseg.local.tuning.supervisor",
    reader=reader,
    on_interrupt="Stopping {name} and its trial; the trials that have ended are kept.",
    notice=NOTICE,
)


class TuningJobs(JobStore[TuningFolder]):
    """The tuning jobs below one home.

    Args:
        home: where they are kept, and the training jobs that they start.
        account: reaches S3, where channels or results are there; shows lines and bars.
        command: what trains, as for a training job.
    """

    def __init__(self, home: Home, account: Account, command: Sequence[str] = TRAIN_COMMAND) -> None:
        super().__init__(KIND, home, command, account)

    def start(self, request: Mapping[str, Any]) -> None:
        """Starts a job and returns at once.

        Args:
            request: shaped as the SageMaker API's CreateHyperParameterTuningJob.

        Raises:
            UserError: the job's name is not one or is taken, a setting has no meaning on this machine, or Optuna is
                not installed.
            ChannelError: nothing lies at a channel's location.
        """
        environment = self.environment(needs_s3(request["TrainingJobDefinition"]))
        folder, lock = self.prepare(request)
        self.supervise(folder, lock, environment)

    def prepare(self, request: Mapping[str, Any]) -> tuple[TuningFolder, BinaryIO]:
        """Checks a request and makes the folder of its job, ready for a supervisor; see :meth:`start`.

        Returns:
            The folder and its lock, as of :meth:`JobStore.new`.
        """
        name = request["HyperParameterTuningJobName"]
        check_tuning_name(name)
        _check(request)
        require_optuna()
        definition = request["TrainingJobDefinition"]
        check_training_request(definition)
        static = definition.get("StaticHyperParameters", {})
        check_device(definition["ResourceConfig"]["InstanceType"], static, Devices.here())
        mode = definition["AlgorithmSpecification"]["TrainingInputMode"]
        input_channels(definition["InputDataConfig"], self.account, mode)  # raises where a trial would find nothing
        return self.new(name, request, lambda folder: folder.write_trials([]))

    def describe(self, name: str) -> dict[str, Any]:
        """Returns the job, shaped as the SageMaker API's DescribeHyperParameterTuningJob; times as aware datetimes."""
        description, trials = super().describe(name), self._trials(self.folder(name))
        description.update(_counters(trials))
        objective = _objective(description)
        best = best_of(trials, objective["Type"] == "Maximize")
        if best:
            description["BestTrainingJob"] = _summary(best, objective)
        return description

    def summary(self, folder: TuningFolder, status: JobStatus) -> dict[str, Any]:
        """Returns one job, shaped as the API's HyperParameterTuningJobSummary."""
        config = self.request(folder)["HyperParameterTuningJobConfig"]
        fields = super().summary(folder, status)
        fields.pop("FailureReason", None)
        known = {"Strategy": config["Strategy"], "ResourceLimits": config["ResourceLimits"]}
        return {**fields, **known, **_counters(self._trials(folder))}

    def status_fields(self, status: JobStatus) -> dict[str, Any]:
        """Returns where a job stands, in the fields of DescribeHyperParameterTuningJob, which has no time of start."""
        fields = super().status_fields(status)
        fields.pop(f"{KIND.times}StartTime", None)
        return fields

    def trials(self, name: str) -> list[dict[str, Any]]:
        """Returns the trials so far, each shaped as the API's HyperParameterTrainingJobSummary."""
        folder = self.folder(name)
        objective = _objective(self.request(folder))
        return [_summary(trial, objective) for trial in self._trials(folder)]

    def _trials(self, folder: TuningFolder) -> list[TrialRecord]:
        """Returns the trials so far; one that was under way when the job was killed is as its training job is."""
        ended = folder.read_status().is_final
        return [self._as_it_is(trial) if ended else trial for trial in folder.read_trials()]

    def _as_it_is(self, trial: TrialRecord) -> TrialRecord:
        job = JobFolder(self.home.jobs / trial.name)
        if trial.has_ended or not job.request.is_file():
            return trial
        status = job.read_status()
        if not status.is_final:
            return trial
        return replace(trial, status=status.status, ended=status.ended, failure_reason=status.failure_reason)


def check_tuning_name(name: str) -> None:
    """Raises UserError where ``name`` cannot name a tuning job."""
    check_name(KIND.noun, name)
    if len(name) > LONGEST_OF_TUNING:
        raise UserError(
            f"the name of {KIND.noun} must be at most {LONGEST_OF_TUNING} characters, got {echoed(name)} ({len(name)})"
        )


def trials_of(config: Mapping[str, Any]) -> int:
    """Returns how many trials a job's HyperParameterTuningJobConfig asks for."""
    most = config["ResourceLimits"].get("MaxNumberOfTrainingJobs")
    if config["Strategy"] == "Grid":
        return grid_size(config["ParameterRanges"])
    return int(most or 1)


def _check(request: Mapping[str, Any]) -> None:
    refuse({"warm_start_config": request.get("WarmStartConfig")}, " on this machine")
    config = request["HyperParameterTuningJobConfig"]
    _check_config(config)
    _check_limits(config)


def _check_config(config: Mapping[str, Any]) -> None:
    strategy, metric = config["Strategy"], config["HyperParameterTuningJobObjective"]["MetricName"]
    if strategy not in STRATEGIES:
        raise UserError(f"strategy must be one of {', '.join(STRATEGIES)} on this machine, got {echoed(strategy)}")
    if metric not in metric_names():
        raise UserError(f"objective_metric_name must be one of {', '.join(metric_names())}, got {echoed(metric)}")
    criteria = config.get("TuningJobCompletionCriteria") or {}
    refuse({"complete_on_convergence": criteria.get("ConvergenceDetected")}, " on this machine")
    check_scaling(config["ParameterRanges"])


def _check_limits(config: Mapping[str, Any]) -> None:
    limits = config["ResourceLimits"]
    most, parallel = limits.get("MaxNumberOfTrainingJobs"), limits["MaxParallelTrainingJobs"]
    if most is not None and (type(most) is not int or most < 1):
        raise UserError(f"max_jobs must be a whole number of at least 1, got {echoed(most)}")
    if parallel != 1:
        raise UserError(
            f"max_parallel_jobs must be 1 on this machine, where trials run one after another, got {echoed(parallel)}"
        )
    if config["Strategy"] == "Grid" and most not in (None, trials_of(config)):
        raise UserError(
            f"max_jobs with strategy Grid must be left out or the number of combinations, {trials_of(config)}, "
            f"got {echoed(most)}"
        )


def _objective(request: Mapping[str, Any]) -> dict[str, str]:
    objective: dict[str, str] = request["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
    return objective


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
        "CreationTime": moment(trial.created),
        "TrainingStartTime": moment(trial.created),
        "TunedHyperParameters": trial.parameters,
        "ObjectiveStatus": _objective_status(trial),
    }
    if trial.ended:
        summary["TrainingEndTime"] = moment(trial.ended)
    if trial.failure_reason:
        summary["FailureReason"] = trial.failure_reason
    if trial.value is not None:
        summary["FinalHyperParameterTuningJobObjectiveMetric"] = {**objective, "Value": trial.value}
    return summary


def _objective_status(trial: TrialRecord) -> str:
    if not trial.has_ended:
        return "Pending"
    return "Failed" if trial.value is None else "Succeeded"
