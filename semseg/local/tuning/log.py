"""What the log of a tuning job says, and the bar that shows it."""

from __future__ import annotations

import re

from semseg.local.process.progress_bar import open_bar
from semseg.local.tuning.folder import TrialRecord

_TOTAL = re.compile(r"^#tuning_notice\. trials: (\d+)$")
_ENDED = re.compile(r"^#tuning_notice\. ended: ")


def total(trials: int) -> str:
    return f"#tuning_notice. trials: {trials}"


def started(trial: TrialRecord) -> str:
    values = ", ".join(f"{name}={value}" for name, value in trial.parameters.items())
    return f"#tuning_notice. started: {trial.name}: {values}"


def ended(trial: TrialRecord, metric: str) -> str:
    result = f"{metric}={trial.value:g}" if trial.value is not None else f"no {metric}"
    reason = f": {trial.failure_reason}" if trial.failure_reason else ""
    return f"#tuning_notice. ended: {trial.name}: {trial.status}, {result}{reason}"


class TuningBar:
    """Fed with the lines of a log; counts trials. It shows nothing without a terminal or a notebook."""

    def __init__(self, job_name: str) -> None:
        self._bar = open_bar("trial", job_name)

    def feed(self, line: str) -> None:
        """Move the bar where the line tells of progress."""
        found = _TOTAL.match(line)
        if found:
            self._bar.reset(total=int(found[1]))
        elif _ENDED.match(line):
            self._bar.update()

    def print(self, line: str) -> None:
        """Print a line above the bar."""
        self._bar.write(line)

    def close(self) -> None:
        self._bar.close()
