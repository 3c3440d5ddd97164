"""``semseg deploy``: an endpoint of a job's model or of an archive."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import click

from semseg.command_line.names import JobOrFile
from semseg.command_line.output import GAP
from semseg.command_line.verb import Work, verb
from semseg.contract.environment import ENGINE, ENGINES, LIGHT, PRECISION
from semseg.contract.exported_forms import PRECISIONS
from semseg.contract.resource_config import LOCAL
from semseg.contract.rules import wire_form
from semseg.estimator import Estimator
from semseg.given_model import find_model
from semseg.model import Model

if TYPE_CHECKING:
    from semseg.predictor import Predictor


@verb
@click.argument("model", metavar="JOB|MODEL.TAR.GZ", type=JobOrFile())
@click.option("--name", help="Of the endpoint; made up where it is not given.")
@click.option("--instance-type", default=LOCAL, show_default=True, help="local, local_gpu, or one of SageMaker's.")
@click.option("--engine", type=click.Choice(ENGINES), help="That serves; the fastest one here where it is not given.")
@click.option("--precision", type=click.Choice(PRECISIONS), help="Of a job's model int8 is made if need be.")
@click.option("--light/--no-light", default=None, help="Of a job's model a light form is made if need be.")
@click.option("--env", "variables", multiple=True, metavar="NAME=VALUE", help="A variable of the server.")
@click.option("--role", help="That a managed endpoint runs as.")
@click.option("--timeout", type=int, help="Seconds until it must answer; 240 where it is not given.")
def deploy(
    work: Work,
    model: str,
    name: str | None,
    instance_type: str,
    engine: str | None,
    precision: str | None,
    light: bool | None,
    variables: tuple[str, ...],
    role: str | None,
    timeout: int | None,
) -> None:
    """Start an endpoint of a training job's model or of an archive. It lives on until `semseg undeploy`."""
    environment = dict(_variable(text) for text in variables)
    asked = {ENGINE.name: engine, PRECISION.name: precision, LIGHT.name: None if light is None else wire_form(light)}
    environment.update({key: value for key, value in asked.items() if value})
    start: Callable[..., Predictor]
    found = find_model(model, work.session)
    if found.predictor is not None:
        raise click.UsageError(f"{model} is an endpoint already")
    if found.job is not None:
        start = partial(Estimator.attach(model, work.session, wait=False).deploy, env=environment)
    else:
        start = Model(model_data=found.archive, role=role, env=environment, sagemaker_session=work.session).deploy
    predictor = start(1, instance_type, endpoint_name=name, container_startup_health_check_timeout=timeout)
    endpoint = work.session.describe_endpoint(predictor.endpoint_name)
    work.output.answer(endpoint, f"{predictor.endpoint_name}{GAP}{endpoint.get('EndpointUrl', '')}".rstrip())
    work.output.say(f"Next: semseg predict {predictor.endpoint_name} PICTURES -o masks")


def _variable(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise click.BadParameter(f"--env must be NAME=VALUE, got {text!r}")
    return name, value
