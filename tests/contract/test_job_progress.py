"""How far a job is survives its file, and a file that is none tells nothing."""

from __future__ import annotations

import json

import pytest

from semseg.contract.job_progress import JobProgress

HALF = JobProgress("fcn with resnet-50", "PyTorch on CPU", 3, 8, 2, 4, 10, epoch=2, iterations=5, loss=0.5)


def test_what_is_written_is_read() -> None:
    assert JobProgress.from_json(HALF.to_json()) == HALF


def test_iterations_are_counted_over_all_epochs() -> None:
    assert (HALF.iterations_done, HALF.iterations_in_all) == (25, 40)


def test_an_epoch_with_one_batch_more_does_not_pass_the_next_ones_beginning() -> None:
    assert JobProgress(epochs=4, iterations_per_epoch=10, epoch=1, iterations=11).iterations_done == 20


def test_a_field_of_a_newer_version_is_left_out() -> None:
    assert JobProgress.from_json(json.dumps({"epochs": 4, "weather": "fine"})) == JobProgress(epochs=4)


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"epochs": 4', "[]", "null", '{"epochs": "4"}', '{"epochs": true}', '{"loss": "low"}', '{"network": 3}'],
)
def test_what_is_half_written_or_of_another_kind_tells_nothing(text: str) -> None:
    assert JobProgress.from_json(text) is None


def test_a_score_says_what_it_was_measured_on() -> None:
    assert JobProgress().score == ""
    assert JobProgress(best_mean_iou=0.6049).score == "mIOU 0.60 of crops"
    assert JobProgress(best_mean_iou=0.6, scores_whole_pictures=True).score == "mIOU 0.60 of whole pictures"
    assert JobProgress(best_mean_iou=0.6, whole_mean_iou=0.55).score == "mIOU 0.55 of whole pictures"
