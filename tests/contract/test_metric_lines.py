from __future__ import annotations

import re

from semseg.contract import metric_lines
from semseg.contract.metric_lines import Schedule, TrainingProgress


def found(name: str, line: str) -> str | None:
    patterns = {definition["Name"]: definition["Regex"] for definition in metric_lines.METRIC_DEFINITIONS}
    match = re.search(patterns[name], line)
    return match[1] if match else None


def test_the_lines_are_those_of_the_built_in_algorithm() -> None:
    assert metric_lines.schedule(346, 10) == "LRScheduler setup: iters per epoch: 346, num_epochs 10"
    assert (
        metric_lines.training_progress(0, 20, 52.3, 0.000099)
        == "#progress_notice. epoch: 0, iterations: 20 speed: 52.3 samples/sec learning_rate: 0.000099"
    )
    assert (
        metric_lines.validation_progress(0, 20, 85.8)
        == "#progress_notice. epoch: 0, iterations: 20 speed: 85.8 samples/sec"
    )
    assert (
        metric_lines.quality(0, "train loss", 0.558) == "#quality_metric. host: algo-1, epoch: 0, train loss: 0.558 ."
    )
    assert (
        metric_lines.throughput(0, "train throughput", 51.6)
        == "#throughput_metric. host: algo-1, epoch: 0, train throughput: 51.6 samples/sec."
    )
    assert metric_lines.completed(1, 10) == "#progress_metric: host=algo-1, completed 10.0 % of epochs"


def test_each_metric_pattern_reads_its_line_and_no_other() -> None:
    loss = metric_lines.quality(3, "train loss", 0.25)
    accuracy = metric_lines.quality(3, "validation pixel_accuracy", 0.71)
    mean_iou = metric_lines.quality(3, "validation mIOU", 0.0961234)
    speed = metric_lines.throughput(3, "validation throughput", 121.1)
    assert found("train:loss", loss) == "0.25"
    assert found("validation:pixel_accuracy", accuracy) == "0.71"
    assert found("validation:mIOU", mean_iou) == "0.0961234"
    assert found("validation:throughput", speed) == "121.1"
    assert found("train:loss", mean_iou) is None
    assert found("train:throughput", speed) is None


def test_the_metrics_have_the_names_of_the_built_in_algorithm() -> None:
    assert metric_lines.metric_names() == [
        *("train:loss", "train:throughput"),
        *("validation:pixel_accuracy", "validation:mIOU", "validation:throughput"),
    ]


def test_a_progress_bar_can_follow_a_log() -> None:
    assert metric_lines.parse_schedule(f"[x INFO 1] {metric_lines.schedule(91, 30)}") == Schedule(91, 30)
    assert metric_lines.parse_progress(metric_lines.training_progress(2, 40, 5.0, 0.1)) == TrainingProgress(2, 40)
    assert metric_lines.parse_progress(metric_lines.validation_progress(2, 40, 5.0)) is None
    assert metric_lines.parse_schedule("anything else") is None
