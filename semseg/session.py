"""Session: AWS and this machine, told apart by instance types and by names.

Source of names and arguments: the SageMaker Python SDK v2, ``sagemaker.session``.
"""

from __future__ import annotations

from typing import Any, Union

from semseg.aws.account import Account
from semseg.aws.managed_session import ManagedSession
from semseg.local import LocalSession

Side = Union[LocalSession, ManagedSession]
LOCAL_INSTANCES = ("local", "local_gpu")


class Session(Account):
    """What an estimator is given in SageMaker's scripts; also the default of everything here.

    Jobs and endpoints whose instance type is "local" or "local_gpu" are run on this machine, all others by SageMaker.
    Whatever is asked for by its name alone is looked up on this machine first. Nothing is asked of AWS before
    something is needed from it.

    Args:
        boto_session: a ``boto3.Session``; None means boto3's own configuration.
        default_bucket: None means ``sagemaker-<region>-<account>``.
        default_bucket_prefix: what keys in the default bucket begin with.
    """

    def __init__(
        self, boto_session: Any = None, default_bucket: str | None = None, default_bucket_prefix: str | None = None
    ) -> None:
        super().__init__(boto_session, default_bucket, default_bucket_prefix)
        self.local = LocalSession(boto_session, default_bucket, default_bucket_prefix=default_bucket_prefix)
        self.managed = ManagedSession(boto_session, default_bucket, default_bucket_prefix)
        self.local.connection = self.managed.connection = self.connection  # one boto3 session for all

    def for_instance(self, instance_type: str | None) -> Side:
        """The side that has machines of this type."""
        return self.local if instance_type in LOCAL_INSTANCES else self.managed

    def with_training_job(self, name: str) -> Side:
        """The side that has a training job of this name."""
        return self.local if self.local.has_training_job(name) else self.managed

    def with_model(self, name: str) -> Side:
        """The side that has a model of this name."""
        return self.local if self.local.has_model(name) else self.managed

    def with_endpoint(self, name: str) -> Side:
        """The side that has an endpoint of this name."""
        return self.local if self.local.has_endpoint(name) else self.managed

    def with_transform_job(self, name: str) -> Side:
        """The side that has a transform job of this name."""
        return self.local if self.local.has_transform_job(name) else self.managed

    def with_tuning_job(self, name: str) -> Side:
        """The side that has a hyperparameter tuning job of this name."""
        return self.local if self.local.has_tuning_job(name) else self.managed


def get_execution_role(sagemaker_session: Account | None = None, use_default: bool = False) -> str:
    """The ARN of the IAM role that this process has, for SageMaker to take.

    Args:
        use_default: where it has none, take AmazonSageMaker-DefaultRole, made where it is missing.

    Raises:
        UserError: the current identity is no role, but a user.
    """
    return (sagemaker_session or Account()).roles.execution_role(use_default)
