"""How good a job's model is, asked for in Python: evaluation, report, comparison."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import semseg
from semseg.errors import PlatformError, UserError
from semseg.estimator import Estimator
from semseg.job import TrainingJob
from semseg.job_results import evaluation_of, report_of, results_folder
from semseg.results.confusion_matrix import ConfusionMatrix
from semseg.results.epoch_scores import EpochScores
from semseg.results.evaluation import Evaluation
from semseg.results.metrics_file import MetricsFile
from semseg.session import Session
from tests.aws import moto
from tests.local.fakes import channels_at, estimator_at, session_at
from tests.trained import job_of


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def trained(place: Path) -> Estimator:
    """A job that has two epochs, and an evaluation of four pixels: class 0 has 2 of 3, class 1 has 1 of 2."""
    estimator = estimator_at(place / "home")
    estimator.fit(channels_at(place), logs=False, job_name="street")
    folder = folder_of(estimator)
    write_evaluation(folder)
    file = MetricsFile(folder / "metrics.csv", {1: "sky"}, 2)
    file.add(EpochScores(1, loss=0.5, mean_iou=0.25, is_best=True))
    file.add(EpochScores(2, loss=0.4, mean_iou=0.125))
    return estimator


def folder_of(estimator: Estimator) -> Path:
    """The folder output/data of an estimator's job."""
    return results_folder(job_of(estimator))


def write_evaluation(folder: Path) -> None:
    matrix = ConfusionMatrix(2)
    matrix.counts = np.array([[2, 1], [0, 1]])
    folder.mkdir(parents=True, exist_ok=True)
    Evaluation.of_matrix(matrix, {1: "sky"}, pictures=1).write(folder / "evaluation.json")


def test_an_evaluation_is_that_of_the_best_model_on_whole_pictures(trained: Estimator) -> None:
    evaluation = trained.evaluation()
    assert evaluation.mean_iou == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert [scores.name for scores in evaluation.classes] == ["", "sky"]
    assert "0.6667" in str(evaluation)
    assert "<table" in evaluation._repr_html_()


def test_a_report_is_written_where_it_is_missing_and_kept_until_an_epoch_is_added(trained: Estimator) -> None:
    path = trained.report()
    assert path == folder_of(trained) / "report.html"
    assert "street" in path.read_text()
    assert (path.parent / "curves.png").is_file()
    path.write_text("kept")
    assert trained.report().read_text() == "kept"
    os.utime(path, (1, 1))  # older than metrics.csv
    assert trained.report().read_text() != "kept"


def test_jobs_are_compared_by_name_estimator_or_job(trained: Estimator, place: Path) -> None:
    session = session_at(place / "home")
    compared = semseg.compare(["street", trained, job_of(trained)], session)
    assert [job.name for job in compared.jobs] == ["street"] * 3
    assert [epoch.mean_iou for epoch in compared.jobs[0].epochs] == [0.25, 0.125]
    assert compared.jobs[0].hyperparameters == {"num_classes": "2", "num_training_samples": "3"}
    assert "street" in str(compared)


@pytest.mark.parametrize(
    ("jobs", "sentence"),
    [
        ("street", "jobs must be a list of jobs to compare, got "),
        (["street"], "jobs must be at least two jobs to compare, got 1"),
        ([3, 4], "jobs must be names, TrainingJobs or estimators with a job, got "),
        (["street", "lane"], "there is no training job 'lane'"),
    ],
)
def test_what_is_no_list_of_jobs_is_refused(trained: Estimator, place: Path, jobs: Any, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        semseg.compare(jobs, session_at(place / "home"))


def test_a_job_without_an_epoch_has_neither_evaluation_nor_report(place: Path) -> None:
    estimator = estimator_at(place / "home")
    estimator.fit(channels_at(place), logs=False, job_name="short")
    with pytest.raises(UserError, match=r"^training job short has no evaluation to give: it is Completed, and its"):
        estimator.evaluation()
    with pytest.raises(UserError, match=r"^training job short has nothing to report: it is Completed, and no epoch is"):
        estimator.report()


def managed_job(archive: bytes | None) -> TrainingJob:
    """A job of SageMaker that has written this output.tar.gz."""
    session = Session()
    client = session.boto_session.client("s3")
    client.create_bucket(Bucket="out", CreateBucketConfiguration={"LocationConstraint": moto.REGION})
    if archive is not None:
        client.put_object(Bucket="out", Key="models/far/output/output.tar.gz", Body=archive)
    session.boto_session.client("sagemaker").create_training_job(
        TrainingJobName="far",
        AlgorithmSpecification={"TrainingImage": "mine:1", "TrainingInputMode": "File"},
        RoleArn="arn:aws:iam::123456789012:role/Train",
        OutputDataConfig={"S3OutputPath": "s3://out/models"},
        ResourceConfig={"InstanceType": "ml.p3.2xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 60},
    )
    return TrainingJob(session, "far")


def packed(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return content.getvalue()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, aws: str) -> Path:
    monkeypatch.setenv("SEMSEG_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_the_results_of_a_managed_job_are_fetched_from_s3_once_and_kept_where_clean_finds_them(
    trained: Estimator, home: Path
) -> None:
    files = {path.name: path.read_bytes() for path in folder_of(trained).iterdir()}
    job = managed_job(packed({**files, "../evil.html": b"", "/etc/evil.json": b"", ".hidden.json": b"", "a.sh": b""}))
    assert evaluation_of(job).mean_iou == trained.evaluation().mean_iou
    report = report_of(job)
    assert report.parent.parent == home / "exports" / "far"
    assert sorted(path.name for path in report.parent.iterdir()) == sorted({*files, "report.html"})
    assert [removal.name for removal in Session().local.clean(0, dry_run=True) if removal.kind == "exports"] == ["far"]


def test_a_managed_job_without_results_says_what_is_missing(home: Path) -> None:
    with pytest.raises(
        UserError, match=r"^training job 'far' must have written s3://out/models/far/output/output\.tar\.gz"
    ):
        report_of(managed_job(None))


def test_results_of_a_managed_job_that_are_no_archive_are_named(home: Path) -> None:
    with pytest.raises(PlatformError, match=r"must be a whole \.tar\.gz file, but it cannot be read"):
        evaluation_of(managed_job(b"no archive"))
    assert not list((home / "exports" / "far").glob("data*"))
