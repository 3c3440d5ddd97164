"""The ways in which a model can be given: an archive, a training job, an endpoint."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Union, runtime_checkable

from semseg.api.arguments import what_it_is
from semseg.api.shapes import Answer
from semseg.contract.echoed import echoed
from semseg.contract.job_directory import MODEL_ARCHIVE
from semseg.contract.s3_uri import is_s3
from semseg.errors import UserError
from semseg.job import TrainingJob
from semseg.predictor import Predictor
from semseg.session import AnySession, local_side

ARCHIVE_SUFFIX = ".tar.gz"
OUTPUT = "output"  # the folder in which a job's archive lies


@runtime_checkable
class Trained(Protocol):
    """What has a training job, such as an Estimator."""

    latest_training_job: TrainingJob | None


AnyModel = Union[str, "os.PathLike[str]", TrainingJob, Trained, Predictor]


@dataclass(frozen=True)
class FoundModel:
    """A model that was given.

    Attributes:
        title: what people call it.
        predictor: of the endpoint that it is behind; None where it is opened here.
        archive: a path, file:// or s3:// URI of its model.tar.gz; "" where it is behind an endpoint.
        job: the training job that it is of, shaped as DescribeTrainingJob.
    """

    title: str
    predictor: Predictor | None = None
    archive: str = ""
    job: Answer | None = None

    def endpoint(self) -> Predictor:
        """Returns the predictor of the endpoint that the model is behind; there must be one."""
        assert self.predictor is not None
        return self.predictor

    def archive_for(self, session: AnySession, environment: Mapping[str, str], instance_type: str) -> str:
        """Returns the archive that answers as these variables ask; of a job's model an int8 form is made if need be."""
        if self.job is None:
            return self.archive
        return session.for_instance(instance_type).archive_to_serve(self.job, environment) or self.archive


def find_model(model: AnyModel, session: AnySession) -> FoundModel:
    """Returns what a model is; nothing is asked of AWS for what this machine has.

    Of a name, a training job is looked for first, then an endpoint.

    Raises:
        UserError: there is no such model, or the job has none yet.
    """
    if isinstance(model, Predictor):
        return FoundModel(model.endpoint_name, model)
    if isinstance(model, TrainingJob):
        return _of_job(model.name, model.describe())
    if isinstance(model, (str, os.PathLike)):
        return _of_place(os.fspath(model)) if _is_place(model) else _of_name(os.fspath(model), session)
    if not isinstance(model, Trained):
        raise UserError(
            f"model must be a {MODEL_ARCHIVE}, a training job or an endpoint, or the name of one, "
            f"got {what_it_is(model)}"
        )
    if model.latest_training_job is None:
        raise UserError("the estimator has no training job yet: call fit(), or Estimator.attach() with a job's name")
    return find_model(model.latest_training_job, session)


def _is_place(model: str | os.PathLike[str]) -> bool:
    """Returns whether this is a path or a URI, and no name."""
    if not isinstance(model, str):
        return True
    return is_s3(model) or "/" in model or os.sep in model or model.endswith(ARCHIVE_SUFFIX)


def _of_place(place: str) -> FoundModel:
    """Returns an archive, or a folder; a job's ``<job name>/output/model.tar.gz`` is called by the job's name."""
    parts = [part for part in place.split("/") if part]
    while len(parts) > 1 and parts[-1] in (MODEL_ARCHIVE, OUTPUT):
        parts.pop()
    return FoundModel(parts[-1] if parts else place, archive=place)


def _of_name(name: str, session: AnySession) -> FoundModel:
    local = local_side(session)
    if local is not None and local.has_training_job(name):
        return _of_job(name, local.describe_training_job(name))
    if local is not None and local.has_endpoint(name):
        return FoundModel(name, Predictor(name, session))
    if Path(name).is_dir():
        return _of_place(name)
    try:
        return _of_job(name, session.with_training_job(name).describe_training_job(name))
    except UserError:
        pass
    try:
        session.with_endpoint(name).describe_endpoint(name)
    except UserError as error:
        raise UserError(
            f"model must be a {MODEL_ARCHIVE}, a training job or an endpoint, got {echoed(name)}: nothing has this name"
        ) from error
    return FoundModel(name, Predictor(name, session))


def _of_job(name: str, job: Answer) -> FoundModel:
    archive = job.get("ModelArtifacts", {}).get("S3ModelArtifacts")
    if not archive:
        raise UserError(f"training job {name} has no model to work with: it is {job['TrainingJobStatus']}")
    return FoundModel(name, archive=str(archive), job=job)
