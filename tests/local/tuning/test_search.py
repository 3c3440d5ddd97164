"""The search alone, over a function whose best value is known."""

from __future__ import annotations

import math
from typing import Any

import pytest

from semseg.errors import UserError
from semseg.local.tuning.search import Search, check_scaling, grid_size

LEARNING_RATE = {"Name": "learning_rate", "MinValue": "0.00001", "MaxValue": "1.0"}
RANGES: dict[str, Any] = {"ContinuousParameterRanges": [LEARNING_RATE]}


def score(parameters: dict[str, str]) -> float:
    """0 at a learning rate of 0.01, -1 at 0.1 and 0.001."""
    return -abs(math.log10(float(parameters["learning_rate"])) + 2)


def scores(strategy: str, trials: int, seed: int, maximize: bool = True) -> list[float]:
    search = Search(RANGES, strategy, maximize, trials, seed)
    found = []
    for _ in range(trials):
        trial = search.ask()
        found.append(score(trial.parameters))
        search.tell(trial, found[-1] if maximize else -found[-1])
    return found


@pytest.mark.parametrize("maximize", [True, False])
def test_the_bayesian_search_does_better_the_longer_it_goes_on_and_better_than_chance(maximize: bool) -> None:
    bayesian = [scores("Bayesian", 30, seed, maximize) for seed in range(5)]
    by_chance = [scores("Random", 30, seed, maximize) for seed in range(5)]
    first = sum(sum(values[:10]) for values in bayesian) / 50
    last = sum(sum(values[20:]) for values in bayesian) / 50
    assert last > 0.75 * first  # at least a quarter nearer to the best, on average
    assert last > sum(sum(values[20:]) for values in by_chance) / 50


def test_the_same_seed_gives_the_same_trials() -> None:
    assert scores("Bayesian", 6, seed=1) == scores("Bayesian", 6, seed=1) != scores("Bayesian", 6, seed=2)


def test_an_auto_range_of_many_magnitudes_is_tried_logarithmically() -> None:
    found = scores("Random", 200, seed=0)
    # of five magnitudes, 0.00001 to 1, two are within one magnitude of 0.01
    assert 60 < sum(value > -1 for value in found) < 100


def test_a_linear_range_is_tried_evenly() -> None:
    search = Search({"ContinuousParameterRanges": [{**LEARNING_RATE, "ScalingType": "Linear"}]}, "Random", True, 200, 0)
    below = sum(float(search.ask().parameters["learning_rate"]) < 0.5 for _ in range(200))
    assert 80 < below < 120


def test_a_whole_number_and_a_word_are_strings_of_the_wire() -> None:
    ranges = {
        "IntegerParameterRanges": [{"Name": "epochs", "MinValue": "2", "MaxValue": "2"}],
        "CategoricalParameterRanges": [{"Name": "optimizer", "Values": ["adam"]}],
    }
    assert Search(ranges, "Random", True, 1, 0).ask().parameters == {"epochs": "2", "optimizer": "adam"}


def test_a_grid_is_every_combination_in_order() -> None:
    ranges = {
        "CategoricalParameterRanges": [
            {"Name": "optimizer", "Values": ["adam", "sgd"]},
            {"Name": "crop_size", "Values": ["240", "480"]},
        ]
    }
    search = Search(ranges, "Grid", True, 4)
    found = []
    for _ in range(grid_size(ranges)):
        trial = search.ask()
        found.append(tuple(trial.parameters.values()))
        search.tell(trial, None)
    assert found == [("adam", "240"), ("adam", "480"), ("sgd", "240"), ("sgd", "480")]


def test_a_trial_is_judged_by_the_median_of_three_at_its_own_epoch() -> None:
    search = Search(RANGES, "Random", True, 5, 0)
    for values in ([0.1, 0.5], [0.2, 0.6], [0.3, 0.7]):
        trial = search.ask()
        trial.report(values)
        assert not trial.is_worse_than_most()
        search.tell(trial, values[-1])
    trial = search.ask()
    assert not trial.is_worse_than_most()
    trial.report([0.2])
    assert not trial.is_worse_than_most()  # the median after one epoch
    trial.report([0.2, 0.55])
    assert trial.is_worse_than_most()  # after two it is 0.6


def test_a_scaling_that_nothing_here_can_do_is_refused() -> None:
    with pytest.raises(UserError, match=r"^scaling_type of learning_rate must be Auto, Linear or Logarithmic on this"):
        check_scaling({"ContinuousParameterRanges": [{**LEARNING_RATE, "ScalingType": "ReverseLogarithmic"}]})
