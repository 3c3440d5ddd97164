"""Attributes that check what they are set to."""

from __future__ import annotations

import pytest

from semseg.amazon.hyperparameter import Hyperparameter


class Algorithm:
    epochs = Hyperparameter("epochs", lambda value: value > 0, "at least 1", int)
    steps = Hyperparameter("steps", data_type=list)
    backbone = Hyperparameter("backbone", [lambda value: "-" in value, lambda value: value.islower()])


def test_a_value_is_converted_checked_and_kept_for_its_object_alone() -> None:
    one, other = Algorithm(), Algorithm()
    one.epochs, one.steps, one.backbone = "3", (10, 20), "resnet-50"
    other.epochs = None
    assert (one.epochs, one.steps, other.epochs) == (3, [10, 20], None)
    assert Hyperparameter.serialize_all(one) == {"epochs": "3", "steps": "[10, 20]", "backbone": "resnet-50"}
    assert Hyperparameter.serialize_all(other) == Hyperparameter.serialize_all(Algorithm()) == {}


def test_a_value_that_breaks_a_check_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^Invalid hyperparameter value 0 for epochs\. Expecting: at least 1$"):
        Algorithm().epochs = 0
    with pytest.raises(ValueError, match="value ResNet-50 for backbone"):
        Algorithm().backbone = "ResNet-50"


def test_what_is_not_set_or_deleted_is_not_there() -> None:
    algorithm = Algorithm()
    assert not hasattr(algorithm, "epochs")
    algorithm.epochs = 3
    del algorithm.epochs
    assert not hasattr(algorithm, "epochs")
