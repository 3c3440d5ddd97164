"""Training jobs and endpoints of this machine as people look at them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from semseg.contract.job_progress import TRAINING, JobProgress
from semseg.errors import UserError
from semseg.local.process.process import take_lock
from semseg.overview.endpoints import endpoint_rows
from semseg.overview.jobs import job_detail, job_rows, log_lines
from semseg.results.confusion_matrix import ConfusionMatrix
from semseg.results.evaluation import Evaluation
from tests.local.fakes import session_at
from tests.local.kept import LONG_AGO, file_of, keep, training_job

LOG = """\
[01/31/2024 10:00:00 INFO 1] #quality_metric. host: algo-1, epoch: 0, train loss: 0.5 .
[01/31/2024 10:00:02 INFO 1] #quality_metric. host: algo-1, epoch: 0, validation mIOU: 0.25 .
[01/31/2024 10:00:03 WARNING 1] one picture is grey
"""


def test_jobs_stand_in_rows_the_newest_first(tmp_path: Path) -> None:
    first = training_job(tmp_path, "first")
    first.progress.write_text(JobProgress(epochs=3, epoch=3, best_mean_iou=0.5, whole_mean_iou=0.625).to_json())
    runs = training_job(tmp_path, "runs", LONG_AGO + 5, "InProgress")
    runs.progress.write_text(JobProgress(epochs=3, epoch=1, best_mean_iou=0.25, phase=TRAINING).to_json())
    training_job(tmp_path, "early", LONG_AGO - 5, "Failed")
    (tmp_path / "jobs" / "no-job").mkdir()
    with take_lock(runs.lock):
        rows = job_rows(session_at(tmp_path))
    assert [(row.name, row.status, row.phase, row.epoch, row.epochs) for row in rows] == [
        ("runs", "InProgress", "training", 1, 3),
        ("first", "Completed", "", 3, 3),
        ("early", "Failed", "", 0, 0),
    ]
    assert [(row.mean_iou, row.scored_on) for row in rows] == [(0.25, "crops"), (0.625, "whole pictures"), (None, "")]
    assert rows[1].seconds == 59  # it began a second after it was made, and ended a minute after that
    assert rows[1].created.timestamp() == LONG_AGO


def test_all_that_is_known_of_a_job_is_told(tmp_path: Path) -> None:
    folder = training_job(tmp_path, "horses")
    output = {"S3OutputPath": (tmp_path / "jobs").as_uri()}
    keep(folder, TrainingJobName="horses", AlgorithmSpecification={}, OutputDataConfig=output)
    folder.log.write_text(LOG)
    evaluation = Evaluation.of_matrix(ConfusionMatrix.of_counts(np.array([[3, 1], [1, 3]])))
    folder.output_data.mkdir(parents=True)
    evaluation.write(folder.output_data / "evaluation.json")
    detail = job_detail(session_at(tmp_path), "horses")
    assert [(epoch.number, epoch.loss, epoch.mean_iou) for epoch in detail.epochs] == [(1, 0.5, 0.25)]
    assert detail.warnings == ("one picture is grey",)
    assert detail.evaluation is not None
    assert detail.evaluation.mean_iou == 0.6  # 3 of 5 pixels of each class
    assert detail.description["TrainingJobStatus"] == "Completed"
    assert (detail.report, detail.progress, detail.folder) == (None, None, folder.root)
    assert "Warning: one picture is grey" in detail.text
    assert list(log_lines(session_at(tmp_path), "horses")) == LOG.splitlines()


def test_a_job_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for ask in (job_detail, log_lines):
        with pytest.raises(UserError, match="there is no training job 'nobody'"):
            ask(session_at(tmp_path), "nobody")


def test_an_endpoint_whose_server_has_ended_stands_in_a_row_with_the_reason(tmp_path: Path) -> None:
    root = tmp_path / "endpoints" / "street"
    record = {"name": "street", "port": 1, "model_data": "file:///m.tar.gz", "instance_type": "local", "created": 1.0}
    file_of(root / "log.txt", 0).write_text("out of memory\n")
    (root / "endpoint.json").write_text(json.dumps(record))
    (row,) = endpoint_rows(session_at(tmp_path))
    assert (row.name, row.status, row.model, row.instance_type) == ("street", "Failed", "file:///m.tar.gz", "local")
    assert "out of memory" in row.failure_reason
