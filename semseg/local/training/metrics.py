"""The metrics in a job's log, found by the patterns that SageMaker would be given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from semseg.contract.metric_lines import METRIC_DEFINITIONS, Metric, metric_names
from semseg.local.process.log_follower import LogFollower

TIME = re.compile(r"^\[(\d\d/\d\d/\d{4} \d\d:\d\d:\d\d) ")
EPOCH = re.compile(r" epoch: (\d+), ")
TIME_FORMAT = "%m/%d/%Y %H:%M:%S"  # local time, as the log has it


def read_metrics(log: Path) -> list[Metric]:
    """Returns every metric of a log in its order; none where there is no log yet.

    Of an epoch that was trained anew, after a job was resumed, the last values count.
    """
    values = EpochValues()
    values.add(LogFollower(log, lambda: True).lines())
    return values.metrics()


def last_metrics(log: Path) -> list[Metric]:
    """Returns the last value of each metric, in the order of METRIC_DEFINITIONS."""
    last = {metric.name: metric for metric in read_metrics(log)}
    return [last[name] for name in metric_names() if name in last]


class EpochValues:
    """The metrics of a log: one value of each for an epoch, the last one where an epoch was trained anew."""

    def __init__(self) -> None:
        self._found: list[tuple[int, Metric]] = []  # each with its epoch
        self._last: dict[str, int] = {}  # epoch of each metric

    def add(self, lines: Iterable[str]) -> None:
        """Reads further lines; the values of later epochs than one that begins again are forgotten."""
        for epoch, metric in (found for line in lines for found in _metrics_of(line)):
            if epoch <= self._last.get(metric.name, -1):
                self._found = [pair for pair in self._found if pair[0] < epoch or pair[1].name != metric.name]
            self._found.append((epoch, metric))
            self._last[metric.name] = epoch

    def metrics(self) -> list[Metric]:
        """Returns them in the order in which they came."""
        return [metric for _, metric in self._found]


class MetricFollower:
    """Reads the values of one metric from a log while it is written; each line is read once."""

    def __init__(self, log: Path, name: str) -> None:
        self._name = name
        self._log = LogFollower(log, lambda: True)
        self._values = EpochValues()

    @property
    def values(self) -> list[float]:
        """Returns those read so far, in their order."""
        return [metric.value for metric in self._values.metrics() if metric.name == self._name]

    def read(self) -> list[float]:
        """Reads what has come since the last call; returns all values so far."""
        self._values.add(self._log.new_lines())
        return self.values


def _metrics_of(line: str) -> Iterator[tuple[int, Metric]]:
    time, epoch = TIME.match(line), EPOCH.search(line)
    if time is None or epoch is None:
        return
    for definition in METRIC_DEFINITIONS:
        found = re.search(definition["Regex"], line)
        if found:
            moment = datetime.strptime(time[1], TIME_FORMAT).astimezone()
            yield int(epoch[1]), Metric(definition["Name"], float(found[1]), moment)
