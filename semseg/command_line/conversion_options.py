"""What ``semseg split`` and ``semseg convert`` have in common."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Union

import click

from semseg.command_line.verb import Work

if TYPE_CHECKING:
    from semseg.conversion.converted import Converted


class ValidationPart(click.ParamType):
    """The pictures for validation: a share of all, or a file with a name on each line."""

    name = "share or file"

    def convert(
        self, value: Union[str, float, list[str]], param: click.Parameter | None, ctx: click.Context | None
    ) -> float | list[str]:
        """Returns the share, or the names in the file."""
        if not isinstance(value, str):
            return value
        try:
            return float(value)
        except ValueError:
            pass
        if not Path(value).is_file():
            self.fail(f"must be a share such as 0.2, or a file with a name on each line, got {value!r}", param, ctx)
        return [line.strip() for line in Path(value).read_text(encoding="utf-8").splitlines() if line.strip()]


validation = click.option(
    "--validation", type=ValidationPart(), help="The share for validation, or a file of names; a fifth where not given."
)
seed = click.option("--seed", type=int, default=0, show_default=True, help="Of the choice for validation.")


def answer(work: Work, made: Converted) -> None:
    """Prints what a conversion wrote, and the next command."""
    folder = str(made.folder)
    content = {**asdict(made), "num_classes": made.num_classes, "channels": made.channels}
    work.output.answer(content, str(made))
    work.output.say(f"Next: semseg check {shlex.quote(folder)}")
