from __future__ import annotations

from dataclasses import fields

import pytest

from semseg.contract.hyperparameters import Hyperparameters, check_hyperparameter_name, check_values, wire_name
from semseg.contract.short_names import MEANT
from semseg.errors import HyperparameterError


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("lr", "learning_rate"),
        ("LR", "learning_rate"),
        ("bs", "mini_batch_size"),
        ("batch-size", "mini_batch_size"),
        ("classes", "num_classes"),
        ("n_classes", "num_classes"),
        ("wd", "weight_decay"),
        ("arch", "algorithm"),
        ("decoder", "algorithm"),
        ("encoder", "backbone"),
        ("crop", "crop_size"),
        ("val_batch_size", "validation_mini_batch_size"),
        ("num_epochs", "epochs"),
        ("pretrained", "use_pretrained_model"),
        ("patience", "early_stopping_patience"),
        ("num_workers", "_workers"),
        ("learnin_rate", "learning_rate"),
    ],
)
def test_a_name_from_elsewhere_is_told_with_the_name_here(name: str, meant: str) -> None:
    with pytest.raises(HyperparameterError) as refusal:
        check_hyperparameter_name(name)
    assert str(refusal.value) == (f"'{name}' is not a hyperparameter of semantic segmentation; did you mean '{meant}'?")


def test_every_short_name_stands_for_a_hyperparameter_and_is_none_itself() -> None:
    names = {wire_name(item) for item in fields(Hyperparameters)}
    assert set(MEANT.values()) <= names
    assert not set(MEANT) & names


def test_a_long_name_is_shortened() -> None:
    with pytest.raises(HyperparameterError) as refusal:
        check_hyperparameter_name("x" * 400_000)
    assert len(str(refusal.value)) < 250


@pytest.mark.parametrize("value", [[10, 20], (10, 20), [20, 10], "10, 20"])
def test_epochs_may_be_a_list_or_a_tuple(value: object) -> None:
    check_values({"lr_scheduler_step": value})


@pytest.mark.parametrize("value", [[10, 0], [1.5], [[1]], ["a"]])
def test_a_list_with_what_is_no_epoch_is_refused(value: object) -> None:
    with pytest.raises(HyperparameterError, match=r"^lr_scheduler_step must be a comma-separated list of epochs"):
        check_values({"lr_scheduler_step": value})
