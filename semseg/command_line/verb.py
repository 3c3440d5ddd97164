"""What makes a function a verb of the command line."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, Optional

import click

from semseg.command_line.output import Output, Words
from semseg.contract.environment import HOME

if TYPE_CHECKING:
    from semseg.local.session import LocalSession
    from semseg.session import Session

Function = Callable[..., Optional[int]]


class Work:
    """What each verb is given first.

    Attributes:
        output: where its answer and its words go.
    """

    def __init__(self, output: Output) -> None:
        self.output = output

    @cached_property
    def local(self) -> LocalSession:
        """This machine alone; its words go to stderr."""
        from semseg.local.session import LocalSession

        session = LocalSession()
        session.teller = Words()
        return session

    @cached_property
    def session(self) -> Session:
        """This machine and SageMaker; its words go to stderr."""
        from semseg.session import Session

        session = Session()
        session.teller = Words()
        return session


class GroupedOption(click.Option):
    """An option that the help lists under a heading of its own.

    Attributes:
        group: that heading.
    """

    def __init__(self, param_decls: Sequence[str], group: str, **attributes: Any) -> None:
        super().__init__(param_decls, **attributes)
        self.group = group


class VerbCommand(click.Command):
    """A verb, whose help lists its options in groups where they have any."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the options: first those of no group."""
        groups: dict[str, list[tuple[str, str]]] = {"Options": []}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None and isinstance(param, click.Option):
                groups.setdefault(getattr(param, "group", "Options"), []).append(record)
        for title, records in groups.items():
            with formatter.section(title):
                formatter.write_dl(records)


def verb(function: Function) -> click.Command:
    """Makes a command of a function, which is given its :class:`Work`, and by name what its own decorators declare.

    The command has two options more, as all verbs have: ``--json`` and ``--home``. The function's docstring is its
    help. It may return an exit code.
    """

    @wraps(function)
    def run(as_json: bool, home: str | None, **given: object) -> int | None:
        if home is not None:
            os.environ[HOME.name] = home  # for this process and those that it starts
        return function(Work(Output(as_json)), **given)

    command = click.command(cls=VerbCommand)(run)
    command.params += [
        click.Option(["--json", "as_json"], is_flag=True, help="Print the answer as JSON."),
        click.Option(
            ["--home"], type=click.Path(file_okay=False), help=f"Where jobs and endpoints are kept.  [env: {HOME.name}]"
        ),
    ]
    return command
