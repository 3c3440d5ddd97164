"""What a person fills in to start a training job, and the job that it starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from semseg.api.names import DEFAULT_BASE_NAME, name_from_base, start_named
from semseg.contract.channels import FILE
from semseg.contract.resource_config import LOCAL
from semseg.estimator import Estimator
from semseg.session import AnySession

DAY = 24 * 60 * 60  # seconds


@dataclass(frozen=True)
class TrainingForm:
    """A training job before it is started; what is left out has the estimator's default.

    Attributes:
        channels: a place for each, a path or a URI.
        hyperparameters: by the names of a request.
        name: of the job; None makes one up.
        instance_type: "local", "local_gpu", or one of SageMaker's.
        instance_count: machines; on this one, processes.
        role: that a managed job runs as.
        output_path: where the model goes; None means with the job.
        checkpoint_s3_uri: where checkpoints are kept too; None means nowhere else.
        input_mode: "File", "FastFile" or "Pipe".
        max_run: seconds after which the job is stopped.
    """

    channels: Mapping[str, str]
    hyperparameters: Mapping[str, object]
    name: str | None = None
    instance_type: str = LOCAL
    instance_count: int = 1
    role: str | None = None
    output_path: str | None = None
    checkpoint_s3_uri: str | None = None
    input_mode: str = FILE
    max_run: int = DAY


def start_job(session: AnySession, form: TrainingForm) -> str:
    """Starts a training job, and returns its name at once.

    Raises:
        HyperparameterError, ChannelError, UserError: before anything is started.
    """
    estimator = Estimator(
        role=form.role,
        instance_count=form.instance_count,
        instance_type=form.instance_type,
        max_run=form.max_run,
        input_mode=form.input_mode,
        output_path=form.output_path,
        checkpoint_s3_uri=form.checkpoint_s3_uri,
        sagemaker_session=session,
        hyperparameters=form.hyperparameters,
    )

    def start(name: str) -> None:
        session.for_instance(form.instance_type).train(estimator.training_request(form.channels, name))

    return start_named(start, partial(name_from_base, DEFAULT_BASE_NAME), form.name)
