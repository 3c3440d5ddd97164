"""What version 0.3.0 kept on this machine is found and used.

home_of_0_3_0.json holds the files of a home folder that 0.3.0 made: a finished and a failed training job, a tuning job
of two trials, a transform job, two models, and an endpoint whose server was killed.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import semseg
from semseg.errors import TrainingError, UserError
from semseg.local import LocalSession
from tests.local.fake_serve import MASK
from tests.local.fakes import channels_at, model_at, session_at

KEPT = Path(__file__).with_name("home_of_0_3_0.json")
MODEL = "semantic-segmentation-2026-11-25-23-25-20-013"


@pytest.fixture
def session(tmp_path: Path) -> LocalSession:
    """A session of the home folder, the data and the results of which lie beside it."""
    kept = json.loads(KEPT.read_text())
    for name, text in kept["files"].items():
        file = tmp_path / "home" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.replace("{PLACE}", str(tmp_path)).encode("latin-1"))
    for name, target in kept["links"].items():
        link = tmp_path / "home" / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target.replace("{PLACE}", str(tmp_path)))
    channels_at(tmp_path / "data")
    results = tmp_path / "results" / "finished-job" / "output"
    results.mkdir(parents=True)
    model_at(results)
    return session_at(tmp_path / "home")


def test_its_jobs_are_described(session: LocalSession, tmp_path: Path) -> None:
    finished = session.describe_training_job("finished-job")
    assert finished["TrainingJobStatus"] == "Completed"
    assert finished["ModelArtifacts"]["S3ModelArtifacts"].endswith("results/finished-job/output/model.tar.gz")
    assert [metric.value for metric in session.training_job_metrics("finished-job")] == [0.5, 0.25, 0.75]
    failed = session.describe_training_job("failed-job")
    assert (failed["TrainingJobStatus"], failed["FailureReason"]) == ("Failed", "train/street.jpg has no mask")
    with pytest.raises(TrainingError, match="failed-job"):
        session.wait_for_job("failed-job", show_logs=False)
    assert session.describe_transform_job("finished-transform")["TransformJobStatus"] == "Completed"
    tuning = session.describe_tuning_job("finished-tuning")
    assert tuning["HyperParameterTuningJobStatus"] == "Completed"
    assert tuning["BestTrainingJob"]["TrainingJobName"] == "finished-tuning-002-3aabb052"
    assert len(session.tuning_job_trials("finished-tuning")) == 2


def test_its_finished_job_is_attached_and_deployed(session: LocalSession) -> None:
    estimator = semseg.Estimator.attach("finished-job", sagemaker_session=session)
    predictor = estimator.deploy(1, "local", endpoint_name="of-an-old-job")
    try:
        assert np.array_equal(predictor.predict(np.zeros((2, 3, 3), np.uint8)), MASK)
    finally:
        predictor.delete_endpoint()


def test_its_jobs_without_checkpoints_are_refused_or_begin_anew(session: LocalSession) -> None:
    with pytest.raises(UserError, match=r"^training job 'finished-job' is Completed and has no checkpoint to go on "):
        session.resume_training_job("finished-job", epochs=20)
    session.resume_training_job("failed-job")
    with pytest.raises(TrainingError, match=r"Reason: train/street.jpg has no mask$"):
        session.wait_for_job("failed-job", show_logs=False)
    assert (
        "Training job failed-job has no checkpoint to go on from: it begins anew."
        in (session.home.jobs / "failed-job" / "log.txt").read_text()
    )


def test_its_killed_endpoint_is_failed_and_can_be_deployed_again(session: LocalSession) -> None:
    found = session.describe_endpoint("killed-endpoint")
    assert found["EndpointStatus"] == "Failed"
    assert "killed-endpoint" in [each["EndpointName"] for each in session.list_endpoints()["Endpoints"]]
    estimator = semseg.Estimator.attach("finished-job", sagemaker_session=session)
    predictor = estimator.deploy(1, "local", endpoint_name="killed-endpoint")
    try:
        assert session.describe_endpoint("killed-endpoint")["EndpointStatus"] == "InService"
    finally:
        predictor.delete_endpoint()


def test_its_models_are_served(session: LocalSession) -> None:
    assert session.describe_model(MODEL)["PrimaryContainer"]["Image"] == "semantic-segmentation:1"
    variant = {"ModelName": MODEL, "VariantName": "all", "InitialInstanceCount": 1, "InstanceType": "local"}
    session.create_endpoint_config({"EndpointConfigName": "new", "ProductionVariants": [variant]})
    session.create_endpoint({"EndpointName": "new", "EndpointConfigName": "new"})
    session.wait_for_endpoint("new")
    session.delete_endpoint("new")


def test_all_of_it_is_listed_and_can_be_removed(session: LocalSession) -> None:
    listed = session.list_training_jobs(SortBy="Name", SortOrder="Ascending")["TrainingJobSummaries"]
    assert [(job["TrainingJobName"], job["TrainingJobStatus"]) for job in listed] == [
        ("failed-job", "Failed"),
        ("finished-job", "Completed"),
        ("finished-tuning-001-6200e0e4", "Completed"),
        ("finished-tuning-002-3aabb052", "Completed"),
    ]
    assert len(session.list_models()["Models"]) == 2
    assert [job["TransformJobName"] for job in session.list_transform_jobs()["TransformJobSummaries"]] == [
        "finished-transform"
    ]
    tuning = session.list_hyper_parameter_tuning_jobs()["HyperParameterTuningJobSummaries"]
    assert [job["HyperParameterTuningJobName"] for job in tuning] == ["finished-tuning"]
    session.delete_training_job("failed-job")
    assert len(session.list_training_jobs()["TrainingJobSummaries"]) == 3
