"""The endpoint that somebody asks for by a form: what is wrong with it, and how it is deployed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Callable

from semseg.api.names import check_name
from semseg.archive.model_artifact import forms_of
from semseg.console.roots import Roots
from semseg.contract.environment import AUTO, ENGINE, PRECISION
from semseg.contract.exported_forms import INT8
from semseg.contract.resource_config import LOCAL
from semseg.engines.choice import ENGINES, Installed, Wish
from semseg.errors import SemsegError, UserError
from semseg.estimator import Estimator
from semseg.model import Model
from semseg.session import Session

INT8_OF_AN_ARCHIVE = "precision int8 needs an archive with an int8 form, and this one has none: export it first"


@dataclass(frozen=True)
class EndpointWish:
    """What a form asks for; each attribute is a field of it, as text.

    Attributes:
        job: the name of the training job whose model is served; "" where an archive is.
        archive: the path of a model.tar.gz; "" where a job's model is served.
        name: of the endpoint.
        engine: as SEMSEG_ENGINE has it, such as "auto".
        precision: as SEMSEG_PRECISION has it; "" leaves it to the model.
        instance_type: "local" or "local_gpu".
    """

    job: str = ""
    archive: str = ""
    name: str = ""
    engine: str = AUTO
    precision: str = ""
    instance_type: str = LOCAL

    @property
    def environment(self) -> dict[str, str]:
        """Returns the server's variables that the wish means."""
        engine = {} if self.engine == AUTO else {ENGINE.name: self.engine}
        return {**engine, **({PRECISION.name: self.precision} if self.precision else {})}

    @property
    def needs_export(self) -> bool:
        """Returns whether an INT8 form may have to be made first, which takes minutes."""
        return self.precision == INT8 and bool(self.job)


def problems_of(wish: EndpointWish, session: Session, roots: Roots) -> dict[str, str]:
    """Returns a sentence for each field of the form that cannot be as it is; nothing is started or unpacked."""
    found: dict[str, str] = {}
    checks: dict[str, Callable[[], object]] = {
        "model": lambda: _check_model(wish, session, roots),
        "name": lambda: _check_name(wish.name, session),
        "engine": lambda: _check_engine(wish.environment),
        "instance_type": lambda: session.local.for_instance(wish.instance_type),
    }
    for field, check in checks.items():
        with _told_at(field, found):
            check()
    return found


def deploy(wish: EndpointWish, session: Session) -> None:
    """Starts the endpoint, and returns while its model is loading; an INT8 form is made first where there is none.

    Raises:
        SemsegError: what the SDK's ``deploy`` raises.
    """
    if wish.job:
        estimator = Estimator.attach(wish.job, session, wait=False)
        estimator.deploy(1, wish.instance_type, endpoint_name=wish.name, env=wish.environment, wait=False)
    else:
        model = Model(model_data=wish.archive, env=wish.environment, sagemaker_session=session)
        model.deploy(1, wish.instance_type, endpoint_name=wish.name, wait=False)


@contextlib.contextmanager
def _told_at(field: str, found: dict[str, str]) -> Iterator[None]:
    try:
        yield
    except SemsegError as error:
        found[field] = str(error)


def _check_model(wish: EndpointWish, session: Session, roots: Roots) -> None:
    if bool(wish.job) == bool(wish.archive):
        raise UserError("an endpoint needs one model: choose a training job, or name an archive, and not both")
    if wish.job:
        _check_job(wish.job, session)
    elif not any(form.precision == INT8 for form in forms_of(roots.file(wish.archive))) and wish.precision == INT8:
        raise UserError(INT8_OF_AN_ARCHIVE)


def _check_job(name: str, session: Session) -> None:
    job = session.local.describe_training_job(name)
    if not job.get("ModelArtifacts", {}).get("S3ModelArtifacts"):
        raise UserError(f"training job {name} has no model yet: it is {job['TrainingJobStatus']}")


def _check_name(name: str, session: Session) -> None:
    check_name("an endpoint", name)
    endpoints = session.local.endpoints
    if endpoints.has(name) and not endpoints.has_failed(name):
        raise UserError(f"endpoint {name!r} is there already: choose another name, or delete it first")


def _check_engine(environment: Mapping[str, str]) -> None:
    wish = Wish.from_environment(environment)
    here = Installed.here(on_gpu=())
    if wish.engine != AUTO and not any(kind.name == wish.engine and here.has(kind.packages) for kind in ENGINES):
        raise UserError(f"engine {wish.engine} is not installed on this machine: take another one, or auto")
