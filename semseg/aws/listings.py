"""What there is on SageMaker: jobs, endpoints, endpoint configurations and models, listed as boto3 lists them."""

from __future__ import annotations

from datetime import datetime

from semseg.api.shapes import Answer, without_none
from semseg.aws.account import Account
from semseg.aws.faults import faults_as_sentences


class SageMakerListings(Account):
    """Lists what an account has on SageMaker.

    Arguments and answers are those of boto3's methods of the same names: a filter that is None is left out, and
    ``NextToken`` of an answer asks for its next page.
    """

    def list_training_jobs(
        self,
        NameContains: str | None = None,
        StatusEquals: str | None = None,
        SortBy: str | None = None,
        SortOrder: str | None = None,
        MaxResults: int | None = None,
        NextToken: str | None = None,
        CreationTimeAfter: datetime | None = None,
        CreationTimeBefore: datetime | None = None,
    ) -> Answer:
        """Returns a page of the training jobs, as ``{"TrainingJobSummaries": [...]}``."""
        return self._list(
            "training_jobs",
            NameContains=NameContains,
            StatusEquals=StatusEquals,
            SortBy=SortBy,
            SortOrder=SortOrder,
            MaxResults=MaxResults,
            NextToken=NextToken,
            CreationTimeAfter=CreationTimeAfter,
            CreationTimeBefore=CreationTimeBefore,
        )

    def list_transform_jobs(
        self,
        NameContains: str | None = None,
        StatusEquals: str | None = None,
        SortBy: str | None = None,
        SortOrder: str | None = None,
        MaxResults: int | None = None,
        NextToken: str | None = None,
        CreationTimeAfter: datetime | None = None,
        CreationTimeBefore: datetime | None = None,
    ) -> Answer:
        """Returns a page of the transform jobs, as ``{"TransformJobSummaries": [...]}``."""
        return self._list(
            "transform_jobs",
            NameContains=NameContains,
            StatusEquals=StatusEquals,
            SortBy=SortBy,
            SortOrder=SortOrder,
            MaxResults=MaxResults,
            NextToken=NextToken,
            CreationTimeAfter=CreationTimeAfter,
            CreationTimeBefore=CreationTimeBefore,
        )

    def list_hyper_parameter_tuning_jobs(
        self,
        NameContains: str | None = None,
        StatusEquals: str | None = None,
        SortBy: str | None = None,
        SortOrder: str | None = None,
        MaxResults: int | None = None,
        NextToken: str | None = None,
        CreationTimeAfter: datetime | None = None,
        CreationTimeBefore: datetime | None = None,
    ) -> Answer:
        """Returns a page of the tuning jobs, as ``{"HyperParameterTuningJobSummaries": [...]}``."""
        return self._list(
            "hyper_parameter_tuning_jobs",
            NameContains=NameContains,
            StatusEquals=StatusEquals,
            SortBy=SortBy,
            SortOrder=SortOrder,
            MaxResults=MaxResults,
            NextToken=NextToken,
            CreationTimeAfter=CreationTimeAfter,
            CreationTimeBefore=CreationTimeBefore,
        )

    def list_endpoints(
        self,
        NameContains: str | None = None,
        StatusEquals: str | None = None,
        SortBy: str | None = None,
        SortOrder: str | None = None,
        MaxResults: int | None = None,
        NextToken: str | None = None,
        CreationTimeAfter: datetime | None = None,
        CreationTimeBefore: datetime | None = None,
    ) -> Answer:
        """Returns a page of the endpoints, as ``{"Endpoints": [...]}``."""
        return self._list(
            "endpoints",
            NameContains=NameContains,
            StatusEquals=StatusEquals,
            SortBy=SortBy,
            SortOrder=SortOrder,
            MaxResults=MaxResults,
            NextToken=NextToken,
            CreationTimeAfter=CreationTimeAfter,
            CreationTimeBefore=CreationTimeBefore,
        )

    def list_endpoint_configs(
        self,
        NameContains: str | None = None,
        SortBy: str | None = None,
        SortOrder: str | None = None,
        MaxResults: int | None = None,
        NextToken: str | None = None,
        CreationTimeAfter: datetime | None = None,
        CreationTimeBefore: datetime | None = None,
    ) -> Answer:
        """Returns a page of the endpoint configurations, as ``{"EndpointConfigs": [...]}``."""
        return self._list(
            "endpoint_configs",
            NameContains=NameContains,
            SortBy=SortBy,
            SortOrder=SortOrder,
            MaxResults=MaxResults,
            NextToken=NextToken,
            CreationTimeAfter=CreationTimeAfter,
            CreationTimeBefore=CreationTimeBefore,
        )

    def list_models(
        self,
        NameContains: str | None = None,
        SortBy: str | None = None,
        SortOrder: str | None = None,
        MaxResults: int | None = None,
        NextToken: str | None = None,
        CreationTimeAfter: datetime | None = None,
        CreationTimeBefore: datetime | None = None,
    ) -> Answer:
        """Returns a page of the models, as ``{"Models": [...]}``."""
        return self._list(
            "models",
            NameContains=NameContains,
            SortBy=SortBy,
            SortOrder=SortOrder,
            MaxResults=MaxResults,
            NextToken=NextToken,
            CreationTimeAfter=CreationTimeAfter,
            CreationTimeBefore=CreationTimeBefore,
        )

    def _list(self, what: str, **filters: str | int | datetime | None) -> Answer:
        with faults_as_sentences(f"list the {what.replace('_', ' ')} of SageMaker"):
            return dict(getattr(self.sagemaker_client, f"list_{what}")(**without_none(filters)))
