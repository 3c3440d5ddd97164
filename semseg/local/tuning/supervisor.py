"""The process of one tuning job: ``python -m semseg.local.tuning.supervisor <job folder> <train command ...>``.

It asks the search for hyperparameters, runs a training job of this machine with them, tells the search how it went,
and writes down each trial. Whoever starts it hands it the job's lock, which it holds until its end.
"""

from __future__ import annotations

import math
import secrets
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from semseg.aws.account import Account
from semseg.errors import SemsegError
from semseg.local.jobs.home import Home
from semseg.local.jobs.job_folder import JobStatus
from semseg.local.jobs.supervision import Ending, Supervision, look_after
from semseg.local.training.jobs import Jobs
from semseg.local.training.metrics import MetricFollower
from semseg.local.tuning import log as tuning_log
from semseg.local.tuning.folder import TrialRecord, TuningFolder, best_of
from semseg.local.tuning.jobs import trials_of
from semseg.local.tuning.search import Search, Trial
from semseg.plumbing.teller import Teller

POLL_SECONDS = 0.2


class TuningSupervisor(Supervision[TuningFolder]):
    """Looks after one tuning job.

    Args:
        training: the training jobs of this machine, among them the trials.
    """

    def __init__(self, job: TuningFolder, training: Jobs, teller: Teller) -> None:
        super().__init__(job, teller)
        self.training = training
        self.config: dict[str, Any] = self.request["HyperParameterTuningJobConfig"]
        self.objective: dict[str, str] = self.config["HyperParameterTuningJobObjective"]
        self.maximize = self.objective["Type"] == "Maximize"
        self.trials: list[TrialRecord] = []
        self.runs_until = time.monotonic() + self.config["ResourceLimits"].get("MaxRuntimeInSeconds", math.inf)

    def _work(self) -> Ending:
        self._update(started=time.time())
        self._run_trials()
        return self._conclude()

    def _run_trials(self) -> None:
        total = trials_of(self.config)
        search = Search(
            self.config["ParameterRanges"],
            self.config["Strategy"],
            self.maximize,
            total,
            self.config.get("RandomSeed"),
        )
        self.teller.line(tuning_log.total(total))
        while len(self.trials) < total and not self._is_stopped() and not self._is_good_enough():
            self._run_trial(search)

    def _run_trial(self, search: Search) -> None:
        asked = search.ask()
        name = f"{self.request['HyperParameterTuningJobName']}-{len(self.trials) + 1:03d}-{secrets.token_hex(4)}"
        trial = TrialRecord(name, asked.parameters, time.time())
        self._write(trial)
        self.teller.line(tuning_log.started(trial))
        try:
            self.training.start(self._training_request(trial))
            metrics = MetricFollower(self.training.folder(name).log, self.objective["MetricName"])
            cut_short = self._follow(name, asked, metrics)
            trial = self._ended(trial, metrics.values)
        except SemsegError as error:  # refused before it began: the others may not be
            cut_short = False
            trial = replace(trial, status="Failed", ended=time.time(), failure_reason=str(error))
        search.tell(asked, trial.value, cut_short)
        self._write(trial)
        self.teller.line(tuning_log.ended(trial, self.objective["MetricName"]))

    def _training_request(self, trial: TrialRecord) -> dict[str, Any]:
        """Returns the trial, shaped as CreateTrainingJob."""
        definition = dict(self.request["TrainingJobDefinition"])
        definition["HyperParameters"] = {**definition.pop("StaticHyperParameters"), **trial.parameters}
        checkpoints = definition.get("CheckpointConfig")
        if checkpoints:  # a trial of its own must not go on where another one ended
            place = f"{checkpoints['S3Uri'].rstrip('/')}/{trial.name}"
            definition["CheckpointConfig"] = {**checkpoints, "S3Uri": place}
        return {**definition, "TrainingJobName": trial.name}

    def _follow(self, name: str, asked: Trial, metrics: MetricFollower) -> bool:
        """Waits for a trial's end; returns whether it was stopped because others went better."""
        judges = self.config.get("TrainingJobEarlyStoppingType") == "Auto"
        cut_short = stopped = False
        while not self._status_of(name).is_final:
            asked.report(metrics.read())
            if not stopped and judges:
                cut_short = asked.is_worse_than_most()
            if not stopped and (cut_short or self._is_stopped()):
                self.training.stop(name)
                stopped = True
            time.sleep(POLL_SECONDS)
        asked.report(metrics.read())  # what later trials are judged by
        return cut_short

    def _status_of(self, name: str) -> JobStatus:
        return self.training.folder(name).read_status()

    def _ended(self, trial: TrialRecord, values: list[float]) -> TrialRecord:
        job = self._status_of(trial.name)
        reason = job.failure_reason
        value = values[-1] if values and math.isfinite(values[-1]) and job.status != "Failed" else None
        if value is None and job.status == "Completed":
            reason = f"its log has no {self.objective['MetricName']}"
        return replace(trial, status=job.status, ended=time.time(), value=value, failure_reason=reason)

    def _write(self, trial: TrialRecord) -> None:
        """Adds a trial, or puts it in the place of its earlier self."""
        self.trials = [earlier for earlier in self.trials if earlier.name != trial.name] + [trial]
        self.job.write_trials(self.trials)

    def _is_good_enough(self) -> bool:
        """Returns whether a completion criterion of the request is met."""
        criteria = self.config.get("TuningJobCompletionCriteria") or {}
        best = best_of(self.trials, self.maximize)
        if best is None or best.value is None:
            return False
        target = criteria.get("TargetObjectiveMetricValue")
        reached = target is not None and (best.value >= target if self.maximize else best.value <= target)
        patience = (criteria.get("BestObjectiveNotImproving") or {}).get("MaxNumberOfTrainingJobsNotImproving")
        since_best = len(self.trials) - 1 - [trial.name for trial in self.trials].index(best.name)
        return reached or (patience is not None and since_best >= patience)

    def _conclude(self) -> Ending:
        if self._is_stopped():
            return Ending("Stopped")
        if all(trial.value is None for trial in self.trials):
            last = self.trials[-1]
            several = (
                f"all {len(self.trials)} trials failed; the last" if len(self.trials) > 1 else "the only trial failed"
            )
            return self._failed(f"{several}, {last.name}: {last.failure_reason}")
        return Ending("Completed")

    def _is_stopped(self) -> bool:
        """Returns whether somebody asked the job to stop, or its time is over."""
        if time.monotonic() >= self.runs_until:
            self._mark_stopping()
            return True
        return super()._is_stopped()


def main() -> None:
    directory, *command = sys.argv[1:]
    account, job = Account(), TuningFolder(Path(directory))
    training = Jobs(Home.of_job(job.root), command, account, leash=True)  # a killed job's trial goes on for nobody
    look_after(TuningSupervisor(job, training, account.teller))


if __name__ == "__main__":
    main()
