"""HyperparameterTuner: many training jobs, and the hyperparameters of the best.

Source of names, order and defaults: the SageMaker Python SDK v2 (2.257.7), ``sagemaker.tuner``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from semseg.analytics import HyperparameterTuningJobAnalytics
from semseg.api.allowed_values import check_one_of
from semseg.api.distribution import check_together
from semseg.api.names import DEFAULT_BASE_NAME, base_from_name, short_name_from_base, start_named
from semseg.api.refusals import refuse
from semseg.api.shapes import Answer, Request, Settings, Tags
from semseg.api.shown import shown
from semseg.contract.channels import MODEL
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.metric_lines import METRIC_DEFINITIONS
from semseg.contract.rules import wire_form
from semseg.deserializers import BaseDeserializer
from semseg.errors import UserError
from semseg.estimator import Estimator
from semseg.inputs import Inputs
from semseg.job import NO_JOB, TuningJob, job_words
from semseg.parameter import (
    CategoricalParameter,
    ContinuousParameter,
    IntegerParameter,
    ParameterRange,
    Range,
    checked_ranges,
    range_lists,
    ranges_of,
)
from semseg.serializers import BaseSerializer
from semseg.session import AnySession, session_or_new
from semseg.training_request import own_metrics, settings_of
from semseg.tuning_config import (
    HyperbandStrategyConfig,
    StrategyConfig,
    TuningJobCompletionCriteriaConfig,
    WarmStartConfig,
    WarmStartTypes,
)
from semseg.tuning_request import tuning_request

__all__ = [
    "CategoricalParameter",
    "ContinuousParameter",
    "HyperbandStrategyConfig",
    "HyperparameterTuner",
    "HyperparameterTuningJobAnalytics",
    "IntegerParameter",
    "ParameterRange",
    "StrategyConfig",
    "TuningJob",
    "TuningJobCompletionCriteriaConfig",
    "WarmStartConfig",
    "WarmStartTypes",
]

STRATEGIES = ("Bayesian", "Random", "Hyperband", "Grid")


class HyperparameterTuner:
    """Trains an estimator many times with hyperparameters from given ranges.

    Args:
        estimator: what is trained; its hyperparameters hold where no range has their name.
        objective_metric_name: such as "validation:mIOU".
        hyperparameter_ranges: for each hyperparameter a ContinuousParameter, IntegerParameter or CategoricalParameter.
        metric_definitions: ``[{"Name": ..., "Regex": ...}]`` for an image of one's own; the built-in algorithm has its
            metrics.
        strategy: "Bayesian", "Random", "Grid" (categorical ranges alone) or, on SageMaker, "Hyperband".
        objective_type: "Maximize" or "Minimize".
        max_jobs: trials; None means 1, or all combinations of a grid.
        max_parallel_jobs: trials at a time; 1 on this machine.
        max_runtime_in_seconds: after which the job is stopped.
        tags: as an estimator's.
        base_tuning_job_name: what job names begin with; they have at most 32 characters.
        warm_start_config: a WarmStartConfig; SageMaker only.
        strategy_config: a StrategyConfig; SageMaker only.
        completion_criteria_config: a TuningJobCompletionCriteriaConfig.
        early_stopping_type: "Off", or "Auto": a trial that goes worse than the median of the others is stopped.
        random_seed: the same gives the same trials, where they go the same.

    ``estimator_name``, ``autotune`` and ``hyperparameters_to_keep_static`` are refused.

    Raises:
        UserError: a parameter cannot be used.
        HyperparameterError: there is no hyperparameter of one of these names.

    Attributes:
        latest_tuning_job: a TuningJob; None before the first.
    """

    def __init__(
        self,
        estimator: Estimator,
        objective_metric_name: str,
        hyperparameter_ranges: Mapping[str, Range],
        metric_definitions: list[dict[str, str]] | None = None,
        strategy: str = "Bayesian",
        objective_type: str = "Maximize",
        max_jobs: int | None = None,
        max_parallel_jobs: int = 1,
        max_runtime_in_seconds: int | None = None,
        tags: Tags = None,
        base_tuning_job_name: str | None = None,
        warm_start_config: WarmStartConfig | None = None,
        strategy_config: StrategyConfig | None = None,
        completion_criteria_config: TuningJobCompletionCriteriaConfig | None = None,
        early_stopping_type: str = "Off",
        estimator_name: str | None = None,
        random_seed: int | None = None,
        autotune: bool = False,
        hyperparameters_to_keep_static: list[str] | None = None,
    ) -> None:
        refuse(
            {
                "estimator_name": estimator_name,
                "autotune": autotune,
                "hyperparameters_to_keep_static": hyperparameters_to_keep_static,
            }
        )
        check_one_of("strategy", strategy, STRATEGIES)
        check_one_of("objective_type", objective_type, ("Maximize", "Minimize"))
        check_one_of("early_stopping_type", early_stopping_type, ("Off", "Auto"))
        _check_metric(objective_metric_name, metric_definitions)
        self.estimator = estimator
        self.objective_metric_name = objective_metric_name
        self.metric_definitions = metric_definitions
        self.strategy = strategy
        self.objective_type = objective_type
        self.max_jobs = max_jobs if max_jobs is not None or strategy == "Grid" else 1
        self.max_parallel_jobs = max_parallel_jobs
        self.max_runtime_in_seconds = max_runtime_in_seconds
        self.tags = tags
        self.base_tuning_job_name = base_tuning_job_name
        self.warm_start_config = warm_start_config
        self.strategy_config = strategy_config
        self.completion_criteria_config = completion_criteria_config
        self.early_stopping_type = early_stopping_type
        self.random_seed = random_seed
        self.sagemaker_session = estimator.sagemaker_session
        self.latest_tuning_job: TuningJob | None = None
        self._ranges = checked_ranges(hyperparameter_ranges)

    def __repr__(self) -> str:
        return shown(self, lambda: f"of {self.objective_metric_name}, {job_words(self.latest_tuning_job) or NO_JOB}")

    def hyperparameter_ranges(self) -> dict[str, list[Answer]]:
        """Returns the ranges, shaped as the API's ParameterRanges."""
        return range_lists(self._ranges)

    def fit(
        self,
        inputs: Inputs = None,
        job_name: str | None = None,
        include_cls_metadata: bool = False,
        estimator_kwargs: Request | None = None,
        wait: bool = True,
    ) -> None:
        """Starts a tuning job, and waits for its end.

        Args:
            inputs: as an estimator's ``fit`` takes them.
            job_name: at most 32 characters; None makes one up.
            include_cls_metadata, estimator_kwargs: refused.
            wait: whether to wait for the job's end; it goes on in any case if this process ends.

        Raises:
            HyperparameterError, ChannelError, UserError: before anything is started.
            PlatformError: the job failed.
        """
        refuse({"include_cls_metadata": include_cls_metadata, "estimator_kwargs": estimator_kwargs})
        self._check_values()
        side = self.sagemaker_session.for_instance(self.estimator.instance_type)
        new_name = partial(short_name_from_base, self.base_tuning_job_name or DEFAULT_BASE_NAME)
        name = start_named(lambda name: side.tune(tuning_request(self, inputs, name)), new_name, job_name)
        self.latest_tuning_job = TuningJob(self.sagemaker_session, name)
        if wait:
            self.latest_tuning_job.wait()

    @classmethod
    def attach(
        cls,
        tuning_job_name: str,
        sagemaker_session: AnySession | None = None,
        job_details: Request | None = None,
        estimator_cls: object = None,
    ) -> HyperparameterTuner:
        """Returns the tuner of a job that was started before, perhaps by another process; it does not wait.

        Args:
            job_details: what DescribeHyperParameterTuningJob answered; None asks.
            estimator_cls: refused: there is one kind of estimator.

        Raises:
            UserError: there is no such job.
        """
        refuse({"estimator_cls": estimator_cls})
        session = session_or_new(sagemaker_session)
        job = job_details or session.with_tuning_job(tuning_job_name).describe_tuning_job(tuning_job_name)
        config, definition = job["HyperParameterTuningJobConfig"], job["TrainingJobDefinition"]
        objective, limits = config["HyperParameterTuningJobObjective"], config["ResourceLimits"]
        tuner = cls(
            _estimator_of(definition, session),
            objective["MetricName"],
            ranges_of(config["ParameterRanges"]),
            metric_definitions=own_metrics(definition["AlgorithmSpecification"]),
            strategy=config["Strategy"],
            objective_type=objective["Type"],
            max_jobs=limits.get("MaxNumberOfTrainingJobs"),
            max_parallel_jobs=limits["MaxParallelTrainingJobs"],
            max_runtime_in_seconds=limits.get("MaxRuntimeInSeconds"),
            base_tuning_job_name=base_from_name(tuning_job_name),
            warm_start_config=WarmStartConfig.from_job_desc(job.get("WarmStartConfig")),
            strategy_config=StrategyConfig.from_job_desc(config.get("StrategyConfig")),
            completion_criteria_config=TuningJobCompletionCriteriaConfig.from_job_desc(
                config.get("TuningJobCompletionCriteria")
            ),
            early_stopping_type=config.get("TrainingJobEarlyStoppingType", "Off"),
            random_seed=config.get("RandomSeed"),
        )
        tuner.latest_tuning_job = TuningJob(session, tuning_job_name)
        return tuner

    def wait(self) -> None:
        """Waits for the latest job's end.

        Raises:
            PlatformError: the job failed.
        """
        self._latest_job().wait()

    def describe(self) -> Answer:
        """Returns the latest job, shaped as the SageMaker API's DescribeHyperParameterTuningJob."""
        return self._latest_job().describe()

    def stop_tuning_job(self) -> None:
        """Asks the latest job to stop, and returns at once; the trials that have ended are kept."""
        self._latest_job().stop()

    def best_training_job(self) -> str:
        """Returns the name of the training job with the best objective so far.

        Raises:
            UserError: there is none (yet).
        """
        return str(self._best()["TrainingJobName"])

    def best_estimator(self, best_training_job: Request | None = None) -> Estimator:
        """Returns the estimator of the best training job.

        Args:
            best_training_job: a description of another one that has ``TrainingJobName``.
        """
        name = (best_training_job or self._best())["TrainingJobName"]
        return Estimator.attach(name, sagemaker_session=self.sagemaker_session)

    def deploy(
        self,
        initial_instance_count: int | None = None,
        instance_type: str | None = None,
        serializer: BaseSerializer | None = None,
        deserializer: BaseDeserializer | None = None,
        accelerator_type: str | None = None,
        endpoint_name: str | None = None,
        wait: bool = True,
        model_name: str | None = None,
        kms_key: str | None = None,
        data_capture_config: Settings = None,
    ) -> Any:
        """Deploys the model of the best training job; see :meth:`semseg.model.Model.deploy`.

        Returns:
            A Predictor: image in, mask out.
        """
        best = self._best()
        return self.best_estimator(best).deploy(
            initial_instance_count=initial_instance_count,
            instance_type=instance_type,
            serializer=serializer,
            deserializer=deserializer,
            accelerator_type=accelerator_type,
            endpoint_name=endpoint_name or best["TrainingJobName"],
            wait=wait,
            model_name=model_name,
            kms_key=kms_key,
            data_capture_config=data_capture_config,
        )

    def analytics(self) -> HyperparameterTuningJobAnalytics:
        """Returns the trials of the latest job as a table."""
        return HyperparameterTuningJobAnalytics(self._latest_job().name, self.sagemaker_session)

    def _check_values(self) -> None:
        """Finds values that no training job would take, before time is spent on the first."""
        settings = {name: wire_form(value) for name, value in self.estimator.hyperparameters().items()}
        settings.update({name: item.examples()[0] for name, item in self._ranges.items()})
        for name, item in self._ranges.items():
            for value in item.examples():
                hyperparameters = Hyperparameters.from_strings({**settings, name: value})
                check_together(hyperparameters, self.estimator.instance_count)

    def _best(self) -> Request:
        job = self.describe()
        best: Request | None = job.get("BestTrainingJob")
        if not best:
            raise UserError(
                f"tuning job {job['HyperParameterTuningJobName']} has no best training job to give: it is "
                f"{job['HyperParameterTuningJobStatus']}"
            )
        return best

    def _latest_job(self) -> TuningJob:
        if self.latest_tuning_job is None:
            raise UserError(
                "the tuner has no tuning job yet: call fit(), or HyperparameterTuner.attach() with a job's name"
            )
        return self.latest_tuning_job


def _check_metric(name: str, definitions: list[dict[str, str]] | None) -> None:
    known = [definition["Name"] for definition in definitions or METRIC_DEFINITIONS]
    check_one_of("objective_metric_name", name, tuple(known))


def _estimator_of(definition: Request, session: AnySession) -> Estimator:
    """Returns the estimator that an API's HyperParameterTrainingJobDefinition means."""
    job = {**definition, "HyperParameters": definition.get("StaticHyperParameters", {})}
    return Estimator(**settings_of(job, MODEL), sagemaker_session=session)
