"""The metrics in a job's log, found by the patterns that SageMaker would be given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from semseg.contract.metric_lines import METRIC_DEFINITIONS, Metric, metric_names
from semseg.local.process.log_follower import LogFollower

TIME = re.compile(r"^\[(\d\d/\d\d/\d{4} \d\d:\d\d:\d\d) ")
TIME_FORMAT = "%m/%d/%Y %H:%M:%S"  # local time, as the log has it


def read_metrics(log: Path) -> list[Metric]:
    """Returns every metric of a log in its order; none where there is no log yet."""
    return [metric for line in LogFollower(log, lambda: True).lines() for metric in _metrics_of(line)]


def last_metrics(log: Path) -> list[Metric]:
    """Returns the last value of each metric, in the order of METRIC_DEFINITIONS."""
    last = {metric.name: metric for metric in read_metrics(log)}
    return [last[name] for name in metric_names() if name in last]


class MetricFollower:
    """Reads the values of one metric from a log while it is written; each line is read once.

    Attributes:
        values: those read so far, in their order.
    """

    def __init__(self, log: Path, name: str) -> None:
        self.values: list[float] = []
        self._name = name
        self._log = LogFollower(log, lambda: True)

    def read(self) -> list[float]:
        """Reads what has come since the last call; returns all values so far."""
        found = (metric for line in self._log.new_lines() for metric in _metrics_of(line))
        self.values += [metric.value for metric in found if metric.name == self._name]
        return self.values


def _metrics_of(line: str) -> Iterator[Metric]:
    time = TIME.match(line)
    if time is None:
        return
    for definition in METRIC_DEFINITIONS:
        found = re.search(definition["Regex"], line)
        if found:
            yield Metric(definition["Name"], float(found[1]), datetime.strptime(time[1], TIME_FORMAT).astimezone())
