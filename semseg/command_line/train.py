"""``semseg train``: a training job, with an option for each hyperparameter."""

from __future__ import annotations

import click

from semseg.command_line.hyperparameter_options import hyperparameter_options
from semseg.command_line.job_answer import job_answer, wait_for
from semseg.command_line.named_classes import with_classes
from semseg.command_line.verb import Work, verb
from semseg.contract.channels import KNOWN
from semseg.contract.resource_config import LOCAL
from semseg.overview.data_folder import channels_of
from semseg.overview.training_form import TrainingForm, start_job


@verb
@click.argument("data", type=click.Path(), required=False)
@click.option(
    "--train", type=click.Path(), metavar="PLACE", help="The training pictures, where DATA does not hold them."
)
@click.option("--train-annotation", type=click.Path(), metavar="PLACE", help="Their masks.")
@click.option("--validation", type=click.Path(), metavar="PLACE", help="The validation pictures.")
@click.option("--validation-annotation", type=click.Path(), metavar="PLACE", help="Their masks.")
@click.option("--label-map", type=click.Path(), metavar="PLACE", help="The folder with the label maps.")
@click.option(
    "--model", type=click.Path(), metavar="PLACE", help="The folder with a model.tar.gz that training goes on from."
)
@click.option("--name", help="Of the job; made up where it is not given.")
@click.option("--detach", is_flag=True, help="Do not wait for its end.")
@click.option(
    "--instance-type",
    default=LOCAL,
    show_default=True,
    help="local (the processor), local_gpu, or one of SageMaker's, such as ml.g5.xlarge.",
)
@click.option("--instance-count", type=int, default=1, show_default=True, help="Machines; here, processes.")
@click.option("--role", help="That a managed job runs as.")
@click.option(
    "--output-path",
    type=click.Path(),
    metavar="PLACE",
    help="Where the model goes; with the job where it is not given.",
)
@click.option("--checkpoint-s3-uri", type=click.Path(), metavar="PLACE", help="Where checkpoints are kept too.")
@click.option("--input-mode", type=click.Choice(["File", "FastFile"]), default="File", show_default=True)
@click.option("--max-run", type=int, default=86_400, show_default=True, help="Seconds after which the job is stopped.")
@hyperparameter_options
def train(
    work: Work,
    data: str | None,
    train: str | None,
    train_annotation: str | None,
    validation: str | None,
    validation_annotation: str | None,
    label_map: str | None,
    model: str | None,
    name: str | None,
    detach: bool,
    instance_type: str,
    instance_count: int,
    role: str | None,
    output_path: str | None,
    checkpoint_s3_uri: str | None,
    input_mode: str,
    max_run: int,
    hyperparameters: dict[str, object],
) -> None:
    """Train a model on the folder DATA, which holds the folders train, train_annotation, validation,
    validation_annotation and, if need be, label_map; or on a place for each of these channels.

    A place is a folder or an s3:// URI. Ctrl-C stops the job and waits for its clean end; its best model is kept.
    """
    places = (train, train_annotation, validation, validation_annotation, label_map, model)
    channels = channels_of(data, dict(zip(KNOWN, places)), work.session)
    form = TrainingForm(
        channels,
        with_classes(work, hyperparameters, channels),
        name,
        instance_type,
        instance_count,
        role,
        output_path,
        checkpoint_s3_uri,
        input_mode,
        max_run,
    )
    job = start_job(work.session, form)
    if detach:
        work.output.say(f"semseg logs -f {job} follows it, semseg stop {job} stops it.")
    else:
        wait_for(work, job, shows_epochs=True)
    job_answer(work, [job])
