"""What this machine keeps: found by name, listed as the SageMaker API lists it, measured and removed."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any

from semseg.aws.account import Account
from semseg.local.commands import OURS, Commands
from semseg.local.disk import Cleaner, Removal, disk_use
from semseg.local.endpoint.endpoints import Endpoints
from semseg.local.export.exports import Exports
from semseg.local.jobs.home import Home
from semseg.local.jobs.listing import Query, page
from semseg.local.jobs.records import Records
from semseg.local.training.jobs import Jobs
from semseg.local.transform.jobs import TransformJobs
from semseg.local.tuning.jobs import TuningJobs


class Inventory(Account):
    """The jobs, endpoints, models and files that are kept below one home.

    The lists have the keyword names and the answers of boto3's client of "sagemaker", but for ARNs, which there are
    none of on this machine. Their times are aware datetimes in UTC; ``MaxResults`` None gives all. They raise UserError
    for a value that the API does not know.

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

    def list_training_jobs(
        self,
        NameContains: str | None = None,
        StatusEquals: str | None = None,
        SortBy: str = "CreationTime",
        SortOrder: str = "Ascending",
        MaxResults: int | None = None,
        NextToken: str | None = None,
        CreationTimeAfter: datetime | None = None,
        CreationTimeBefore: datetime | None = None,
    ) -> dict[str, Any]:
        """Returns the training jobs of this machine, shaped as the API's answer to ListTrainingJobs.

        Args:
            NameContains: a part of the name.
            StatusEquals: such as "InProgress".
            SortBy: "Name", "CreationTime" or "Status".
            SortOrder: "Ascending" or "Descending".
            MaxResults: 1 to 100; None gives all.
            NextToken: of the answer before.
            CreationTimeAfter, CreationTimeBefore: between which times it was made.
        """
        query = Query(
            NameContains, SortBy, SortOrder, MaxResults, NextToken, CreationTimeAfter, CreationTimeBefore, StatusEquals
        )
        return page(self.jobs.summaries(), "TrainingJob", "TrainingJobSummaries", query)

    def list_transform_jobs(
        self,
        NameContains: str | None = None,
        StatusEquals: str | None = None,
        SortBy: str = "CreationTime",
        SortOrder: str = "Descending",
        MaxResults: int | None = None,
        NextToken: str | None = None,
        CreationTimeAfter: datetime | None = None,
        CreationTimeBefore: datetime | None = None,
    ) -> dict[str, Any]:
        """Returns the batch transform jobs of this machine, shaped as the API's answer to ListTransformJobs.

        Args:
            NameContains: a part of the name.
            StatusEquals: such as "InProgress".
            SortBy: "Name", "CreationTime" or "Status".
            SortOrder: "Ascending" or "Descending".
            MaxResults: 1 to 100; None gives all.
            NextToken: of the answer before.
            CreationTimeAfter, CreationTimeBefore: between which times it was made.
        """
        query = Query(
            NameContains, SortBy, SortOrder, MaxResults, NextToken, CreationTimeAfter, CreationTimeBefore, StatusEquals
        )
        return page(self.transform_jobs.summaries(), "TransformJob", "TransformJobSummaries", query)

    def list_hyper_parameter_tuning_jobs(
        self,
        NameContains: str | None = None,
        StatusEquals: str | None = None,
        SortBy: str = "Name",
        SortOrder: str = "Ascending",
        MaxResults: int | None = None,
        NextToken: str | None = None,
        CreationTimeAfter: datetime | None = None,
        CreationTimeBefore: datetime | None = None,
    ) -> dict[str, Any]:
        """Returns the tuning jobs of this machine, shaped as the API's answer to ListHyperParameterTuningJobs.

        Args:
            NameContains: a part of the name.
            StatusEquals: such as "InProgress".
            SortBy: "Name", "CreationTime" or "Status".
            SortOrder: "Ascending" or "Descending".
            MaxResults: 1 to 100; None gives all.
            NextToken: of the answer before.
            CreationTimeAfter, CreationTimeBefore: between which times it was made.
        """
        query = Query(
            NameContains, SortBy, SortOrder, MaxResults, NextToken, CreationTimeAfter, CreationTimeBefore, StatusEquals
        )
        return page(self.tuning_jobs.summaries(), "HyperParameterTuningJob", "HyperParameterTuningJobSummaries", query)

    def list_endpoints(
        self,
        NameContains: str | None = None,
        StatusEquals: str | None = None,
        SortBy: str = "CreationTime",
        SortOrder: str = "Descending",
        MaxResults: int | None = None,
        NextToken: str | None = None,
        CreationTimeAfter: datetime | None = None,
        CreationTimeBefore: datetime | None = None,
    ) -> dict[str, Any]:
        """Returns the endpoints of this machine, the failed ones too, shaped as the API's answer to ListEndpoints.

        Args:
            NameContains: a part of the name.
            StatusEquals: such as "InService".
            SortBy: "Name", "CreationTime" or "Status".
            SortOrder: "Ascending" or "Descending".
            MaxResults: 1 to 100; None gives all.
            NextToken: of the answer before.
            CreationTimeAfter, CreationTimeBefore: between which times it was made.
        """
        query = Query(
            NameContains, SortBy, SortOrder, MaxResults, NextToken, CreationTimeAfter, CreationTimeBefore, StatusEquals
        )
        return page(self.endpoints.summaries(), "Endpoint", "Endpoints", query)

    def list_endpoint_configs(
        self,
        NameContains: str | None = None,
        SortBy: str = "CreationTime",
        SortOrder: str = "Descending",
        MaxResults: int | None = None,
        NextToken: str | None = None,
        CreationTimeAfter: datetime | None = None,
        CreationTimeBefore: datetime | None = None,
    ) -> dict[str, Any]:
        """Returns the endpoint configurations of this machine, shaped as the API's answer to ListEndpointConfigs.

        Args:
            NameContains: a part of the name.
            SortBy: "Name" or "CreationTime".
            SortOrder: "Ascending" or "Descending".
            MaxResults: 1 to 100; None gives all.
            NextToken: of the answer before.
            CreationTimeAfter, CreationTimeBefore: between which times it was made.
        """
        query = Query(NameContains, SortBy, SortOrder, MaxResults, NextToken, CreationTimeAfter, CreationTimeBefore)
        return page(self.endpoint_configs.summaries(), "EndpointConfig", "EndpointConfigs", query, has_status=False)

    def list_models(
        self,
        NameContains: str | None = None,
        SortBy: str = "CreationTime",
        SortOrder: str = "Descending",
        MaxResults: int | None = None,
        NextToken: str | None = None,
        CreationTimeAfter: datetime | None = None,
        CreationTimeBefore: datetime | None = None,
    ) -> dict[str, Any]:
        """Returns the models of this machine, shaped as the API's answer to ListModels.

        Args:
            NameContains: a part of the name.
            SortBy: "Name" or "CreationTime".
            SortOrder: "Ascending" or "Descending".
            MaxResults: 1 to 100; None gives all.
            NextToken: of the answer before.
            CreationTimeAfter, CreationTimeBefore: between which times it was made.
        """
        query = Query(NameContains, SortBy, SortOrder, MaxResults, NextToken, CreationTimeAfter, CreationTimeBefore)
        return page(self.models.summaries(), "Model", "Models", query, has_status=False)

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

    def disk_use(self) -> dict[str, dict[str, int]]:
        """Returns the bytes that each thing kept takes, by kind and name: ``{"jobs": {"street-1": 1234}, ...}``.

        The kinds are "jobs", "transform_jobs", "tuning_jobs", "endpoints", "models", "endpoint_configs", "exports",
        "downloads" and "compiled".
        """
        return disk_use(self.home)

    def clean(self, older_than_days: float = 30, dry_run: bool = True) -> list[Removal]:
        """Removes what was not used for so many days: ended jobs, what is left of failed endpoints, exports, downloads.

        What runs stays, and so does a job, an export or a download with a file that a kept model, a kept endpoint or a
        running job names. Models and endpoint configurations are never removed.

        Args:
            older_than_days: 0 or more.
            dry_run: True only says what would be removed.

        Returns:
            What was removed, or would be, each with its kind, name, bytes and the time of its last use.
        """
        stores = (self.jobs, self.transform_jobs, self.tuning_jobs)
        return Cleaner(self.home, stores, self.endpoints).clean(older_than_days, dry_run)
