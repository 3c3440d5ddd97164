"""The lines of a training log that people, progress bars and SageMaker's metric patterns read.

Source: logs of the built-in algorithm; epochs count from 0, and a quality line has a space before its final full stop.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

CONTAINER_HOST = "algo-1"


@dataclass(frozen=True)
class Schedule:
    """The length of a job, as its log announces it."""

    iters_per_epoch: int
    epochs: int


@dataclass(frozen=True)
class TrainingProgress:
    """The progress of a job's training: ``iterations`` steps of epoch number ``epoch`` are done."""

    epoch: int
    iterations: int


def schedule(iters_per_epoch: int, epochs: int) -> str:
    """Returns the line that announces the length of a job."""
    return f"LRScheduler setup: iters per epoch: {iters_per_epoch}, num_epochs {epochs}"


def training_progress(epoch: int, iterations: int, speed: float, learning_rate: float) -> str:
    """Returns the line that tells how many steps of an epoch are done; ``speed`` in samples a second."""
    return f"{validation_progress(epoch, iterations, speed)} learning_rate: {learning_rate:.6f}"


def validation_progress(epoch: int, iterations: int, speed: float) -> str:
    """Returns the line that tells how many validation batches are scored; ``speed`` in samples a second."""
    return f"#progress_notice. epoch: {epoch}, iterations: {iterations} speed: {speed:.4g} samples/sec"


def quality(epoch: int, name: str, value: float) -> str:
    """Returns the line of a score; ``name`` is one of "train loss", "validation pixel_accuracy", "validation mIOU"."""
    return f"#quality_metric. host: {CONTAINER_HOST}, epoch: {epoch}, {name}: {value:.6g} ."


def throughput(epoch: int, name: str, speed: float) -> str:
    """Returns the line of a speed; ``name`` is "train throughput" or "validation throughput"; ``speed`` in samples a
    second.
    """
    return f"#throughput_metric. host: {CONTAINER_HOST}, epoch: {epoch}, {name}: {speed:.4g} samples/sec."


def completed(epochs_done: int, epochs: int) -> str:
    """Returns the line that tells how many of the job's epochs are done."""
    return f"#progress_metric: host={CONTAINER_HOST}, completed {100 * epochs_done / epochs:.1f} % of epochs"


def _quality_pattern(name: str) -> str:
    return rf"#quality_metric\. host: \S+, epoch: \d+, {name}: (\S+)"


def _throughput_pattern(name: str) -> str:
    return rf"#throughput_metric\. host: \S+, epoch: \d+, {name}: (\S+)"


METRIC_DEFINITIONS = [
    {"Name": "train:loss", "Regex": _quality_pattern("train loss")},
    {"Name": "train:throughput", "Regex": _throughput_pattern("train throughput")},
    {"Name": "validation:pixel_accuracy", "Regex": _quality_pattern("validation pixel_accuracy")},
    {"Name": "validation:mIOU", "Regex": _quality_pattern("validation mIOU")},
    {"Name": "validation:throughput", "Regex": _throughput_pattern("validation throughput")},
]

_SCHEDULE = re.compile(r"LRScheduler setup: iters per epoch: (\d+), num_epochs (\d+)")
_PROGRESS = re.compile(r"#progress_notice\. epoch: (\d+), iterations: (\d+) speed: \S+ samples/sec learning_rate:")
_NUMBER = r"[-+.\deEinfan]+"
_SCORE = re.compile(
    rf"#(?:quality|throughput)_metric\. host: \S+, epoch: (\d+), ([a-zA-Z_ ]+): ({_NUMBER})(?: \.| samples)"
)
_EPOCH_END = re.compile(
    r'#metrics \{"StartTime": ([\d.]+), "EndTime": ([\d.]+), "Dimensions": \{[^}]*"epoch": "(\d+)"[^}]*'
    r'"training_data_iter"'
)


def parse_schedule(line: str) -> Schedule | None:
    """Returns the schedule that a log line announces, None for any other line."""
    found = _SCHEDULE.search(line)
    return Schedule(int(found[1]), int(found[2])) if found else None


def parse_progress(line: str) -> TrainingProgress | None:
    """Returns the training progress that a log line tells, None for any other line."""
    found = _PROGRESS.search(line)
    return TrainingProgress(int(found[1]), int(found[2])) if found else None


@dataclass(frozen=True)
class Score:
    """One value of a log line about an epoch.

    Attributes:
        epoch: counted from 0.
        name: such as "train loss" or "validation throughput".
    """

    epoch: int
    name: str
    value: float


def parse_score(line: str) -> Score | None:
    """Returns the quality or the throughput that a log line tells, None for any other line."""
    found = _SCORE.search(line)
    return Score(int(found[1]), found[2], float(found[3])) if found else None


def parse_epoch_end(line: str) -> tuple[int, float] | None:
    """Returns the epoch, counted from 0, and the seconds it took, that a ``#metrics`` line tells; None for others."""
    found = _EPOCH_END.match(line)
    return (int(found[3]), float(found[2]) - float(found[1])) if found else None


@dataclass(frozen=True)
class Metric:
    """One value of a metric; ``value`` is a fraction for mIOU and pixel_accuracy, samples a second for throughput."""

    name: str
    value: float
    time: datetime  # with a time zone


def metric_names() -> list[str]:
    """Returns the names of all metrics, such as "validation:mIOU"."""
    return [definition["Name"] for definition in METRIC_DEFINITIONS]
