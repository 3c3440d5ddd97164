"""What a person reads in the log of a training job."""

from __future__ import annotations

import pytest

from semseg.local.training.history import Epoch, Remark, Told, TrainingHistory

PREFIX = "[01/31/2024 10:00:00 INFO 1] "
WARNING = "[01/31/2024 10:00:00 WARNING 1] "


def quality(epoch: int, name: str, value: float) -> str:
    return f"{PREFIX}#quality_metric. host: algo-1, epoch: {epoch}, {name}: {value} ."


def epoch_lines(epoch: int, score: float) -> list[str]:
    return [
        f"{PREFIX}#progress_notice. epoch: {epoch}, iterations: 20 speed: 8 samples/sec learning_rate: 0.000100",
        quality(epoch, "train loss", 0.5),
        f"{PREFIX}#throughput_metric. host: algo-1, epoch: {epoch}, train throughput: 51.6 samples/sec.",
        quality(epoch, "validation pixel_accuracy", 0.75),
        quality(epoch, "validation mIOU", score),
        f"{PREFIX}#throughput_metric. host: algo-1, epoch: {epoch}, validation throughput: 121.1 samples/sec.",
        f"{PREFIX}#progress_metric: host=algo-1, completed 50.0 % of epochs",
        '#metrics {"StartTime": 100.5, "EndTime": 103.0, "Dimensions": {"Algorithm": "AWS/Semantic Segmentation", '
        f'"Host": "algo-1", "Operation": "training", "epoch": "{epoch}", "Meta": "training_data_iter"}}, '
        '"Metrics": {}}',
    ]


def told_by(history: TrainingHistory, lines: list[str]) -> list[Told]:
    return [what for line in lines for what in history.read(line)]


def test_an_epoch_is_told_once_with_all_that_its_lines_say() -> None:
    assert told_by(TrainingHistory(), epoch_lines(0, 0.25)) == [Epoch(1, 0.5, 0.75, 0.25, 51.6, 2.5, is_best=True)]


def test_the_best_epoch_is_the_first_with_the_highest_score() -> None:
    history = TrainingHistory()
    told = told_by(
        history, [line for epoch, score in enumerate((0.25, 0.5, 0.5, 0.3)) for line in epoch_lines(epoch, score)]
    )
    assert [what.is_best for what in told if isinstance(what, Epoch)] == [True, True, False, False]
    assert history.best is not None
    assert history.best.number == 2


def test_an_epoch_that_is_trained_again_takes_the_place_of_the_first() -> None:
    history = TrainingHistory()
    told_by(history, [*epoch_lines(0, 0.25), *epoch_lines(1, 0.5), *epoch_lines(1, 0.4)])
    assert [(epoch.number, epoch.mean_iou) for epoch in history.epochs] == [(1, 0.25), (2, 0.4)]


def test_a_log_without_times_tells_its_epochs_as_well() -> None:
    history = TrainingHistory()
    lines = [line for epoch in (0, 1) for line in epoch_lines(epoch, 0.25)[:-1]]
    assert [what.seconds for what in told_by(history, lines) if isinstance(what, Epoch)] == [None]
    assert [what.number for what in history.finish() if isinstance(what, Epoch)] == [2]


def test_an_epoch_that_was_not_scored_is_left_out() -> None:
    history = TrainingHistory()
    told_by(history, epoch_lines(0, 0.25)[:3])
    assert history.finish() == []


def test_a_loss_that_is_no_number_breaks_nothing() -> None:
    history = TrainingHistory()
    told_by(history, [quality(0, "train loss", float("nan")), quality(0, "validation mIOU", 0.5)])
    assert [epoch.number for epoch in history.finish() if isinstance(epoch, Epoch)] == [1]


@pytest.mark.parametrize(
    "line",
    [
        "Docker entrypoint called with argument(s): train",
        f"{WARNING}label maps not provided, using defaults.",
        f"{WARNING}Asked to stop: saving the model.",
        f"{PREFIX}#label_map train :{{'scale': 1}}",
        f"{PREFIX}Serializing model to /opt/ml/model/model_best.params",
        f"{PREFIX}Checkpoint loading and saving are disabled.",
        "Downloaded 1.0 of 3.0 MB.",
        "[10:00:00] ../src/operator/nn/./cudnn/./cudnn_algoreg-inl.h:97: Running performance tests",
        "",
    ],
)
def test_what_is_in_every_healthy_log_is_not_worth_reading(line: str) -> None:
    assert TrainingHistory().read(line) == []


def test_a_warning_is_told_once() -> None:
    history = TrainingHistory()
    line = f"{WARNING}The loss is odd."
    assert [history.read(line), history.read(line)] == [[Remark("The loss is odd.", is_warning=True)], []]
    assert history.warnings == ["The loss is odd."]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (
            f"{PREFIX}Resuming from checkpoint /x/epoch-0002: 2 epochs are done.",
            "Resuming from checkpoint /x/epoch-0002: 2 epochs are done.",
        ),
        ("Downloading 9 objects of S3, 0.0 MB.", "Downloading 9 objects of S3, 0.0 MB."),
        (
            "Checkpoints are kept in /x alone for now: no network",
            "Checkpoints are kept in /x alone for now: no network",
        ),
        (
            f"{PREFIX}Early stopping after epoch 7: validation mIOU no longer improves.",
            "Stopped early after epoch 8: the mIOU no longer improves.",
        ),
    ],
)
def test_what_a_person_should_know_is_told(line: str, shown: str) -> None:
    assert TrainingHistory().read(line) == [Remark(shown)]
