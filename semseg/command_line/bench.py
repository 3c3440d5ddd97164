"""``semseg bench``: how fast this machine reads, trains and serves."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path

import click

from semseg.command_line.measuring import QUICK, USUAL, WHATS, Figure, Measuring
from semseg.command_line.names import JobOrFile
from semseg.command_line.verb import Work, verb
from semseg.contract.resource_config import LOCAL, LOCAL_TYPES
from semseg.given_model import find_model

HEAD = ("WHAT", ">PICTURES/S", ">MS", "HOW")


@verb
@click.argument("whats", metavar="[reading|training|serving]...", nargs=-1, type=click.Choice(WHATS))
@click.option("--model", metavar="JOB|MODEL.TAR.GZ", type=JobOrFile(), help="What is served; else what is trained.")
@click.option("--seconds", type=click.FloatRange(0.1), default=10.0, show_default=True, help="Of reading and serving.")
@click.option("--instance-type", type=click.Choice(LOCAL_TYPES), default=LOCAL, show_default=True)
@click.option("--quick", is_flag=True, help="Tiny scenes: shows that it runs, and its figures mean nothing.")
def bench(
    work: Work, whats: tuple[str, ...], model: str | None, seconds: float, instance_type: str, quick: bool
) -> None:
    """Measure how many pictures a second this machine reads, trains and serves; all three where none is given.

    It draws scenes of 480 x 360 pixels, and trains FCN on ResNet-50 from scratch. Nothing of it stays. On two cores it
    takes some minutes.
    """
    archive = None if model is None else find_model(model, work.session).archive
    if archive == "":
        raise click.UsageError(f"{model} is an endpoint: give the job or the archive that it serves")
    with tempfile.TemporaryDirectory(prefix="semseg-bench-") as folder:
        measuring = Measuring(Path(folder), QUICK if quick else USUAL, seconds, instance_type, archive)
        found = list(measuring.figures(whats or WHATS))
    work.output.table([asdict(figure) for figure in found], HEAD, [_cells(figure) for figure in found], "")


def _cells(figure: Figure) -> list[str]:
    milliseconds = "" if figure.milliseconds is None else f"{figure.milliseconds:.0f}"
    return [figure.what, f"{figure.pictures_per_second:.1f}", milliseconds, figure.how]
