"""``semseg endpoints`` and ``semseg undeploy``: the endpoints of this machine, and their end."""

from __future__ import annotations

import click

from semseg.command_line.names import EndpointName
from semseg.command_line.verb import Work, verb
from semseg.overview.endpoints import EndpointRow, endpoint_rows

HEAD = ("ENDPOINT", "STATUS", "URL", "CREATED", "MODEL")


@verb
def endpoints(work: Work) -> None:
    """List the endpoints of this machine, the newest first; also those whose servers have ended."""
    found = endpoint_rows(work.local)
    content = {"Endpoints": [work.local.describe_endpoint(row.name) for row in found]} if work.output.as_json else {}
    rows = [_cells(row) for row in found]
    work.output.table(content, HEAD, rows, f"no endpoints in {work.local.home.endpoints}")
    for row in found:
        if row.failure_reason and not work.output.as_json:
            work.output.say(f"{row.name}: {row.failure_reason}")


@verb
@click.argument("names", metavar="NAME...", nargs=-1, type=EndpointName())
@click.option("--all", "is_all", is_flag=True, help="All endpoints of this machine.")
def undeploy(work: Work, names: tuple[str, ...], is_all: bool) -> None:
    """Delete the endpoint of each NAME, also a managed one, with its configuration; its model archive stays."""
    from semseg.predictor import Predictor

    if bool(names) == is_all:
        raise click.UsageError("give the names of endpoints, or --all")
    chosen = work.local.endpoints.kept() if is_all else list(names)
    for name in chosen:
        Predictor(name, sagemaker_session=work.session).delete_endpoint()
        work.output.say(f"deleted endpoint {name}")
    if chosen or work.output.as_json:
        work.output.answer({"Deleted": chosen}, "\n".join(chosen))


def _cells(row: EndpointRow) -> list[str]:
    return [row.name, row.status, row.url, f"{row.created.astimezone():%Y-%m-%d %H:%M}", row.model]
