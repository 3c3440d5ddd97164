from __future__ import annotations

from datetime import datetime
from pathlib import Path

from semseg.local.training.metrics import MetricFollower, last_metrics, read_metrics
from tests.local.fake_train import LOG


def test_every_value_is_read_with_its_local_time(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(LOG)
    found = [(metric.name, metric.value, metric.time) for metric in read_metrics(tmp_path / "log")]
    assert found == [
        ("train:loss", 0.5, datetime(2024, 1, 31, 10, 0, 0).astimezone()),
        ("validation:mIOU", 0.25, datetime(2024, 1, 31, 10, 0, 2).astimezone()),
        ("validation:mIOU", 0.75, datetime(2024, 1, 31, 10, 0, 7).astimezone()),
    ]


def test_the_last_value_of_each_metric_is_final(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(LOG)
    assert [(metric.name, metric.value) for metric in last_metrics(tmp_path / "log")] == [
        ("train:loss", 0.5),
        ("validation:mIOU", 0.75),
    ]


def test_a_log_that_is_followed_tells_each_value_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    follower = MetricFollower(log, "validation:mIOU")
    assert follower.read() == []
    lines = LOG.splitlines(keepends=True)
    log.write_text("".join(lines[:3]) + lines[4][:-4])  # the last one is half written: 0.7 would be wrong
    assert follower.read() == follower.read() == [0.25]
    log.write_text("x" * len("".join(lines[:3])) + lines[4])  # what was read before is not read again
    assert follower.read() == [0.25, 0.75]


def test_a_line_without_time_is_no_metric(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("#quality_metric. host: algo-1, epoch: 0, train loss: 0.5 .\n")
    assert read_metrics(tmp_path / "log") == []
    assert read_metrics(tmp_path / "none") == []
