"""The lists of what a side has, with the arguments and answers of boto3's client of "sagemaker"."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Union

from semseg.api.shapes import Answer, Request, without_none

Filter = Union[str, int, datetime, None]
FILTERS = (
    *("NameContains", "StatusEquals", "SortBy", "SortOrder", "MaxResults", "NextToken"),
    *("CreationTimeAfter", "CreationTimeBefore"),
)


class Lists(ABC):
    """Lists jobs, endpoints, endpoint configurations and models, a page at a time.

    A filter that is None is left out. ``NameContains`` is a part of the name, ``StatusEquals`` such as "InProgress".
    ``SortBy`` is "Name", "CreationTime" or, where there is one, "Status"; ``SortOrder`` is "Ascending" or "Descending".
    ``MaxResults`` is 1 to 100, and the ``NextToken`` of an answer asks for its next page. ``CreationTimeAfter`` and
    ``CreationTimeBefore`` are datetimes. UserError is raised for a value that the API does not know.
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
        return self._list("training_jobs", _named(NameContains, StatusEquals, SortBy, SortOrder, *page, *created))

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
        """Returns a page of the batch transform jobs, as ``{"TransformJobSummaries": [...]}``."""
        page, created = (MaxResults, NextToken), (CreationTimeAfter, CreationTimeBefore)
        return self._list("transform_jobs", _named(NameContains, StatusEquals, SortBy, SortOrder, *page, *created))

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
        """Returns a page of the hyperparameter tuning jobs, as ``{"HyperParameterTuningJobSummaries": [...]}``."""
        page, created = (MaxResults, NextToken), (CreationTimeAfter, CreationTimeBefore)
        return self._list(
            "hyper_parameter_tuning_jobs", _named(NameContains, StatusEquals, SortBy, SortOrder, *page, *created)
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
        """Returns a page of the endpoints, the failed ones too, as ``{"Endpoints": [...]}``."""
        page, created = (MaxResults, NextToken), (CreationTimeAfter, CreationTimeBefore)
        return self._list("endpoints", _named(NameContains, StatusEquals, SortBy, SortOrder, *page, *created))

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
        return self._list("endpoint_configs", _named(NameContains, None, SortBy, SortOrder, *page, *created))

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
        return self._list("models", _named(NameContains, None, SortBy, SortOrder, *page, *created))

    @abstractmethod
    def _list(self, what: str, filters: Request) -> Answer:
        """Returns a page of what the method ``list_<what>`` lists; the filters have their names in the API."""


def _named(*filters: Filter) -> dict[str, Filter]:
    return without_none(dict(zip(FILTERS, filters)))
