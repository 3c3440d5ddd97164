"""Which hyperparameters to try next: Optuna's samplers behind SageMaker's words. Nothing else here knows Optuna."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

from semseg.errors import UserError

STRATEGIES = ("Bayesian", "Random", "Grid")
WIDE = 100  # an Auto range whose ends are this many times apart is tried logarithmically
RANDOM_FIRST = (3, 10)  # least and most trials before the Bayesian search has anything to go by
JUDGED_AFTER = 3  # ended trials before a running one may be found worse than their median


def require_optuna() -> Any:
    """Returns the module of Optuna; raises UserError, saying how to install it, where it is not there."""
    try:
        import optuna
    except ImportError as error:
        raise UserError(
            'tuning on this machine needs Optuna, which is not installed: pip install "semseg[tuning]"'
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def grid_size(ranges: Mapping[str, Any]) -> int:
    """Returns how many trials a grid has; ``ranges`` is shaped as the API's ParameterRanges.

    Raises:
        UserError: a range is not categorical.
    """
    for kind in ("IntegerParameterRanges", "ContinuousParameterRanges"):
        for item in ranges.get(kind) or []:
            raise UserError(f"with strategy Grid {item['Name']} must be a CategoricalParameter, got a range of numbers")
    return math.prod(len(item["Values"]) for item in ranges.get("CategoricalParameterRanges") or [])


def check_scaling(ranges: Mapping[str, Any]) -> None:
    """Raises UserError where a range is to be spread as nothing here can."""
    for kind in ("IntegerParameterRanges", "ContinuousParameterRanges"):
        for item in ranges.get(kind) or []:
            if item.get("ScalingType") == "ReverseLogarithmic":
                raise UserError(
                    f"scaling_type of {item['Name']} must be Auto, Linear or Logarithmic on this machine, got "
                    f"'ReverseLogarithmic'"
                )


class Trial:
    """One set of hyperparameters to try.

    Attributes:
        parameters: in the wire's strings.
    """

    def __init__(self, trial: Any) -> None:
        self.trial = trial
        self._reported = 0  # values
        self.parameters = {name: str(value) for name, value in trial.params.items()}

    def report(self, values: list[float]) -> None:
        """Tells how the trial goes.

        Args:
            values: of the objective metric, one for each epoch so far.
        """
        for step in range(self._reported, len(values)):
            self.trial.report(values[step], step)
        self._reported = max(self._reported, len(values))

    def is_worse_than_most(self) -> bool:
        """Returns whether the trial's best value so far is worse than the median of earlier ones at its epoch."""
        return self._reported > 0 and bool(self.trial.should_prune())


class Search:
    """Asks for trials and is told how they went.

    Args:
        ranges: shaped as the API's ParameterRanges.
        strategy: one of STRATEGIES.
        maximize: whether more is better.
        trials: how many there will be at most.
        seed: the same gives the same trials where they go the same; None draws one.
    """

    def __init__(
        self, ranges: Mapping[str, Any], strategy: str, maximize: bool, trials: int, seed: int | None = None
    ) -> None:
        self._optuna = require_optuna()
        self._distributions = _distributions(self._optuna.distributions, ranges)
        self._study = self._optuna.create_study(
            direction="maximize" if maximize else "minimize",
            sampler=self._sampler(strategy, trials, seed),
            pruner=self._optuna.pruners.MedianPruner(n_startup_trials=JUDGED_AFTER),
        )
        if strategy == "Grid":
            self._enqueue_grid(ranges["CategoricalParameterRanges"])

    def ask(self) -> Trial:
        """Returns what to try next."""
        return Trial(self._study.ask(self._distributions))

    def tell(self, trial: Trial, value: float | None, was_cut_short: bool = False) -> None:
        """Tells how a trial went: its last value, None where it failed."""
        states = self._optuna.trial.TrialState
        if value is None:
            self._study.tell(trial.trial, state=states.FAIL)
        elif was_cut_short:
            self._study.tell(trial.trial, state=states.PRUNED)
        else:
            self._study.tell(trial.trial, value)

    def _sampler(self, strategy: str, trials: int, seed: int | None) -> Any:
        if strategy != "Bayesian":
            return self._optuna.samplers.RandomSampler(seed=seed)
        least, most = RANDOM_FIRST
        return self._optuna.samplers.TPESampler(n_startup_trials=min(most, max(least, trials // 3)), seed=seed)

    def _enqueue_grid(self, ranges: list[Mapping[str, Any]]) -> None:
        names = [item["Name"] for item in ranges]
        for values in itertools.product(*(item["Values"] for item in ranges)):
            self._study.enqueue_trial(dict(zip(names, values)))


def _distributions(kinds: Any, ranges: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in ranges.get("ContinuousParameterRanges") or []:
        low, high = float(item["MinValue"]), float(item["MaxValue"])
        found[item["Name"]] = kinds.FloatDistribution(low, high, log=_is_logarithmic(item, low, high))
    for item in ranges.get("IntegerParameterRanges") or []:
        least, most = int(item["MinValue"]), int(item["MaxValue"])
        found[item["Name"]] = kinds.IntDistribution(least, most, log=_is_logarithmic(item, least, most))
    for item in ranges.get("CategoricalParameterRanges") or []:
        found[item["Name"]] = kinds.CategoricalDistribution(tuple(item["Values"]))
    return found


def _is_logarithmic(item: Mapping[str, Any], low: float, high: float) -> bool:
    scaling = item.get("ScalingType", "Auto")
    return scaling == "Logarithmic" or (scaling == "Auto" and low > 0 and high >= WIDE * low)
