"""Settings of a tuning job beside its ranges: what it learns from, how it searches, and when it has enough.

Source of names and arguments: the SageMaker Python SDK v2 (2.257.7), ``sagemaker.tuner``.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from semseg.api.shapes import Answer, Request, without_none
from semseg.contract.echoed import echoed
from semseg.errors import UserError


class WarmStartTypes(Enum):
    """What earlier tuning jobs have in common with the new one."""

    IDENTICAL_DATA_AND_ALGORITHM = "IdenticalDataAndAlgorithm"
    TRANSFER_LEARNING = "TransferLearning"


class WarmStartConfig:
    """Earlier tuning jobs that a new one learns from; SageMaker only.

    Args:
        warm_start_type: a WarmStartTypes.
        parents: names of 1 to 5 tuning jobs.
    """

    def __init__(self, warm_start_type: WarmStartTypes, parents: Iterable[str] | None) -> None:
        self.type = WarmStartTypes(warm_start_type)
        self.parents = sorted(set(parents or ()))
        if not 1 <= len(self.parents) <= 5:
            raise UserError(f"parents must be the names of 1 to 5 tuning jobs, got {echoed(parents)}")

    def to_input_req(self) -> Answer:
        """Returns the API's HyperParameterTuningJobWarmStartConfig."""
        parents = [{"HyperParameterTuningJobName": name} for name in self.parents]
        return {"WarmStartType": self.type.value, "ParentHyperParameterTuningJobs": parents}

    @classmethod
    def from_job_desc(cls, config: Request | None) -> WarmStartConfig | None:
        """Returns the API's HyperParameterTuningJobWarmStartConfig as such an object; None where there is none."""
        if not config:
            return None
        parents = [parent["HyperParameterTuningJobName"] for parent in config["ParentHyperParameterTuningJobs"]]
        return cls(WarmStartTypes(config["WarmStartType"]), parents)


class HyperbandStrategyConfig:
    """How long Hyperband lets trials run, in epochs; SageMaker only."""

    def __init__(self, max_resource: int, min_resource: int) -> None:
        self.max_resource = max_resource
        self.min_resource = min_resource


class StrategyConfig:
    """Settings of the strategy "Hyperband"; SageMaker only."""

    def __init__(self, hyperband_strategy_config: HyperbandStrategyConfig | None = None) -> None:
        self.hyperband_strategy_config = hyperband_strategy_config

    def to_input_req(self) -> Answer | None:
        """Returns the API's HyperParameterTuningJobStrategyConfig."""
        config = self.hyperband_strategy_config
        if config is None:
            return None
        return {"HyperbandStrategyConfig": {"MinResource": config.min_resource, "MaxResource": config.max_resource}}

    @classmethod
    def from_job_desc(cls, config: Request | None) -> StrategyConfig | None:
        """Returns the API's HyperParameterTuningJobStrategyConfig as such an object; None where there is none."""
        hyperband = (config or {}).get("HyperbandStrategyConfig")
        if not hyperband:
            return None
        return cls(HyperbandStrategyConfig(hyperband["MaxResource"], hyperband["MinResource"]))


class TuningJobCompletionCriteriaConfig:
    """When a tuning job has done enough.

    Args:
        max_number_of_training_jobs_not_improving: ends it after so many trials that were not the best.
        complete_on_convergence: lets SageMaker find out that nothing will improve; refused on this machine.
        target_objective_metric_value: ends it once the best is as good as this.
    """

    def __init__(
        self,
        max_number_of_training_jobs_not_improving: int | None = None,
        complete_on_convergence: bool | None = None,
        target_objective_metric_value: float | None = None,
    ) -> None:
        self.max_number_of_training_jobs_not_improving = max_number_of_training_jobs_not_improving
        self.complete_on_convergence = complete_on_convergence
        self.target_objective_metric_value = target_objective_metric_value

    def to_input_req(self) -> Answer:
        """Returns the API's TuningJobCompletionCriteria."""
        patience = self.max_number_of_training_jobs_not_improving
        return without_none(
            {
                "TargetObjectiveMetricValue": self.target_objective_metric_value,
                "BestObjectiveNotImproving": patience and {"MaxNumberOfTrainingJobsNotImproving": patience},
                "ConvergenceDetected": {"CompleteOnConvergence": "Enabled"} if self.complete_on_convergence else None,
            }
        )

    @classmethod
    def from_job_desc(cls, criteria: Request | None) -> TuningJobCompletionCriteriaConfig | None:
        """Returns the API's TuningJobCompletionCriteria as such an object; None where there are none."""
        if not criteria:
            return None
        patience = criteria.get("BestObjectiveNotImproving") or {}
        convergence = (criteria.get("ConvergenceDetected") or {}).get("CompleteOnConvergence")
        return cls(
            patience.get("MaxNumberOfTrainingJobsNotImproving"),
            None if convergence is None else convergence == "Enabled",
            criteria.get("TargetObjectiveMetricValue"),
        )
