"""The plan of a job with a time budget, by hand-counted numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from semseg.contract.hyperparameters import Hyperparameters
from semseg.errors import HyperparameterError
from semseg.planning.costs import Costs, Line
from semseg.planning.data_facts import DataFacts
from semseg.planning.plan import Plan, Size, applied, base_values, made, sizes

NOTHING: frozenset[str] = frozenset()
STREETS = DataFacts(training=80, validation=10, typical=(360, 480), shares=(0.6, 0.39, 0.01))
# A step of n pixels takes n microseconds, a validation sample of n pixels a quarter of that, its last scoring a half.
COSTS = Costs(Line(0.0, 1e-6), 0.0, Line(0.0, 0.25e-6), Line(0.0, 0.5e-6), saving=0.5, spent=20.0, packing=1.0)


def given(**strings: str) -> Hyperparameters:
    return Hyperparameters.from_strings({"num_classes": "3", "time_budget": "10m", **strings})


def planned(facts: DataFacts = STREETS, seconds: float = 600.0, costs: Costs = COSTS, **strings: str) -> Plan:
    """The plan of a job that was given these hyperparameters, and eight samples a batch."""
    names = frozenset(strings)
    settings = given(**{"mini_batch_size": "8", "use_pretrained_model": "False", **strings})
    return made(sizes(facts, settings, names), settings, facts, costs, names, seconds)


def test_a_line_goes_through_two_measurements_and_is_never_below_zero() -> None:
    assert Line.through((100, 3.0), (300, 5.0)) == Line(2.0, 0.01)
    assert Line.through((100, 3.0), (300, 5.0)).at(500) == 7.0
    assert Line.through((100, 1.0), (300, 5.0)) == Line(0.0, 0.02)
    assert Line.through((100, 5.0), (300, 3.0)) == Line(5.0, 0.0)
    assert Line.through((100, 5.0), (100, 7.0)) == Line(0.0, 0.05)


def test_facts_are_those_of_the_pictures_that_were_seen() -> None:
    image = np.zeros((30, 40, 3), np.uint8)
    masks = np.array([[[0, 0, 0, 255]], [[1, 255, 255, 255]]], np.uint8)
    seen = [(image, masks[0]), (image.transpose(1, 0, 2), masks[1]), (np.zeros((90, 20, 3), np.uint8), masks[0])]
    assert DataFacts.of(7, 2, 3, seen) == DataFacts(7, 2, (40, 30), (6 / 7, 1 / 7, 0.0))


def test_sizes_are_scales_of_the_long_side_with_crops_of_two_thirds() -> None:
    assert sizes(STREETS, given(), NOTHING) == [
        Size(480, 320),
        Size(360, 240),
        Size(240, 160),
        Size(180, 120),
        Size(120, 80),
    ]
    small = DataFacts(80, 10, (75, 100), ())
    assert sizes(small, given(), NOTHING) == [Size(100, 64), Size(75, 48), Size(50, 48), Size(48, 48)]
    large = DataFacts(80, 10, (2000, 1500), ())
    assert sizes(large, given(), NOTHING)[:2] == [Size(2000, 480), Size(1500, 480)]
    assert sizes(small, given(aligned_sizes="True"), NOTHING)[:2] == [Size(100, 65), Size(75, 49)]


def test_sizes_that_were_given_stay() -> None:
    both = given(base_size="200", crop_size="100")
    assert sizes(STREETS, both, frozenset({"base_size"})) == [Size(200, 128)]
    assert sizes(STREETS, both, frozenset({"crop_size"}))[0] == Size(480, 104)
    assert sizes(STREETS, both, frozenset({"base_size", "crop_size"})) == [Size(200, 104)]


def test_sizes_for_which_memory_has_no_room_are_left_out() -> None:
    batch = given(mini_batch_size="8")
    assert sizes(STREETS, batch, NOTHING, lambda job: job.crop_size <= 160)[0] == Size(240, 160)
    assert sizes(STREETS, batch, NOTHING, lambda job: job.base_size != 480)[0] == Size(360, 240)
    assert sizes(STREETS, batch, NOTHING, lambda job: False) == [Size(120, 80)]


def test_what_needs_no_measurement_is_planned_where_it_was_not_given() -> None:
    scratch = given(use_pretrained_model="False")
    values = base_values(STREETS, scratch, NOTHING, devices=1)
    assert values == {
        "mini_batch_size": "8",
        "precision_dtype": "auto",
        "optimizer": "adam",
        "lr_scheduler": "poly",
        "learning_rate": "0.001",
        "loss": "cross_entropy+lovasz",
        "aligned_sizes": "True",
        "_augmentation_type": "strong",
        "class_weights": "balanced",
        "rare_class_crops": "0.33",
    }
    assert base_values(STREETS, given(), NOTHING, 1)["learning_rate"] == "0.0003"
    assert base_values(STREETS, scratch, frozenset(values), 1) == {}
    assert base_values(STREETS, scratch, NOTHING, devices=8)["mini_batch_size"] == "16"


@pytest.mark.parametrize(("samples", "is_strong"), [(1, True), (100, True), (101, False)])
def test_few_samples_are_augmented_strongly(samples: int, is_strong: bool) -> None:
    values = base_values(replace(STREETS, training=samples), given(), NOTHING, 1)
    assert ("_augmentation_type" in values) == is_strong
    settings = applied(values, 3, given())
    assert settings.augmentation_type == ("strong" if is_strong else "default")


def test_a_batch_that_is_to_be_measured_is_planned() -> None:
    values = base_values(STREETS, given(mini_batch_size="auto"), frozenset({"mini_batch_size"}), 1)
    assert values["mini_batch_size"] == "8"


def test_the_rate_of_another_rule_is_left_as_it_is() -> None:
    assert "learning_rate" not in base_values(STREETS, given(optimizer="sgd"), frozenset({"optimizer"}), 1)


def test_classes_are_weighed_only_where_one_is_rare() -> None:
    even = DataFacts(3, 1, (360, 480), (0.5, 0.48, 0.02, 0.0))
    assert not {"class_weights", "rare_class_crops"} & set(base_values(even, given(), NOTHING, 1))
    assert base_values(even, given(), NOTHING, 1)["mini_batch_size"] == "3"


def test_the_largest_size_is_taken_at_which_five_hundred_steps_fit() -> None:
    # base 480, crop 320: ten steps of 8 * 102,400 pixels take 8.192 s, ten crops 0.256 s, saving twice 1 s
    plan = planned()
    assert plan.values == {"base_size": "480", "crop_size": "320", "ema_decay": "0.99"}
    assert plan.epoch_seconds == pytest.approx(8.192 + 0.256 + 1.0)
    assert plan.scoring_seconds == pytest.approx(1.256)
    # the last scoring: ten pictures of 480 x 360 pixels, 0.864 s; saving four times 2 s, packing 1 s
    assert plan.ending_seconds == pytest.approx(0.864 + 3.0)
    assert plan.epochs == 60  # of (600 - 20 - 3.864) / 9.448
    assert planned(seconds=200.0).values["crop_size"] == "160"  # 30 epochs of ten steps fit at 240, and 56 here
    assert planned(seconds=60.0).values["crop_size"] == "80"  # 24 epochs fit, so 18 are wanted: 16 fit at 120


def test_the_largest_size_is_taken_at_which_twenty_epochs_fit() -> None:
    many = replace(STREETS, training=800)
    # base 480, crop 320: a hundred steps of 8 * 102,400 pixels take 81.92 s, so an epoch 83.176 s, and the end 3.864 s
    plan = planned(many, seconds=20 + 20 * 83.176 + 4.0)
    assert (plan.values["crop_size"], plan.epochs) == ("320", 20)
    assert planned(many, seconds=20 + 20 * 83.176).values["crop_size"] == "240"


def test_the_parameters_are_averaged_where_five_hundred_steps_fit() -> None:
    assert planned(seconds=499.0).epochs == 50  # of (499 - 23.864) / 9.448, ten steps each
    assert planned(seconds=499.0).values["ema_decay"] == "0.99"
    assert "ema_decay" not in planned(seconds=493.0, base_size="480").values  # 49 epochs
    assert "ema_decay" not in planned(ema_decay="0.999").values  # it stays


def test_where_small_crops_cost_nearly_as_much_the_largest_is_taken_with_three_quarters_of_their_epochs() -> None:
    costs = replace(COSTS, step=Line(0.5, 1e-6))
    # 8 epochs of 6.5 s fit at crop 80, so 6 are wanted: 5 of 10.8 s fit at 240, and 7 of 8.1 s at 160
    plan = planned(seconds=81.0, costs=costs)
    assert (plan.values["crop_size"], plan.epochs) == ("160", 7)


def test_slow_reading_counts_where_it_is_slower_than_the_step() -> None:
    slow = Costs(Line(0.0, 1e-6), 0.25, Line(0.0, 0.0), Line(0.0, 0.0), 0.0, 20.0, 0.0)
    assert planned(costs=slow).epoch_seconds == 20.0  # ten batches of eight samples


def test_whole_pictures_are_counted_where_they_are_scored_after_each_epoch() -> None:
    assert planned(validation_mini_batch_size="1").scoring_seconds == pytest.approx(1.432)


@pytest.mark.parametrize(("base_size", "height", "width"), [(960, 360, 480), (320, 360, 480), (120, 135, 180)])
def test_whole_pictures_are_seen_at_their_own_size_where_it_is_between_a_half_and_one_and_a_half_of_base_size(
    base_size: int, height: int, width: int
) -> None:
    # ten pictures of as many halves of a microsecond, saving four times 2 s, packing 1 s
    assert planned(base_size=str(base_size)).ending_seconds == pytest.approx(height * width * 5e-6 + 3.0)


def test_a_panorama_has_the_pixels_that_it_has() -> None:
    panoramas = replace(STREETS, typical=(60, 480))
    assert planned(panoramas, base_size="480").ending_seconds == pytest.approx(60 * 480 * 5e-6 + 3.0)


def test_the_rate_rises_where_the_encoder_has_weights_to_lose() -> None:
    assert planned(use_pretrained_model="True").values["warmup_epochs"] == "3"  # a twentieth of 60
    assert planned(use_pretrained_model="True", warmup_epochs="1").values.get("warmup_epochs") is None


def test_a_budget_for_less_than_an_epoch_is_refused_with_the_least_one() -> None:
    # crop 80: ten steps of 51,200 pixels are 0.512 s, ten crops 0.016 s, saving 1 s; the end, of ten pictures
    # of 180 x 135 pixels, 0.1215 + 3 s
    assert planned(seconds=24.7).epochs == 1
    rule = (
        r"^time_budget must be at least 25s here, got 10m: 20 s are spent before the first step, an epoch of 80 "
        r"pictures at crop_size 80 takes 2 s, and all that follows the last one 3 s$"
    )
    with pytest.raises(HyperparameterError, match=rule):
        planned(seconds=24.6)


def test_a_plan_says_itself_in_a_table() -> None:
    plan = Plan({"crop_size": "320", "base_size": "480"}, 61, 9.448, 1.256, 2.432, 600.0)
    assert plan.lines() == [
        "Plan for 600 seconds: about 61 epochs of 9.4 seconds, and 2.4 seconds for what follows the last one:",
        "  crop_size  320",
        "  base_size  480",
        "  epochs     about 61",
    ]
    assert replace(plan, epochs=1).lines()[0].startswith("Plan for 600 seconds: about 1 epoch of 9.4 seconds")


def test_planned_values_take_the_place_of_defaults_and_others_stay() -> None:
    settings = given(momentum="0.8", backbone="resnet-101")
    merged = applied({"crop_size": "96", "optimizer": "adam", "warmup_epochs": "12"}, 30, settings)
    assert (merged.crop_size, merged.optimizer, merged.momentum, merged.backbone) == (96, "adam", 0.8, "resnet-101")
    assert (merged.time_budget, merged.epochs) == ("10m", 30)
    with pytest.raises(HyperparameterError, match="warmup_epochs must be below epochs, 3, got 12"):
        applied({}, 3, given(warmup_epochs="12"))
