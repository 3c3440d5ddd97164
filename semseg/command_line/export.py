"""``semseg export``: a form of a model beside its parameters, for other engines."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from semseg.command_line.names import JobOrFile
from semseg.command_line.verb import Work, verb
from semseg.contract.channels import LABEL_MAP, TRAIN, VALIDATION, VALIDATION_ANNOTATION
from semseg.contract.exported_forms import FORMATS, FP32, OPENVINO, PRECISIONS, Form
from semseg.estimator import Estimator
from semseg.given_model import find_model

if TYPE_CHECKING:
    from semseg.archive.export_report import ExportReport


@verb
@click.argument("model", metavar="JOB|MODEL.TAR.GZ", type=JobOrFile())
@click.option("--format", type=click.Choice(FORMATS), default=OPENVINO, show_default=True)
@click.option("--precision", type=click.Choice(PRECISIONS), default=FP32, show_default=True)
@click.option("--light", is_flag=True, help="Fewer operations, as few as lose no more than half a point of mIOU.")
@click.option("-o", "--output", type=click.Path(), help="A folder, or a .tar.gz; a job's folder where it is not given.")
@click.option(
    "--data", metavar="DATA", help="For an archive: the folder with the channels to calibrate and compare on."
)
def export(
    work: Work, model: str, format: str, precision: str, light: bool, output: str | None, data: str | None
) -> None:
    """Write a model archive with an exported form beside its parameters; it is served like any other.

    int8 and light forms are calibrated on training pictures, and refused where they lose more than half a point of
    mIOU.
    """
    found = find_model(model, work.session)
    if found.predictor is not None:
        raise click.UsageError(f"{model} is an endpoint: give the job or the archive that it serves")
    if found.job is not None:
        if data is not None:
            raise click.UsageError("--data is for an archive: a job's own channels are used")
        report = Estimator.attach(model, work.session, wait=False).export(format, output, precision, light=light)
    else:
        if output is None:
            raise click.UsageError("an archive needs --output, the folder or the .tar.gz to write")
        report = _export_archive(work, found.archive, Form.of(format, precision, light), output, data)
    work.output.say(str(report))
    work.output.answer(asdict(report), report.archive)


def _export_archive(work: Work, model: str, form: Form, output: str, data: str | None) -> ExportReport:
    from semseg.channel_folders import channels_in
    from semseg.export import export_model

    channels = {} if data is None else channels_in(data, work.session)
    return export_model(
        model,
        output,
        form.format,
        form.precision,
        train=channels.get(TRAIN),
        validation=channels.get(VALIDATION),
        validation_annotation=channels.get(VALIDATION_ANNOTATION),
        label_map=channels.get(LABEL_MAP),
        sagemaker_session=work.session,
        light=form.light,
    )
