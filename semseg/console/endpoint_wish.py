"""The endpoint that somebody asks for by a form: what is wrong with it, and how it is deployed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from semseg.api.names import check_name
from semseg.archive.model_artifact import forms_of
from semseg.console.roots import Roots
from semseg.contract.environment import AUTO, ENGINE, LIGHT, PRECISION
from semseg.contract.form_wish import FormWish
from semseg.contract.resource_config import LOCAL
from semseg.contract.rules import wire_form
from semseg.engines.choice import ENGINES, Installed, Wish
from semseg.errors import SemsegError, UserError
from semseg.estimator import Estimator
from semseg.model import Model
from semseg.session import Session

IS_LIGHT = {"": None, wire_form(True): True, wire_form(False): False}  # what the field's values mean


@dataclass(frozen=True)
class EndpointWish:
    """What a form asks for; each attribute is a field of it, as text.

    Attributes:
        job: the name of the training job whose model is served; "" where an archive is.
        archive: the path of a model.tar.gz; "" where a job's model is served.
        name: of the endpoint.
        engine: as SEMSEG_ENGINE has it, such as "auto".
        precision: as SEMSEG_PRECISION has it; "" leaves it to the model.
        light: as SEMSEG_LIGHT has it; "" leaves it to the model.
        instance_type: "local" or "local_gpu".
    """

    job: str = ""
    archive: str = ""
    name: str = ""
    engine: str = AUTO
    precision: str = ""
    light: str = ""
    instance_type: str = LOCAL

    @property
    def environment(self) -> dict[str, str]:
        """Returns the server's variables that the wish means."""
        engine = "" if self.engine == AUTO else self.engine
        asked = {ENGINE.name: engine, PRECISION.name: self.precision, LIGHT.name: self.light}
        return {name: value for name, value in asked.items() if value}

    @property
    def form(self) -> FormWish:
        """Returns what is asked of the model's form."""
        return FormWish(self.precision or None, IS_LIGHT.get(self.light))

    @property
    def needs_export(self) -> bool:
        """Returns whether a form may have to be made first, which takes minutes."""
        return self.form.needs_form and bool(self.job)


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
    """Starts the endpoint, and returns while its model is loading; a form that is missing is made first.

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
    else:
        _check_archive(wish.form, roots.file(wish.archive))


def _check_archive(wish: FormWish, archive: Path) -> None:
    forms = forms_of(archive)
    if wish.needs_form and not wish.is_met_by(forms):
        raise UserError(
            f"the archive must have {wish.article} {wish.noun} form for this choice, and it has none: export it first"
        )


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
