"""The program: arguments in, exit code out."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import click

from semseg import __version__
from semseg.command_line.verbs import SECTIONS, VERBS
from semseg.errors import SemsegError
from semseg.plumbing.disk_space import reason_of

NAME = "semseg"
DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130  # exit codes


class Verbs(click.Group):
    """All verbs. The module of a verb is imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Returns the names of the verbs, in the order of the table."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Returns a verb; None where there is none of this name."""
        if cmd_name not in VERBS:
            return None
        module = import_module(f"semseg.command_line.{VERBS[cmd_name].module}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the table of verbs, which imports none of them."""
        for section in SECTIONS:
            with formatter.section(section):
                formatter.write_dl([(name, entry.what) for name, entry in VERBS.items() if entry.section == section])


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, message="%(prog)s %(version)s")
def program() -> None:
    """Semantic segmentation on this machine: from a folder of pictures to a model that answers.

    `semseg VERB --help` says what a verb takes. Answers go to stdout, words to stderr; --json prints an answer as JSON.
    """


def run(arguments: Sequence[str]) -> int:
    """Runs the program, and returns its exit code: 0 done, 1 refused or failed, 2 not understood, 130 for Ctrl-C."""
    try:
        code = program.main(list(arguments), NAME, standalone_mode=False)
        sys.stdout.flush()
    except click.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except SemsegError as error:
        click.echo(f"{NAME}: {error}", err=True)
        return FAILED
    except BrokenPipeError:
        _forget_stdout()
        return FAILED
    except OSError as error:
        click.echo(f"{NAME}: {reason_of(error, Path.cwd())}", err=True)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return code if isinstance(code, int) else DONE


def _forget_stdout() -> None:
    """Lets what is still to be written go nowhere: whoever read it has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
