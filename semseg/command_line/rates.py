"""``semseg rates``: tries learning rates for a job, and suggests one."""

from __future__ import annotations

from pathlib import Path

import click

from semseg.command_line.hyperparameter_options import hyperparameter_options
from semseg.command_line.named_classes import with_classes
from semseg.command_line.verb import Work, verb
from semseg.contract.resource_config import LOCAL, LOCAL_TYPES
from semseg.estimator import Estimator
from semseg.overview.data_folder import channels_of


@verb
@click.argument("data", type=click.Path())
@click.option("--instance-type", type=click.Choice(LOCAL_TYPES), default=LOCAL, show_default=True)
@click.option("--picture", type=click.Path(dir_okay=False, path_type=Path), help="Draw the curve into this PNG file.")
@hyperparameter_options
def rates(work: Work, data: str, instance_type: str, picture: Path | None, hyperparameters: dict[str, object]) -> None:
    """Train on the folder DATA for a minute or two at growing learning rates, and suggest one.

    DATA and the hyperparameters are those of the job that semseg train would start.
    """
    channels = channels_of(data, {}, work.local)
    given = with_classes(work, hyperparameters, channels)
    estimator = Estimator(instance_type=instance_type, sagemaker_session=work.local, hyperparameters=given)
    curve = estimator.find_learning_rate(channels)
    if picture is not None:
        curve.picture().save(picture, "PNG")
    work.output.answer(curve.to_json(), str(curve))
