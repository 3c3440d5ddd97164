"""What there is on SageMaker: jobs, endpoints, endpoint configurations and models, listed as boto3 lists them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Union

from semseg.api.shapes import Answer, without_none
from semseg.aws.account import Account
from semseg.aws.faults import faults_as_sentences

FILTERS = (
    "NameContains",
    "StatusEquals",
    "SortBy",
    "SortOrder",
    "MaxResults",
    "NextToken",
    "CreationTimeAfter",
    "CreationTimeBefore",
)
Filter = Union[str, int, datetime, None]


def named_filters(filters: Sequence[Filter]) -> dict[str, Filter]:
    """Returns the filters of a list, in the order of FILTERS, by their names; those that are None are left out."""
    return without_none(dict(zip(FILTERS, filters)))


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
        page, created = (MaxResults, NextToken), (CreationTimeAfter, CreationTimeBefore)
        return self._list("training_jobs", NameContains, StatusEquals, SortBy, SortOrder, *page, *created)

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
        page, created = (MaxResults, NextToken), (CreationTimeAfter, CreationTimeBefore)
        return self._list("transform_jobs", NameContains, StatusEquals, SortBy, SortOrder, *page, *created)

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
        page, created = (MaxResults, NextToken), (CreationTimeAfter, CreationTimeBefore)
        return self._list("hyper_parameter_tuning_jobs", NameContains, StatusEquals, SortBy, SortOrder, *page, *created)

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
        page, created = (MaxResults, NextToken), (CreationTimeAfter, CreationTimeBefore)
        return self._list("endpoints", NameContains, StatusEquals, SortBy, SortOrder, *page, *created)

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
        page, created = (MaxResults, NextToken), (CreationTimeAfter, CreationTimeBefore)
        return self._list("endpoint_configs", NameContains, None, SortBy, SortOrder, *page, *created)

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
        page, created = (MaxResults, NextToken), (CreationTimeAfter, CreationTimeBefore)
        return self._list("models", NameContains, None, SortBy, SortOrder, *page, *created)

    def _list(self, what: str, *filters: Filter) -> Answer:
        named = named_filters(filters)
        with faults_as_sentences(f"list the {what.replace('_', ' ')} of SageMaker"):
            return dict(getattr(self.sagemaker_client, f"list_{what}")(**named))
