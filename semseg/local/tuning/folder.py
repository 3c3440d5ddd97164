"""What is kept of a hyperparameter tuning job on this machine."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from semseg.local.jobs.job_folder import FINAL, JobFolder
from semseg.plumbing.json_file import read_rows, write_json


@dataclass(frozen=True)
class TrialRecord:
    """One training job of a tuning job; ``status`` is its TrainingJobStatus, times are Unix seconds.

    ``value`` is the last of the objective metric; None where there is none (yet).
    """

    name: str
    parameters: dict[str, str]
    created: float
    status: str = "InProgress"
    ended: float | None = None
    value: float | None = None
    failure_reason: str | None = None

    @property
    def has_ended(self) -> bool:
        return self.status in FINAL


class TuningFolder(JobFolder):
    """The folder of a tuning job; ``request`` is shaped as CreateHyperParameterTuningJob's."""

    @property
    def trials_file(self) -> Path:
        return self.root / "trials.json"

    def write_trials(self, trials: list[TrialRecord]) -> None:
        write_json(self.trials_file, [asdict(trial) for trial in trials])

    def read_trials(self) -> list[TrialRecord]:
        """Returns all trials so far, the oldest first.

        Raises:
            PlatformError: the file cannot be read; the sentence says what is wrong with it.
        """
        return read_rows(self.trials_file, TrialRecord)


def best_of(trials: list[TrialRecord], maximize: bool) -> TrialRecord | None:
    """Returns the ended trial with the best value, the oldest of equals; None where none has one."""
    scored = [trial for trial in trials if trial.value is not None and trial.status in ("Completed", "Stopped")]
    if not scored:
        return None
    return (max if maximize else min)(scored, key=lambda trial: trial.value or 0.0)
