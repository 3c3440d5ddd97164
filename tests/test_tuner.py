"""The tuner over real tuning jobs of this machine, whose trials are those of fake_trials.py."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any

import pytest

from semseg.errors import HyperparameterError, UserError
from semseg.estimator import Estimator
from semseg.local import LocalSession
from semseg.local.commands import Commands
from semseg.local.jobs.home import Home
from semseg.tuner import (
    CategoricalParameter,
    ContinuousParameter,
    HyperparameterTuner,
    HyperparameterTuningJobAnalytics,
    IntegerParameter,
    TuningJobCompletionCriteriaConfig,
    WarmStartConfig,
    WarmStartTypes,
)
from tests.local.fakes import EXPORT, SERVE, channels_at, session_at

TRAIN = (sys.executable, "-m", "tests.local.fake_trials")
RATES = {"learning_rate": CategoricalParameter([0.1, 0.01])}


class Counting(LocalSession):
    """Counts how often it was asked how a tuning job is."""

    asked = 0

    def describe_tuning_job(self, job_name: str) -> dict[str, Any]:
        self.asked += 1
        return super().describe_tuning_job(job_name)


def tuner_of(session: LocalSession, ranges: Any = RATES, **arguments: Any) -> HyperparameterTuner:
    estimator = Estimator(
        instance_count=1,
        instance_type="local",
        sagemaker_session=session,
        hyperparameters={"num_classes": 2, "num_training_samples": 3, "learning_rate": 0.5},
    )
    return HyperparameterTuner(estimator, "validation:mIOU", ranges, **{"strategy": "Grid", **arguments})


def test_the_parameters_are_those_of_the_sdk_in_its_order() -> None:
    assert " ".join(inspect.signature(HyperparameterTuner).parameters) == (
        "estimator objective_metric_name hyperparameter_ranges metric_definitions strategy objective_type max_jobs "
        "max_parallel_jobs max_runtime_in_seconds tags base_tuning_job_name warm_start_config strategy_config "
        "completion_criteria_config early_stopping_type estimator_name random_seed autotune "
        "hyperparameters_to_keep_static"
    )


def test_the_best_trial_is_found_attached_and_deployed(tmp_path: Path) -> None:
    session = Counting.at(Home(tmp_path / "home"), Commands(TRAIN, SERVE, EXPORT))
    assert isinstance(session, Counting)
    tuner = tuner_of(session, base_tuning_job_name="roads")
    tuner.fit(channels_at(tmp_path))
    name = tuner.latest_tuning_job and tuner.latest_tuning_job.name
    assert name
    assert name.startswith("roads-")
    assert tuner.best_training_job().startswith(f"{name}-002-")
    best = tuner.best_estimator()
    assert best.hyperparameters() == {"num_classes": "2", "num_training_samples": "3", "learning_rate": "0.01"}

    rows = HyperparameterTuningJobAnalytics(name, session).rows()
    assert [(row["learning_rate"], row["FinalObjectiveValue"]) for row in rows] == [(0.1, 0.75), (0.01, 1.0)]
    frame = tuner.analytics().dataframe()
    assert list(frame["TrainingJobStatus"]) == ["Completed", "Completed"]
    assert (frame["TrainingElapsedTimeSeconds"] > 0).all()

    again = HyperparameterTuner.attach(name, session)
    assert again.best_training_job() == tuner.best_training_job()
    assert again.hyperparameter_ranges() == tuner.hyperparameter_ranges()
    assert again.estimator.hyperparameters() == {"num_classes": "2", "num_training_samples": "3"}

    asked = session.asked
    predictor = again.deploy(1, "local")
    assert session.asked == asked + 1  # model and name are of the same trial, also while the job runs
    assert predictor.endpoint_name == tuner.best_training_job()
    assert session.describe_endpoint(predictor.endpoint_name)["EndpointStatus"] == "InService"
    predictor.delete_endpoint()


def test_ranges_are_strings_of_the_api(tmp_path: Path) -> None:
    ranges = {
        "learning_rate": ContinuousParameter(1e-4, 0.1, "Logarithmic"),
        "epochs": IntegerParameter(2, 5),
        "optimizer": CategoricalParameter(["sgd", "adam"]),
    }
    tuner = tuner_of(session_at(tmp_path, TRAIN), ranges, strategy="Random")
    assert tuner.hyperparameter_ranges() == {
        "ContinuousParameterRanges": [
            {"Name": "learning_rate", "MinValue": "0.0001", "MaxValue": "0.1", "ScalingType": "Logarithmic"}
        ],
        "IntegerParameterRanges": [{"Name": "epochs", "MinValue": "2", "MaxValue": "5", "ScalingType": "Auto"}],
        "CategoricalParameterRanges": [{"Name": "optimizer", "Values": ["sgd", "adam"]}],
    }


@pytest.mark.parametrize(
    ("ranges", "sentence"),
    [
        (
            {"learning_rate": ContinuousParameter(0.5, 2)},
            "learning_rate must be a number above 0 and at most 1, got '2'",
        ),
        ({"optimizer": CategoricalParameter(["sgd", "lion"])}, "optimizer must be one of .*, got 'lion'"),
    ],
)
def test_a_value_that_no_job_would_take_is_found_before_the_first(tmp_path: Path, ranges: Any, sentence: str) -> None:
    tuner = tuner_of(session_at(tmp_path / "home", TRAIN), ranges, strategy="Random")
    with pytest.raises(HyperparameterError, match=f"^{sentence}$"):
        tuner.fit(channels_at(tmp_path))
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("count", "ranges", "sentence"),
    [
        (2, {"engine": CategoricalParameter(["pytorch", "mxnet"])}, "engine must be pytorch where instance_count is 2"),
        (2, {"mini_batch_size": IntegerParameter(1, 8)}, "mini_batch_size must be at least .*, 2, got 1"),
        (3, {"mini_batch_size": CategoricalParameter([4, 2])}, "mini_batch_size must be at least .*, 3, got 2"),
    ],
)
def test_a_value_that_so_many_processes_cannot_train_with_is_found_before_the_first_job(
    tmp_path: Path, count: int, ranges: Any, sentence: str
) -> None:
    tuner = tuner_of(session_at(tmp_path / "home", TRAIN), ranges, strategy="Random")
    tuner.estimator.instance_count = count
    with pytest.raises(UserError, match=f"^{sentence}"):
        tuner.fit(channels_at(tmp_path))
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"strategy": "Guess"}, "strategy must be one of Bayesian, Random, Hyperband, Grid, got 'Guess'"),
        ({"objective_type": "Most"}, "objective_type must be one of Maximize, Minimize, got 'Most'"),
        ({"early_stopping_type": "On"}, "early_stopping_type must be one of Off, Auto, got 'On'"),
        ({"autotune": True}, "autotune is not supported: leave it out"),
        ({"estimator_name": "one"}, "estimator_name is not supported: leave it out"),
        ({"ranges": {}}, "hyperparameter_ranges must have at least one range, got none"),
        ({"ranges": {"epochs": 3}}, "the range of epochs must be a ContinuousParameter, .*, got int"),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_name(tmp_path: Path, arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=f"^{sentence}$"):
        tuner_of(session_at(tmp_path, TRAIN), **arguments)


def test_an_objective_that_the_algorithm_does_not_have_is_refused(tmp_path: Path) -> None:
    estimator = tuner_of(session_at(tmp_path, TRAIN)).estimator
    with pytest.raises(UserError, match=r"'accuracy'$"):
        HyperparameterTuner(estimator, "accuracy", RATES)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: ContinuousParameter(2, 1), "min_value must be at most max_value, got 2 and 1"),
        (lambda: ContinuousParameter("1", 2), "min_value must be a number, got '1'"),  # type: ignore[arg-type]
        (lambda: IntegerParameter(1, 2.5), r"max_value of an IntegerParameter must be a whole number, got 2\.5"),
        (lambda: ContinuousParameter(0, 1, "Logarithmic"), "min_value of a Logarithmic range must be above 0, got 0"),
        (lambda: ContinuousParameter(0, 1, "Cubic"), "scaling_type must be one of Auto, .*, got 'Cubic'"),
        (lambda: CategoricalParameter([]), "values of a CategoricalParameter must be at least one, got none"),
        (lambda: WarmStartConfig(WarmStartTypes.TRANSFER_LEARNING, []), r"parents must be .*, got \[\]"),
    ],
)
def test_a_range_that_is_none_is_refused(make: Any, sentence: str) -> None:
    with pytest.raises(UserError, match=f"^{sentence}$"):
        make()


def test_an_earlier_job_cannot_be_gone_on_from_on_this_machine(tmp_path: Path) -> None:
    warm = WarmStartConfig(WarmStartTypes.TRANSFER_LEARNING, {"earlier"})
    tuner = tuner_of(session_at(tmp_path / "home", TRAIN), warm_start_config=warm)
    with pytest.raises(UserError, match=r"^warm_start_config is not supported on this machine: leave it out$"):
        tuner.fit(channels_at(tmp_path))


def test_completion_criteria_are_those_of_the_api() -> None:
    assert TuningJobCompletionCriteriaConfig(3, True, 0.5).to_input_req() == {
        "TargetObjectiveMetricValue": 0.5,
        "BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3},
        "ConvergenceDetected": {"CompleteOnConvergence": "Enabled"},
    }


def test_a_tuner_without_a_job_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^the tuner has no tuning job yet: call fit\(\), or "):
        tuner_of(session_at(tmp_path, TRAIN)).best_training_job()
