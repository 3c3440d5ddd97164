"""Arguments in the wrong place or of the wrong type: each is refused in one sentence, before anything is started."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

import semseg
from semseg.api.names import name_from_base, short_name_from_base
from semseg.deserializers import MaskDeserializer
from semseg.errors import HyperparameterError, UserError
from semseg.serializers import ImageSerializer

Call = Callable[..., Any]
# as a script has them, which no type checker reads
Estimator: Any = semseg.Estimator
Model: Any = semseg.Model
Predictor: Any = semseg.Predictor
Transformer: Any = semseg.Transformer


def model(**arguments: Any) -> Any:
    return Model(model_data="model.tar.gz", **arguments)


def estimator(**arguments: Any) -> Any:
    return Estimator(**{"instance_type": "local", **arguments})


COUNT_FIRST = r": the number of machines comes first, then instance_type$"
SESSION = r"^sagemaker_session must be a Session\(\), got "


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda: model().deploy("local", 1),
            "^initial_instance_count must be .* at least 1, got 'local'" + COUNT_FIRST,
        ),
        (lambda: model().deploy("1", "local"), "^initial_instance_count must be a whole number of at least 1, got '1'"),
        (lambda: model().deploy(0, "local"), "^initial_instance_count must be a whole number of at least 1, got 0$"),
        (lambda: model().deploy(True, "local"), "^initial_instance_count must be .*, got True$"),
        (lambda: model().deploy(1, 1), "^instance_type must be .*, got 1$"),
        (lambda: model().transformer("local", 1), "^instance_count must be .*, got 'local'" + COUNT_FIRST),
        (lambda: Transformer("horses", "local", 1), "^instance_count must be .*, got 'local'" + COUNT_FIRST),
        (lambda: Transformer("horses", 1, "lokal"), "^instance_type must be .*, got 'lokal'$"),
        (lambda: Estimator("image", "role", "local", 1), "^instance_count must be .*, got 'local'" + COUNT_FIRST),
        (lambda: estimator(instance_type=1), "^instance_type must be .*, got 1$"),
    ],
)
def test_a_count_and_a_type_that_changed_places_are_refused(call: Call, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        call()


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda: model().deploy(1, "local", MaskDeserializer(), ImageSerializer()),
            r"^serializer must be an object with serialize\(\), got a MaskDeserializer$",
        ),
        (
            lambda: model().deploy(1, "local", ImageSerializer),
            r"^serializer must be an object with serialize\(\), got the class ImageSerializer: "
            r"write ImageSerializer\(\)$",
        ),
        (
            lambda: Predictor("pets", None, None, ImageSerializer()),
            r"^deserializer must be an object with deserialize\(\), got an ImageSerializer$",
        ),
        (lambda: model().deploy(1, "local", endpoint_name=7), "^the name of an endpoint must be .*, got 7$"),
        (lambda: model().deploy(1, "local", wait="no"), "^wait must be True or False, got 'no'$"),
        (lambda: model(env={"A": 1}).deploy(1, "local"), "^env must map strings to strings, got 'A': 1$"),
        (lambda: model(env="A"), "^env must map strings to strings, got 'A'$"),
        (lambda: Model("s3://bucket/model.tar.gz"), "^image_uri must be the address of an image, got 's3://bucket/"),
        (
            lambda: Model(model_data=None).deploy(1, "local"),
            "^model_data must be a URI of a model.tar.gz, got None",
        ),
        (lambda: Model(model_data=7), "^model_data must be a URI of a model.tar.gz, got 7$"),
        (lambda: estimator(base_job_name=7), "^base_job_name must be a string, got 7$"),
        (lambda: estimator(hyperparameters=["epochs"]), r"^hyperparameters must be a dictionary, got a list$"),
        (lambda: estimator(environment="A"), "^environment must map strings to strings, got 'A'$"),
        (lambda: estimator().fit({}, "job-1"), "^wait must be True or False, got 'job-1'$"),
        (lambda: Estimator.attach(None), "^the name of a training job must be .*, got None$"),
    ],
)
def test_an_argument_of_the_wrong_type_is_refused(call: Call, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        call()


@pytest.mark.parametrize("takes", [estimator, model, lambda sagemaker_session: Predictor("pets", sagemaker_session)])
def test_a_session_of_another_kind_is_refused(takes: Call) -> None:
    with pytest.raises(UserError, match=SESSION + "a str$"):
        takes(sagemaker_session="role")
    with pytest.raises(UserError, match=SESSION + r"the class Session: write Session\(\)$"):
        takes(sagemaker_session=semseg.Session)


def test_a_stand_in_for_a_session_is_taken() -> None:
    class Session(semseg.LocalSession):
        pass

    stand_in = SimpleNamespace(for_instance=None)
    assert Predictor("pets", stand_in).sagemaker_session is model(sagemaker_session=stand_in).sagemaker_session
    assert isinstance(estimator(sagemaker_session=Session()).sagemaker_session, Session)


def test_an_endpoint_is_not_updated_to_numbers_that_are_none() -> None:
    with pytest.raises(UserError, match="^initial_instance_count must be .*, got 'ml.m5.xlarge'" + COUNT_FIRST):
        Predictor("pets").update_endpoint("ml.m5.xlarge", 1)
    with pytest.raises(UserError, match=r"^max_instance_count is not supported: leave it out$"):
        Predictor("pets").update_endpoint(max_instance_count=2)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"crop_size": 16}, "crop_size must be a whole number from 17 to 65535, got '16'"),
        ({"epochs": 2, "backbone": 50}, "backbone must be one of resnet-50, resnet-101, got '50'"),
        ({"learning_rate": None}, "learning_rate must be a number above 0 and at most 1, got 'None'"),
        ({"epochs": 0, "seed": -1}, "epochs must be .*, got '0'\nseed must be .*, got '-1'"),
    ],
)
def test_a_value_is_checked_when_it_is_set_and_then_none_of_the_call_is(given: dict[str, Any], sentence: str) -> None:
    horses = estimator(hyperparameters={"epochs": 3})
    with pytest.raises(HyperparameterError, match=f"^{sentence}$"):
        horses.set_hyperparameters(**given)
    assert horses.hyperparameters() == {"epochs": 3}
    with pytest.raises(HyperparameterError, match=sentence):
        estimator(hyperparameters=given)


def test_values_are_kept_as_they_were_set() -> None:
    horses = estimator(
        hyperparameters={"use_pretrained_model": "True", "lr_scheduler_step": "10, 20", "crop_size": "240"}
    )
    assert horses.hyperparameters() == {
        "use_pretrained_model": "True",
        "lr_scheduler_step": "10, 20",
        "crop_size": "240",
    }


@pytest.mark.parametrize("made_up", [name_from_base, short_name_from_base])
def test_names_that_are_made_up_in_one_moment_differ_in_all_threads(made_up: Callable[[str], str]) -> None:
    names: list[str] = []
    threads = [threading.Thread(target=lambda: names.extend(made_up("pets") for _ in range(50))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(names)) == 200
