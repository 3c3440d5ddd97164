"""What makes a function a verb of the command line."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property, wraps
from typing import TYPE_CHECKING

import click

from semseg.command_line.output import Output, Words
from semseg.contract.environment import HOME

if TYPE_CHECKING:
    from semseg.local.session import LocalSession
    from semseg.session import Session


class Work:
    """What each verb is given first.

    Attributes:
        output: where its answer and its words go.
    """

    def __init__(self, output: Output) -> None:
        self.output = output

    @cached_property
    def session(self) -> Session:
        """The session, whose words go to stderr."""
        from semseg.session import Session

        session = Session()
        session.teller = Words()
        return session

    @property
    def local(self) -> LocalSession:
        """This machine's side of the session."""
        return self.session.local


def verb(function: Callable[..., None]) -> click.Command:
    """Makes a command of a function, which is given its :class:`Work`, and by name what its own decorators declare.

    The command has two options more, as all verbs have: ``--json`` and ``--home``. The function's docstring is its
    help.
    """

    @wraps(function)
    def run(as_json: bool, home: str | None, **given: object) -> None:
        if home is not None:
            os.environ[HOME.name] = home  # for this process and those that it starts
        function(Work(Output(as_json)), **given)

    command = click.command(run)
    command.params += [
        click.Option(["--json", "as_json"], is_flag=True, help="Print the answer as JSON."),
        click.Option(
            ["--home"], type=click.Path(file_okay=False), help=f"Where jobs and endpoints are kept.  [env: {HOME.name}]"
        ),
    ]
    return command
