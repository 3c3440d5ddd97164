"""The hyperparameters as fields of a form."""

from __future__ import annotations

from dataclasses import fields

from semseg.contract.hyperparameters import Hyperparameters, wire_name
from semseg.overview.hyperparameter_fields import GROUPS, hyperparameter_fields, problems_by_name

FIELDS = {field.name: field for field in hyperparameter_fields()}


def test_each_hyperparameter_is_in_one_group() -> None:
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(item.name for item in fields(Hyperparameters))
    assert set(FIELDS) == {wire_name(item) for item in fields(Hyperparameters)}


def test_a_number_has_its_bounds_and_its_default() -> None:
    field = FIELDS["num_classes"]
    assert (field.kind, field.least, field.most, field.default, field.required) == ("whole number", 2, 254, "", True)
    field = FIELDS["weight_decay"]
    assert (field.kind, field.least, field.most, field.default) == ("number", 0, 1, "0.0001")
    assert FIELDS["num_training_samples"].default == "counted"


def test_a_choice_has_its_words() -> None:
    assert FIELDS["algorithm"].choices == ("fcn", "psp", "deeplab")
    assert (FIELDS["syncbn"].kind, FIELDS["syncbn"].choices) == ("yes or no", ("True", "False"))
    assert FIELDS["lr_scheduler_step"].kind == "text"


def test_an_option_has_no_underscore_and_a_note_has_no_link() -> None:
    assert FIELDS["_workers"].option == "--workers"
    assert FIELDS["validation_mini_batch_size"].option == "--validation-mini-batch-size"
    assert FIELDS["engine"].note == "the engine that trains"


def test_each_problem_stands_at_its_field() -> None:
    found = problems_by_name({"epochs": "0", "lr_scheduler": "step"})
    assert found == {
        "num_classes": "num_classes must be set: a whole number from 2 to 254",
        "epochs": "epochs must be a whole number of at least 1, got '0'",
        "lr_scheduler_step": 'lr_scheduler_step must be set when lr_scheduler is step, for instance to "10, 20"',
    }
    assert problems_by_name({"num_classes": "2"}) == {}
    assert list(problems_by_name({"num_classes": "2", "nix": "1"})) == [""]
