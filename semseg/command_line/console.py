"""``semseg console``: pages in the browser."""

from __future__ import annotations

import webbrowser

import click

from semseg.command_line.verb import Work, verb
from semseg.errors import PlatformError

PORT = 8765


@verb
@click.option(
    "--root",
    "roots",
    multiple=True,
    type=click.Path(exists=True, file_okay=False),
    help="A folder below which data may be read and label maps written; may be given more than once. "
    "[default: the current folder]",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=PORT,
    show_default=True,
    help="Of this machine; 0 takes a free one.",
)
@click.option("--open/--no-open", "opens", default=True, help="Whether to open it in a browser.")
def console(work: Work, roots: tuple[str, ...], port: int, opens: bool) -> None:
    """Open the console: look at data, train, follow jobs, try models in the browser.

    It is for you alone: it listens on this machine only, and its link has a token. Ctrl-C ends the console; jobs and
    endpoints go on.
    """
    try:
        from semseg.console.server import run_console
    except ModuleNotFoundError as error:
        raise PlatformError(
            f"the console needs {error.name}, which is not installed: run pip install 'semseg[console]'"
        ) from error

    def opened(link: str) -> None:
        text = f"The console is at {link}\nCtrl-C ends it; jobs and endpoints go on."
        work.output.answer({"Url": link}, text)
        if opens:
            webbrowser.open(link)

    run_console(work.session, roots or (".",), port, opened)
