"""Where a verb's answer goes, stdout, and its words, stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime
from pathlib import PurePath

import click

from semseg.plumbing.teller import Bar, TqdmBar

GAP = "  "
COLOURS = {"Completed": "green", "InService": "green", "Failed": "red", "Stopping": "yellow", "InProgress": "cyan"}


class Output:
    """Prints the answer of a verb: as columns and sentences, or as JSON.

    Args:
        as_json: whether it is JSON.
    """

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json

    def answer(self, content: object, text: str) -> None:
        """Prints an answer.

        Args:
            content: what JSON says of it: dictionaries, lists, dataclasses, numbers, texts, times and paths.
            text: the same for people.
        """
        click.echo(as_text(content) if self.as_json else text)

    def table(self, content: object, head: Sequence[str], rows: Sequence[Sequence[str]], none: str) -> None:
        """Prints a table.

        Args:
            content: what JSON says of it.
            head: a word above each column; one that begins with ">" is over a column of numbers, set to the right.
            rows: the cells.
            none: the sentence on stderr where there are no rows.
        """
        if self.as_json:
            click.echo(as_text(content))
        elif rows:
            click.echo("\n".join(columns(head, rows)))
        else:
            self.say(none)

    def say(self, text: str) -> None:
        """Prints a sentence on stderr; it is no part of the answer."""
        click.echo(text, err=True)


class Words:
    """The teller of the command line: lines and bars on stderr."""

    def line(self, text: str) -> None:
        """Prints a line."""
        click.echo(text, err=True)

    def mark(self, text: str) -> None:
        """Prints a few characters without a line end."""
        click.echo(text, nl=False, err=True)

    def bar(self, unit: str, description: str = "", total: float | None = None, timed: bool = True) -> Bar:
        """Opens a bar, which shows only on a terminal."""
        return WordsBar(unit, description, total, timed)

    def page(self) -> None:
        """Returns None: there are only lines."""


class WordsBar(TqdmBar):
    """A bar on stderr, with its lines there too."""

    def line(self, text: str) -> None:
        """Prints a line above the bar."""
        self._bar.write(text, file=sys.stderr)


def columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Returns the lines of a table, its head first; see :meth:`Output.table`."""
    titles = [title.lstrip(">") for title in head]
    widths = [max(len(cell) for cell in column) for column in zip(titles, *rows)]

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell.rjust(width) if title.startswith(">") else cell.ljust(width)
            for title, cell, width in zip(head, cells, widths)
        )
        return GAP.join(padded).rstrip()

    return [line(titles), *(_coloured(line(row), row) for row in rows)]


def _coloured(line: str, row: Sequence[str]) -> str:
    """Returns a line with the word for a status in its colour, where people see it and want it."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return line
    status = next((cell for cell in row if cell in COLOURS), None)
    return line if status is None else line.replace(status, click.style(status, fg=COLOURS[status]), 1)


def as_text(content: object) -> str:
    """Returns an answer as JSON: times as ISO 8601, paths as texts."""
    return json.dumps(content, indent=2, ensure_ascii=False, default=_plain)


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, PurePath):
        return str(value)
    raise TypeError(f"an answer must be made of what JSON knows, of times and paths, got {type(value).__name__}")
