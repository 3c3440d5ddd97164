"""SageMaker's model registry."""

from __future__ import annotations

from typing import Any

from semseg.api.shapes import Request
from semseg.aws.account import Account
from semseg.aws.faults import faults_as_sentences


class ModelPackages:
    """The model registry of one account."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def create(self, request: Request) -> str:
        """Registers a model, and makes its group where there is none of this name yet.

        Args:
            request: shaped as CreateModelPackage.

        Returns:
            The ARN of the model package.
        """
        group = request.get("ModelPackageGroupName")
        if group is not None and not self._has_group(group):
            with faults_as_sentences(f"create model package group {group!r}"):
                self._client.create_model_package_group(ModelPackageGroupName=group)
        with faults_as_sentences(f"register a model in {group or request.get('ModelPackageName')!r}"):
            return str(self._client.create_model_package(**request)["ModelPackageArn"])

    def _has_group(self, name: str) -> bool:
        with faults_as_sentences(f"look for model package group {name!r}"):
            pages = self._client.get_paginator("list_model_package_groups").paginate(NameContains=name)
            found = [group for page in pages for group in page["ModelPackageGroupSummaryList"]]
        return any(group["ModelPackageGroupName"] == name for group in found)

    @property
    def _client(self) -> Any:
        return self.account.sagemaker_client
