"""What this machine keeps: found by name, listed as the SageMaker API lists it, measured and removed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from semseg.api.lists import Lists
from semseg.api.shapes import Answer, Request
from semseg.aws.account import Account
from semseg.errors import UserError
from semseg.local.commands import OURS, Commands
from semseg.local.disk import Cleaner, JobChoice, Removal, disk_use
from semseg.local.endpoint.endpoints import Endpoints
from semseg.local.evaluation.evaluations import Evaluations
from semseg.local.evaluation.predictions import PicturePredictions
from semseg.local.evaluation.range_tests import RangeTests
from semseg.local.export.exports import Exports
from semseg.local.jobs.home import Home
from semseg.local.jobs.job_store import UNREADABLE
from semseg.local.jobs.listing import Query, page
from semseg.local.jobs.records import Records
from semseg.local.training.jobs import Jobs
from semseg.local.transform.jobs import TransformJobs
from semseg.local.tuning.jobs import TuningJobs


class Inventory(Lists, Account):
    """The jobs, endpoints, models and files that are kept below one home.

    The entries of a list have no ARNs, which there are none of on this machine; their times are aware datetimes in UTC.
    ``MaxResults`` None gives all.

    Attributes:
        home: the folder of all that is kept.
    """

    def __init__(
        self,
        boto_session: Any = None,
        default_bucket: str | None = None,
        default_bucket_prefix: str | None = None,
        s3_endpoint_url: str | None = None,
    ) -> None:
        super().__init__(boto_session, default_bucket, default_bucket_prefix, s3_endpoint_url)
        self._work_in(Home.from_environment(os.environ), OURS)

    def _work_in(self, home: Home, commands: Commands) -> None:
        self.home = home
        self.jobs = Jobs(home, commands.train, self)
        self.endpoints = Endpoints(home, commands.serve)
        self.transform_jobs = TransformJobs(home, self, commands.serve)
        self.tuning_jobs = TuningJobs(home, self, commands.train)
        self.exports = Exports(home, self, commands.export)
        self.evaluations = Evaluations(home, self, commands.evaluate)
        self.picture_predictions = PicturePredictions(home, self, commands.predict)
        self.range_tests = RangeTests(home, self, commands.find_rate)

    @property
    def models(self) -> Records:
        """Returns the models of this machine."""
        return Records(self.home, self.home.models, "a model", "ModelName")

    @property
    def endpoint_configs(self) -> Records:
        """Returns the endpoint configurations of this machine."""
        return Records(self.home, self.home.endpoint_configs, "an endpoint configuration", "EndpointConfigName")

    def has_training_job(self, name: str) -> bool:
        """Returns whether this machine keeps a training job of this name."""
        return self.jobs.has(name)

    def has_endpoint(self, name: str) -> bool:
        """Returns whether this machine keeps an endpoint of this name."""
        return self.endpoints.has(name)

    def has_model(self, name: str) -> bool:
        """Returns whether this machine keeps a model of this name."""
        return self.models.has(name)

    def has_transform_job(self, name: str) -> bool:
        """Returns whether this machine keeps a transform job of this name."""
        return self.transform_jobs.has(name)

    def has_tuning_job(self, name: str) -> bool:
        """Returns whether this machine keeps a hyperparameter tuning job of this name."""
        return self.tuning_jobs.has(name)

    def _list(self, what: str, filters: Request) -> Answer:
        listing = LISTINGS[what]
        query = Query(
            filters.get("NameContains"),
            filters.get("SortBy", listing.sort_by),
            filters.get("SortOrder", listing.sort_order),
            filters.get("MaxResults"),
            filters.get("NextToken"),
            filters.get("CreationTimeAfter"),
            filters.get("CreationTimeBefore"),
            filters.get("StatusEquals"),
        )
        return page(listing.store(self).summaries(), listing.kind, listing.answer, query, listing.has_status)

    def delete_training_job(self, job_name: str) -> None:
        """Removes a training job that has ended, its log and, where no output path was given, its model.

        Raises:
            UserError: there is no such job, or it runs.
        """
        self.jobs.delete(job_name)

    def delete_transform_job(self, job_name: str) -> None:
        """Removes a transform job that has ended, its log and, where no output path was given, its answers.

        Raises:
            UserError: there is no such job, or it runs.
        """
        self.transform_jobs.delete(job_name)

    def delete_tuning_job(self, job_name: str) -> None:
        """Removes a hyperparameter tuning job that has ended; its training jobs stay.

        Raises:
            UserError: there is no such job, or it runs.
        """
        self.tuning_jobs.delete(job_name)

    def forget_deploy(self, endpoint_name: str, model_name: str) -> bool:
        """Removes what ``deploy()`` has made for an endpoint that is not there: its configuration, and its model.

        A model that somebody has created stays, and so does one that another configuration names.

        Returns:
            Whether the model is gone.
        """
        if not self.has_endpoint(endpoint_name) and self._models_of(endpoint_name) == [model_name]:
            self.endpoint_configs.delete(endpoint_name)
        self._forget_models([model_name])
        return not self.has_model(model_name)

    def _models_of(self, config: str) -> list[str]:
        """Returns the models that an endpoint configuration names; none where it is not there or none."""
        with contextlib.suppress(UserError, *UNREADABLE):
            return [variant["ModelName"] for variant in self.endpoint_configs.describe(config)["ProductionVariants"]]
        return []

    def _forget_models(self, models: Sequence[str], kept: Sequence[str] = ()) -> None:
        """Removes those models that were only made for an endpoint and that no configuration names."""
        named = {model for config in self.endpoint_configs.names() for model in self._models_of(config)}
        for model in models:
            if self.models.is_for_endpoint(model) and model not in {*named, *kept}:
                self.models.delete(model)

    def disk_use(self) -> dict[str, dict[str, int]]:
        """Returns the bytes that each thing kept takes, by kind and name: ``{"jobs": {"street-1": 1234}, ...}``.

        The kinds are "jobs", "transform_jobs", "tuning_jobs", "endpoints", "models", "endpoint_configs", "exports",
        "evaluations", "downloads", "compiled" and "facts".
        """
        return disk_use(self.home)

    def clean(
        self, older_than_days: float = 30, dry_run: bool = True, keep: int | None = None, failed: bool = False
    ) -> list[Removal]:
        """Removes what was not used for so many days: ended jobs, what is left of failed endpoints, exports,
        evaluations, downloads.

        What runs stays, and so does a job, an export or a download with a file that a kept model, a kept endpoint or a
        running job names. Of models and endpoint configurations only those are removed that ``deploy()`` has made for
        an endpoint that is not there any more.

        Args:
            older_than_days: 0 or more.
            dry_run: True only says what would be removed.
            keep: so many jobs of each kind stay, those that ended last; None means by age alone.
            failed: whether only failed jobs and endpoints are removed.

        Where ``keep`` or ``failed`` is given, exports, evaluations, downloads and models stay.

        Returns:
            What was removed, or would be, each with its kind, name, bytes and the time of its last use.
        """
        stores = (self.jobs, self.transform_jobs, self.tuning_jobs)
        cleaner = Cleaner(self.home, stores, self.endpoints, self._models_of_gone_endpoints())
        return cleaner.clean(older_than_days, dry_run, JobChoice(keep, failed))

    def _models_of_gone_endpoints(self) -> dict[str, Callable[[], bool]]:
        """Returns the models that ``deploy()`` made for endpoints that are not there, each with what removes it."""
        found: dict[str, Callable[[], bool]] = {}
        for model in self.models.names():
            configs = [config for config in self.endpoint_configs.names() if model in self._models_of(config)]
            if self.models.is_for_endpoint(model) and not any(map(self.has_endpoint, configs)):
                found[model] = partial(self._forget_deploys, configs, model)
        return found

    def _forget_deploys(self, endpoints: Sequence[str], model: str) -> bool:
        for endpoint in endpoints:
            self.forget_deploy(endpoint, model)
        self._forget_models([model])
        return not self.has_model(model)


class Store(Protocol):
    """Keeps things of one kind, and has a summary of each as the API lists it."""

    def summaries(self) -> Sequence[Mapping[str, Any]]:
        """Returns all summaries, in no order."""
        ...


@dataclass(frozen=True)
class Listing:
    """One list, and how the API sorts it where nobody says how.

    Attributes:
        store: what is listed, of an inventory.
        kind, answer, has_status: as of :func:`semseg.local.jobs.listing.page`.
    """

    store: Callable[[Inventory], Store]
    kind: str
    answer: str
    sort_by: str = "CreationTime"
    sort_order: str = "Descending"
    has_status: bool = True


LISTINGS = {
    "training_jobs": Listing(lambda kept: kept.jobs, "TrainingJob", "TrainingJobSummaries", sort_order="Ascending"),
    "transform_jobs": Listing(lambda kept: kept.transform_jobs, "TransformJob", "TransformJobSummaries"),
    "hyper_parameter_tuning_jobs": Listing(
        lambda kept: kept.tuning_jobs,
        "HyperParameterTuningJob",
        "HyperParameterTuningJobSummaries",
        "Name",
        "Ascending",
    ),
    "endpoints": Listing(lambda kept: kept.endpoints, "Endpoint", "Endpoints"),
    "endpoint_configs": Listing(
        lambda kept: kept.endpoint_configs, "EndpointConfig", "EndpointConfigs", has_status=False
    ),
    "models": Listing(lambda kept: kept.models, "Model", "Models", has_status=False),
}
