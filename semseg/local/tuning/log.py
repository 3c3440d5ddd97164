"""The lines by which the log of a tuning job tells how far it is, written and read."""

from __future__ import annotations

import re

from semseg.local.process.progress_bar import CountingReader
from semseg.local.tuning.folder import TrialRecord

NOTICE = re.compile(r"^#tuning_notice")  # any of these lines
_TOTAL = re.compile(r"^#tuning_notice\. trials: (\d+)$")
_ENDED = re.compile(r"^#tuning_notice\. ended: ")


def total(trials: int) -> str:
    """Returns the line that says how many trials there will be."""
    return f"#tuning_notice. trials: {trials}"


def started(trial: TrialRecord) -> str:
    """Returns the line of a trial that begins, with its hyperparameters."""
    values = ", ".join(f"{name}={value}" for name, value in trial.parameters.items())
    return f"#tuning_notice. started: {trial.name}: {values}"


def ended(trial: TrialRecord, metric: str) -> str:
    """Returns the line of a trial that has ended, with its score."""
    result = f"{metric}={trial.value:g}" if trial.value is not None else f"no {metric}"
    reason = f": {trial.failure_reason}" if trial.failure_reason else ""
    return f"#tuning_notice. ended: {trial.name}: {trial.status}, {result}{reason}"


def reader() -> CountingReader:
    """Returns a new reader of such a log, which counts trials."""
    return CountingReader("trial", _TOTAL, _ENDED)
