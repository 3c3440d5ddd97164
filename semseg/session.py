"""Session: one for both, this machine and SageMaker; the instance type or the name of a thing says which.

Source of names and arguments: the SageMaker Python SDK v2, ``sagemaker.session``.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Union

from semseg.api.arguments import what_it_is
from semseg.api.refusals import refuse
from semseg.api.shapes import Answer, Request
from semseg.api.shown import shown
from semseg.api.side import Side
from semseg.aws.account import Account
from semseg.aws.connection import RUNTIME
from semseg.aws.listings import SageMakerListings
from semseg.aws.managed_session import ManagedSession
from semseg.contract.resource_config import LOCAL_TYPES
from semseg.errors import UserError
from semseg.inputs import TrainingInput
from semseg.local import LocalSession
from semseg.session_settings import SessionSettings

if TYPE_CHECKING:
    from semseg.aws.connection import BotoSession


class Session(SageMakerListings):
    """The session that estimators of SageMaker's scripts are given; also the default of everything here.

    A session has two sides. Jobs and endpoints whose instance type is "local" or "local_gpu" are run on this machine,
    all others by SageMaker. What is asked for by its name alone is looked up on this machine first. The ``list_...``
    methods list what there is on SageMaker, as in the SDK, or on this machine where boto3 knows of no region; those of
    ``local`` always list what there is on this machine.
    Nothing is asked of AWS before something is needed from it.

    Args:
        boto_session: a ``boto3.Session``; None means boto3's own configuration.
        sagemaker_client, sagemaker_runtime_client: boto3's clients of these services; None makes them.
        sagemaker_featurestore_runtime_client, sagemaker_metrics_client: of services that nothing here asks.
        default_bucket: None means ``sagemaker-<region>-<account>``.
        settings: without effect; see SessionSettings.
        sagemaker_config: defaults for the arguments of other calls; refused, unless it is empty.
        default_bucket_prefix: what keys in the default bucket begin with.

    Attributes:
        settings: those that were given, or the defaults.
        local: this machine's side, a LocalSession.
        managed: SageMaker's side.
    """

    def __init__(
        self,
        boto_session: BotoSession | None = None,
        sagemaker_client: Any = None,
        sagemaker_runtime_client: Any = None,
        sagemaker_featurestore_runtime_client: Any = None,
        default_bucket: str | None = None,
        settings: SessionSettings | None = None,
        sagemaker_metrics_client: Any = None,
        sagemaker_config: Mapping[str, Any] | None = None,
        default_bucket_prefix: str | None = None,
    ) -> None:
        refuse({"sagemaker_config": sagemaker_config}, ": give the arguments of the estimator and the model")
        super().__init__(boto_session, default_bucket, default_bucket_prefix)
        for service, client in (("sagemaker", sagemaker_client), (RUNTIME, sagemaker_runtime_client)):
            if client is not None:
                self.connection.use(service, client)
        self.settings = settings or SessionSettings()
        self.local = LocalSession(self)
        self.managed = ManagedSession(self)

    def __repr__(self) -> str:
        return shown(self, lambda: f"of this machine, at {self.local.home.root}, and of SageMaker")

    def for_instance(self, instance_type: str | None) -> Side:
        """Returns the side that has machines of this type."""
        side: Side = self.local if instance_type in LOCAL_TYPES else self.managed
        return side.for_instance(instance_type)

    def with_training_job(self, name: str) -> Side:
        """Returns the side that has a training job of this name."""
        return self._side(self.local.has_training_job(name))

    def with_model(self, name: str) -> Side:
        """Returns the side that has a model of this name."""
        return self._side(self.local.has_model(name))

    def with_endpoint(self, name: str) -> Side:
        """Returns the side that has an endpoint of this name."""
        return self._side(self.local.has_endpoint(name))

    def with_transform_job(self, name: str) -> Side:
        """Returns the side that has a transform job of this name."""
        return self._side(self.local.has_transform_job(name))

    def with_tuning_job(self, name: str) -> Side:
        """Returns the side that has a hyperparameter tuning job of this name."""
        return self._side(self.local.has_tuning_job(name))

    def with_exports(self) -> Side:
        """Returns this machine's side, which makes exported forms of models."""
        return self.local

    def with_registry(self) -> Side:
        """Returns SageMaker's side, which has a model registry."""
        return self.managed

    def _side(self, here: bool) -> Side:
        """Returns this machine's side also where AWS cannot be asked: it says what there is here."""
        return self.local if here or not self.connection.is_configured else self.managed

    def _list(self, what: str, filters: Request) -> Answer:
        """Returns what there is on SageMaker; where AWS cannot be asked, what there is on this machine."""
        return super()._list(what, filters) if self.connection.is_configured else self.local._list(what, filters)

    def describe_training_job(self, job_name: str) -> Answer:
        """Returns the job, shaped as the API's DescribeTrainingJob."""
        return self.with_training_job(job_name).describe_training_job(job_name)

    def stop_training_job(self, job_name: str) -> None:
        """Asks a job to stop, and returns at once."""
        self.with_training_job(job_name).stop_training_job(job_name)

    def resume_training_job(self, job_name: str, epochs: int | None = None) -> None:
        """Starts a job of this machine that has ended again, from its newest checkpoint, and returns at once.

        Args:
            epochs: how many it is to train in all; None means as many as before.
        """
        self.with_training_job(job_name).resume_training_job(job_name, epochs)

    def delete_training_job(self, job_name: str) -> None:
        """Deletes a training job that has ended."""
        self.with_training_job(job_name).delete_training_job(job_name)

    def delete_transform_job(self, job_name: str) -> None:
        """Deletes a transform job that has ended; SageMaker keeps its own."""
        self.with_transform_job(job_name).delete_transform_job(job_name)

    def delete_tuning_job(self, job_name: str) -> None:
        """Deletes a hyperparameter tuning job that has ended; its training jobs stay."""
        self.with_tuning_job(job_name).delete_tuning_job(job_name)

    def wait_for_job(self, job: str, poll: int = 5) -> Answer:
        """Waits for a job's end without its log, and describes it; ``poll`` has no meaning."""
        side = self.with_training_job(job)
        side.wait_for_job(job, show_logs=False)
        return side.describe_training_job(job)

    def logs_for_job(
        self, job_name: str, wait: bool = False, poll: int = 10, log_type: str = "All", timeout: int | None = None
    ) -> None:
        """Prints a job's log so far, and with ``wait`` goes on until its end.

        Args:
            poll: seconds between two looks at a managed job.
            timeout: seconds after which a managed job is no longer waited for.
        """
        self.with_training_job(job_name).logs_for_job(job_name, wait, poll, log_type, timeout)

    def describe_model(self, name: str) -> Answer:
        """Returns the model, shaped as the API's DescribeModel."""
        return self.with_model(name).describe_model(name)

    def delete_model(self, model_name: str) -> None:
        """Forgets a model; its archive stays."""
        self.with_model(model_name).delete_model(model_name)

    def describe_endpoint(self, endpoint_name: str) -> Answer:
        """Returns the endpoint, shaped as the API's DescribeEndpoint."""
        return self.with_endpoint(endpoint_name).describe_endpoint(endpoint_name)

    def wait_for_endpoint(self, endpoint: str, poll: int = 30) -> Answer:
        """Waits until an endpoint answers, and describes it; ``poll`` has no meaning."""
        side = self.with_endpoint(endpoint)
        side.wait_for_endpoint(endpoint)
        return side.describe_endpoint(endpoint)

    def delete_endpoint(self, endpoint_name: str) -> None:
        """Stops an endpoint; its configuration and model stay."""
        self.with_endpoint(endpoint_name).delete_endpoint(endpoint_name)

    def delete_endpoint_config(self, endpoint_config_name: str) -> None:
        """Forgets an endpoint configuration."""
        side = self._side(self.local.endpoint_configs.has(endpoint_config_name))
        side.delete_endpoint_config(endpoint_config_name)


AnySession = Union[Session, LocalSession, ManagedSession]


def session_or_new(sagemaker_session: AnySession | None) -> AnySession:
    """Returns the session that was given, or a new one.

    Raises:
        UserError: something else was given.
    """
    if sagemaker_session is None:
        return Session()
    if isinstance(sagemaker_session, type) or not hasattr(sagemaker_session, "for_instance"):  # a stand-in may be given
        raise UserError(f"sagemaker_session must be a Session(), got {what_it_is(sagemaker_session)}")
    return sagemaker_session


def local_side(session: object) -> LocalSession | None:
    """Returns this machine's side of a session; None where it has none. Nothing is asked of AWS."""
    side = session.local if isinstance(session, Session) else session
    return side if isinstance(side, LocalSession) else None


def get_execution_role(sagemaker_session: Account | None = None, use_default: bool = False) -> str:
    """Returns the ARN of the IAM role that this process has, for SageMaker to take.

    Args:
        use_default: where it has none, take AmazonSageMaker-DefaultRole, made where it is missing.

    Raises:
        UserError: the current identity is no role, but a user.
    """
    return (sagemaker_session or Account()).roles.execution_role(use_default)


def s3_input(*arguments: Any, **named: Any) -> TrainingInput:
    """Returns a TrainingInput of the same arguments, and warns: it is the name from version 1."""
    warnings.warn("s3_input is now called TrainingInput", UserWarning, stacklevel=2)
    return TrainingInput(*arguments, **named)
