"""What a thing is, as a notebook and an interpreter show it; nothing is asked of AWS for that."""

from __future__ import annotations

from pathlib import Path

import pytest

import semseg
from semseg.estimator import Estimator
from semseg.job import TrainingJob, TransformJob, TuningJob
from semseg.local.jobs.job_folder import JobFolder
from semseg.model import ModelPackage
from semseg.transformer import Transformer
from semseg.tuner import ContinuousParameter, HyperparameterTuner
from tests.local.fakes import channels_at, estimator_at, session_at


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Estimator:
    folder = tmp_path_factory.mktemp("trained")
    estimator = estimator_at(folder / "home", "tell_of_epochs")
    estimator.fit(channels_at(folder), job_name="street-1", logs=False)
    return estimator


def test_an_estimator_says_how_its_job_stands(trained: Estimator, tmp_path: Path) -> None:
    assert repr(trained) == "<Estimator job street-1: Completed, mIOU 0.78 of whole pictures>"  # 0.775
    assert repr(trained.latest_training_job) == "<TrainingJob street-1: Completed, mIOU 0.78 of whole pictures>"
    assert repr(estimator_at(tmp_path)) == "<Estimator on local, no job yet>"


def test_a_model_says_where_its_parameters_lie(trained: Estimator, tmp_path: Path) -> None:
    assert repr(trained.create_model(name="best")) == f"<Model best: {trained.model_data}>"
    assert repr(semseg.Model(model_data="m.tar.gz", sagemaker_session=session_at(tmp_path))) == (
        "<Model without a name: m.tar.gz>"
    )
    arn = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/street/1"
    assert repr(ModelPackage(None, arn)) == f"<ModelPackage without a name: {arn}>"


def test_the_others_say_what_they_belong_to(trained: Estimator, tmp_path: Path) -> None:
    session = session_at(tmp_path)
    ranges = {"learning_rate": ContinuousParameter(0.001, 0.1)}
    tuner = HyperparameterTuner(trained, "validation:mIOU", ranges)
    assert repr(tuner) == "<HyperparameterTuner of validation:mIOU, no job yet>"
    assert (
        repr(Transformer("street", 1, "local", sagemaker_session=session))
        == "<Transformer of model street, no job yet>"
    )
    assert repr(semseg.Predictor("street", session)) == "<Predictor of endpoint street>"
    assert repr(session) == f"<LocalSession at {tmp_path}>"
    assert repr(semseg.Session()).startswith("<Session of this machine, at ")
    assert repr(semseg.Session().managed) == "<ManagedSession of SageMaker>"


@pytest.mark.parametrize("kind", [TrainingJob, TransformJob, TuningJob])
def test_a_job_of_sagemaker_is_known_by_its_name_alone(
    kind: type[TrainingJob | TransformJob | TuningJob], tmp_path: Path
) -> None:
    class Untouchable:
        def __getattr__(self, name: str) -> object:
            raise AssertionError(f"AWS was asked for {name}")

    session = semseg.Session(sagemaker_client=Untouchable())
    assert repr(kind(session, "far-away")) == f"<{kind.__name__} far-away>"


def test_a_repr_never_raises(trained: Estimator, tmp_path: Path) -> None:
    assert repr(Estimator.__new__(Estimator)) == "<Estimator>"
    estimator = estimator_at(tmp_path / "home", "tell_of_epochs")
    estimator.fit(channels_at(tmp_path), job_name="broken", logs=False)
    JobFolder(tmp_path / "home" / "jobs" / "broken").status_file.write_text("{")
    assert repr(estimator) == "<Estimator>"
