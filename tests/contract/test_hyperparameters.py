from __future__ import annotations

from pathlib import Path

import pytest

from semseg.contract.exported_forms import Form
from semseg.contract.hyperparameter_table import markdown_table
from semseg.contract.hyperparameters import (
    MEASURED,
    Hyperparameters,
    check_hyperparameter_name,
    default_strings,
)
from semseg.errors import HyperparameterError

LEAST = {"num_classes": "21", "num_training_samples": "1464"}


def read(**strings: str) -> Hyperparameters:
    return Hyperparameters.from_strings({**LEAST, **strings})


def test_the_documented_defaults_are_those_of_the_built_in_algorithm() -> None:
    defaults = default_strings()
    documented = {
        "backbone": "resnet-50",
        "use_pretrained_model": "True",
        "algorithm": "fcn",
        "base_size": "520",
        "crop_size": "240",
        "early_stopping": "False",
        "early_stopping_min_epochs": "5",
        "early_stopping_patience": "4",
        "early_stopping_tolerance": "0.0",
        "epochs": "10",
        "gamma1": "0.9",
        "gamma2": "0.9",
        "learning_rate": "0.001",
        "lr_scheduler": "poly",
        "lr_scheduler_factor": "0.1",
        "lr_scheduler_step": "",
        "mini_batch_size": "16",
        "momentum": "0.9",
        "optimizer": "sgd",
        "syncbn": "False",
        "validation_mini_batch_size": "16",
        "weight_decay": "0.0001",
        "precision_dtype": "float32",
        "_kvstore": "device",
        "_num_kv_servers": "auto",
        "_workers": "16",
        "_aux_loss": "True",
        "_aux_weight": "0.5",
        "_hybrid": "False",
        "_augmentation_type": "default",
        "_logging_frequency": "20",
    }
    ours = {"seed": "0", "pretrained_weights": "", "export": "", "engine": "auto", "compile": "False"}
    ours |= {"_checkpoint_seconds": "300", "_cache": "auto", "bad_samples": "fail"}
    ours |= {"exif_orientation": "ignore", "sample_bits": "auto"}
    ours |= {"loss": "cross_entropy", "class_weights": "none", "label_smoothing": "0.0", "rare_class_crops": "0.0"}
    ours |= {"warmup_epochs": "0.0", "gradient_clip": "0.0", "accumulate": "1", "ema_decay": "0.0"}
    ours |= {
        "freeze_batch_norm": "False",
        "freeze_backbone_epochs": "0",
        "test_time_augmentation": "none",
        "aligned_sizes": "False",
        "time_budget": "",
    }
    assert defaults == {**documented, **ours}


EXPORT_RULE = (
    "one of onnx-fp32, onnx-fp32-light, onnx-int8, onnx-int8-light, openvino-fp32, openvino-fp32-light, openvino-int8, "
    "openvino-int8-light, or empty"
)
LOSS_RULE = "one of cross_entropy, dice, focal, ohem, lovasz, or a sum of them, such as cross_entropy+dice"
WEIGHTS_RULE = 'none, balanced, or a comma-separated list of numbers of at least 0, such as "1, 2.5"'


@pytest.mark.parametrize(
    ("name", "good", "bad", "rule"),
    [
        ("num_classes", "2", "1", "a whole number from 2 to 254"),
        ("num_classes", "254", "255", "a whole number from 2 to 254"),
        ("num_training_samples", "1", "0", "a whole number of at least 1"),
        ("backbone", "resnet-101", "resnet50", "one of resnet-50, resnet-101"),
        ("use_pretrained_model", "False", "no", "True or False"),
        ("algorithm", "deeplab", "unet", "one of fcn, psp, deeplab"),
        ("base_size", "17", "16", "a whole number from 17 to 65535"),
        ("crop_size", "17", "16", "a whole number from 17 to 65535"),
        ("base_size", "65535", "65536", "a whole number from 17 to 65535"),
        ("crop_size", "65535", "1000000000000000000", "a whole number from 17 to 65535"),
        ("early_stopping", "true", "1", "True or False"),
        ("early_stopping_min_epochs", "0", "-1", "a whole number of at least 0"),
        ("early_stopping_patience", "0", "2.5", "a whole number of at least 0"),
        ("early_stopping_tolerance", "1", "1.01", "a number at least 0 and at most 1"),
        ("epochs", "1", "0", "a whole number of at least 1"),
        ("gamma1", "0", "-0.1", "a number at least 0 and at most 1"),
        ("gamma2", "1", "2", "a number at least 0 and at most 1"),
        ("learning_rate", "1", "0", "a number above 0 and at most 1"),
        ("learning_rate", "1e-4", "nan", "a number above 0 and at most 1"),
        ("lr_scheduler", "cosine", "linear", "one of step, poly, cosine"),
        ("lr_scheduler_factor", "0", "1.5", "a number at least 0 and at most 1"),
        ("lr_scheduler_step", "10, 20", "10;20", 'a comma-separated list of epochs, each at least 1, such as "10, 20"'),
        ("lr_scheduler_step", "1", "0", 'a comma-separated list of epochs, each at least 1, such as "10, 20"'),
        ("mini_batch_size", "1", "0", "auto, or a whole number of at least 1"),
        ("mini_batch_size", "auto", "Auto", "auto, or a whole number of at least 1"),
        ("momentum", "1", "0", "a number above 0 and at most 1"),
        ("optimizer", "nag", "adadelta", "one of adam, adagrad, nag, rmsprop, sgd, adamw"),
        ("syncbn", "True", "yes", "True or False"),
        ("validation_mini_batch_size", "1", "0", "a whole number of at least 1"),
        ("weight_decay", "0.5", "1", "a number above 0 and below 1"),
        ("weight_decay", "1e-5", "0", "a number above 0 and below 1"),
        ("precision_dtype", "auto", "float64", "one of float32, bfloat16, float16, auto"),
        ("_kvstore", "local", "dist_sync", "one of device, local"),
        ("_workers", "0", "-1", "a whole number of at least 0"),
        ("_aux_loss", "False", "none", "True or False"),
        ("_aux_weight", "0", "1.1", "a number at least 0 and at most 1"),
        ("_hybrid", "True", "maybe", "True or False"),
        ("_augmentation_type", "strong", "weak", "one of default, none, strong"),
        ("_logging_frequency", "1", "0", "a whole number of at least 1"),
        ("seed", "7", "-1", "a whole number from 0 to 2147483647"),
        ("export", "onnx-int8", "int8", EXPORT_RULE),
        ("engine", "pytorch", "openvino", "one of auto, mxnet, pytorch"),
        ("compile", "True", "default", "True or False"),
        ("_cache", "off", "none", "auto, off, or a whole number of at least 1"),
        ("_cache", "1", "0", "auto, off, or a whole number of at least 1"),
        ("loss", "dice + focal", "dice+dice", LOSS_RULE),
        ("loss", "lovasz", "dice,focal", LOSS_RULE),
        ("class_weights", "balanced", "even", WEIGHTS_RULE),
        ("class_weights", "0" + 20 * ", 1", "1, -1", WEIGHTS_RULE),
        ("class_weights", "0.5" + 20 * ",2", "0, 0", WEIGHTS_RULE),
        ("label_smoothing", "0.1", "1", "a number at least 0 and below 1"),
        ("rare_class_crops", "1", "1.1", "a number at least 0 and at most 1"),
        ("warmup_epochs", "0.5", "-1", "a number at least 0 and at most 1000"),
        ("gradient_clip", "1", "inf", "a number at least 0 and at most 1e+06"),
        ("accumulate", "4", "0", "a whole number of at least 1"),
        ("ema_decay", "0.999", "1", "a number at least 0 and below 1"),
        ("freeze_batch_norm", "True", "1", "True or False"),
        ("freeze_backbone_epochs", "2", "0.5", "a whole number of at least 0"),
        ("test_time_augmentation", "flip", "True", "one of none, flip, multiscale"),
    ],
)
def test_each_rule_accepts_its_bounds_and_names_itself_when_broken(name: str, good: str, bad: str, rule: str) -> None:
    read(**{name: good})
    with pytest.raises(HyperparameterError) as caught:
        read(**{name: bad})
    assert str(caught.value) == f"{name} must be {rule}, got {bad!r}"


@pytest.mark.parametrize(
    ("name", "text"), [("epochs", "1_0"), ("learning_rate", "0.0_1"), ("lr_scheduler_step", "1_0,20")]
)
def test_a_number_is_not_written_with_underscores_as_in_python(name: str, text: str) -> None:
    with pytest.raises(HyperparameterError, match=f"^{name} must be "):
        read(**{name: text})


def test_an_unknown_name_is_told_with_the_nearest_known_one() -> None:
    with pytest.raises(HyperparameterError, match=r"'crop_sizes' is not a hyperparameter .* did you mean 'crop_size'"):
        read(crop_sizes="240")


def test_the_name_that_tuning_jobs_add_is_passed_over() -> None:
    check_hyperparameter_name("_tuning_objective_metric")
    assert read(_tuning_objective_metric="validation:mIOU") == read()


def test_what_the_sdk_adds_for_its_own_containers_is_passed_over() -> None:
    assert read(sagemaker_program='"train.py"', sagemaker_region='"eu-west-1"') == read()


@pytest.mark.parametrize(
    ("strings", "sentence"),
    [
        (
            {"precision_dtype": "bfloat16"},
            "precision_dtype is bfloat16, and MXNet computes in float32 only: leave it out, or set engine to pytorch",
        ),
        (
            {"compile": "True"},
            "compile is True, and MXNet has no compiler for the training step: leave it out, or set engine to pytorch",
        ),
    ],
)
def test_what_mxnet_cannot_do_is_refused_where_mxnet_is_asked_for(strings: dict[str, str], sentence: str) -> None:
    with pytest.raises(HyperparameterError) as caught:
        read(engine="mxnet", **strings)
    assert str(caught.value) == sentence
    assert read(**strings).beyond_mxnet == sentence.partition(":")[0]
    assert read(engine="pytorch", **strings).engine == "pytorch"


def test_the_precision_auto_is_float32_on_mxnet() -> None:
    assert read(engine="mxnet", precision_dtype="auto").beyond_mxnet == ""


def test_missing_and_wrong_values_are_told_all_at_once() -> None:
    with pytest.raises(HyperparameterError) as caught:
        Hyperparameters.from_strings({"epochs": "none"})
    assert str(caught.value).splitlines() == [
        "num_classes must be set: a whole number from 2 to 254",
        "epochs must be a whole number of at least 1, got 'none'",
    ]


def test_the_step_scheduler_needs_its_epochs() -> None:
    with pytest.raises(HyperparameterError, match="lr_scheduler_step must be set when lr_scheduler is step"):
        read(lr_scheduler="step")
    assert read(lr_scheduler="step", lr_scheduler_step="20, 10").lr_scheduler_step == (10, 20)


def test_the_wire_form_reads_back_as_it_was() -> None:
    told = read(lr_scheduler="step", lr_scheduler_step="10, 20", early_stopping="True", _workers="3", seed="5")
    assert Hyperparameters.from_strings(told.to_strings()) == told
    assert told.to_strings()["lr_scheduler_step"] == "10,20"
    assert told.to_strings()["early_stopping"] == "True"


def test_the_form_that_export_names_is_known_by_its_parts() -> None:
    assert read(export="openvino-int8").exported_form == Form("openvino", "int8")
    assert read(export="openvino-fp32-light").exported_form == Form("openvino", "fp32", light=True)
    assert read().exported_form is None


@pytest.mark.parametrize(("crop_size", "rounded"), [("17", 24), ("240", 240), ("241", 248)])
def test_a_crop_is_rounded_up_to_a_multiple_of_eight(crop_size: str, rounded: int) -> None:
    assert read(crop_size=crop_size).rounded_crop_size == rounded


@pytest.mark.parametrize(("crop_size", "rounded"), [("17", 17), ("240", 241), ("241", 241), ("242", 249)])
def test_an_aligned_crop_is_rounded_up_to_a_multiple_of_eight_and_one_more(crop_size: str, rounded: int) -> None:
    assert read(crop_size=crop_size, aligned_sizes="True").rounded_crop_size == rounded


def test_the_documentation_holds_the_table_as_the_code_prints_it() -> None:
    page = Path(__file__).parents[2] / "docs" / "hyperparameters.md"
    assert markdown_table() in page.read_text()


def test_the_warm_up_ends_before_the_job() -> None:
    assert read(warmup_epochs="9.5").warmup_epochs == 9.5
    with pytest.raises(HyperparameterError, match=r"^warmup_epochs must be below epochs, 10, got 10$"):
        read(warmup_epochs="10")
    with pytest.raises(HyperparameterError, match=r"^warmup_epochs must be below epochs, 2, got 2.5$"):
        read(epochs="2", warmup_epochs="2.5")


def test_class_weights_are_a_number_for_each_class() -> None:
    assert read(num_classes="3", class_weights="1, 2, 0.5").class_weights == (1.0, 2.0, 0.5)
    with pytest.raises(HyperparameterError, match="class_weights must give a number for each class, 3, got 2"):
        read(num_classes="3", class_weights="1, 2")


@pytest.mark.parametrize(("text", "seconds"), [("30m", 1800), ("1.5h", 5400), ("90s", 90), ("", None)])
def test_a_time_budget_is_a_number_of_seconds_minutes_or_hours(text: str, seconds: float | None) -> None:
    assert Hyperparameters.from_strings({"num_classes": "2", "time_budget": text}).budget_seconds == seconds


@pytest.mark.parametrize("text", ["30", "m", "0m", "-1h", "1e999h", "1_0m", "nanm", "30 days", "30 m m"])
def test_another_time_budget_is_refused(text: str) -> None:
    with pytest.raises(HyperparameterError, match="time_budget must be a number with s, m or h behind it, such as"):
        Hyperparameters.from_strings({"num_classes": "2", "time_budget": text})


def test_a_time_budget_leaves_the_precision_to_its_plan_unless_it_was_given() -> None:
    given = {"num_classes": "2", "time_budget": "30m"}
    assert Hyperparameters.from_strings(given).precision_dtype == "auto"
    assert Hyperparameters.from_strings({**given, "precision_dtype": "float32"}).precision_dtype == "float32"
    assert Hyperparameters.from_strings({"num_classes": "2"}).precision_dtype == "float32"


def test_epochs_and_a_time_budget_exclude_each_other() -> None:
    with pytest.raises(HyperparameterError, match=r"^epochs must be left out with time_budget, which sets it$"):
        Hyperparameters.from_strings({"num_classes": "2", "time_budget": "30m", "epochs": "10"})


def test_auto_stands_for_a_batch_that_is_yet_to_be_measured_and_is_written_as_it_was_given() -> None:
    hyperparameters = read(mini_batch_size="auto")
    assert hyperparameters.mini_batch_size == MEASURED == 0
    assert hyperparameters.to_strings()["mini_batch_size"] == "auto"
    assert read(mini_batch_size="3").to_strings()["mini_batch_size"] == "3"


def test_a_batch_has_a_sample_for_each_of_its_parts() -> None:
    assert read(mini_batch_size="4", accumulate="4").accumulate == 4
    assert read(mini_batch_size="auto", accumulate="40").accumulate == 40
    for size, strings in ((4, {"mini_batch_size": "4", "accumulate": "5"}), (16, {"accumulate": "17"})):
        with pytest.raises(HyperparameterError, match=f"accumulate must be at most mini_batch_size, {size}, got"):
            read(**strings)


def test_labels_are_smoothed_only_where_a_loss_does_so() -> None:
    assert read(loss="dice+ohem", label_smoothing="0.1").label_smoothing == 0.1
    assert read(loss="dice").label_smoothing == 0
    with pytest.raises(HyperparameterError) as caught:
        read(loss="dice+focal", label_smoothing="0.1")
    rule = "label_smoothing must be 0 with loss dice+focal: only cross_entropy and ohem smooth labels"
    assert str(caught.value) == rule
