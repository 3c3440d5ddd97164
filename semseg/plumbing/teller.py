"""What a person is shown while work goes on: lines, and bars that tell how far it is.

Code that has something to tell is given a :class:`Teller`; a command line, a notebook and a console can each bring
their own. The default one prints.
"""

from __future__ import annotations

import sys
from typing import Any, Protocol

from semseg.plumbing.notebook import NotebookPage, PageBar, new_page

UNTIMED = "{desc}{percentage:3.0f}%|{bar}| {unit} {n_fmt}/{total_fmt}{postfix}"  # tqdm's, without its times


class Bar(Protocol):
    """Shows how far one piece of work is."""

    def move(self, done: float, total: float | None = None, unit: str | None = None) -> None:
        """Shows that so much is done; a ``total`` or ``unit`` that is given holds from now on."""
        ...

    def note(self, text: str) -> None:
        """Shows a few words beside the count, from the next move on."""
        ...

    def line(self, text: str) -> None:
        """Shows a line beside the bar."""
        ...

    def close(self) -> None:
        """Ends the bar."""
        ...


class Page(Protocol):
    """A place whose content can be changed, such as an output of a notebook's cell."""

    def show(self, markup: str, text: str) -> None:
        """Shows a state in place of the one before, given as HTML and, for where that cannot be shown, as text."""
        ...


class Teller(Protocol):
    """Shows a person what happens."""

    def line(self, text: str) -> None:
        """Shows a line."""
        ...

    def mark(self, text: str) -> None:
        """Shows a few characters on the line that is under way, such as a hyphen for each look at an endpoint."""
        ...

    def bar(self, unit: str, description: str = "", total: float | None = None, timed: bool = True) -> Bar:
        """Opens a bar that counts ``unit``, such as "picture".

        Args:
            timed: whether it tells by itself how long the work takes; False where its notes do.
        """
        ...

    def page(self) -> Page | None:
        """Opens a page; None where there are only lines."""
        ...


class Printer:
    """The teller that prints. Each line appears at once; bars show only on terminals and in notebooks."""

    def line(self, text: str) -> None:
        """Prints a line."""
        print(text, flush=True)

    def mark(self, text: str) -> None:
        """Prints a few characters without a line end."""
        print(text, end="", flush=True)

    def bar(self, unit: str, description: str = "", total: float | None = None, timed: bool = True) -> Bar:
        """Opens a bar: in a notebook one of its outputs, else one of tqdm, which shows nothing without a terminal."""
        page = new_page()
        return PageBar(page, unit, description, total) if page else TqdmBar(unit, description, total, timed)

    def page(self) -> NotebookPage | None:
        """Opens a page in the notebook's cell that runs; None outside notebooks."""
        return new_page()


class TqdmBar:
    """A bar that tqdm draws on a terminal; elsewhere it shows nothing."""

    def __init__(self, unit: str, description: str, total: float | None, timed: bool) -> None:
        from tqdm import tqdm  # not at the top: it takes a tenth of the time that `import semseg` may take

        only_on_terminals = None  # tqdm's value for this
        self._bar: Any = tqdm(
            desc=f"{description}: " if description else None,
            unit=unit,
            total=total,
            disable=only_on_terminals,
            bar_format=None if timed else UNTIMED,
        )
        self._note = ""

    def move(self, done: float, total: float | None = None, unit: str | None = None) -> None:
        """Shows that so much is done."""
        if self._bar.disable:  # a bar that shows nothing has neither unit nor total
            return
        self._bar.unit = unit or self._bar.unit
        if total is not None and total != self._bar.total:
            self._bar.reset(total=total)
        self._bar.update(done - self._bar.n)  # which draws it at most ten times a second

    def note(self, text: str) -> None:
        """Shows a few words at the end of the line, at once."""
        if self._bar.disable or text == self._note:
            return
        self._note = text
        self._bar.set_postfix_str(text)

    def line(self, text: str) -> None:
        """Prints a line above the bar."""
        self._bar.write(text)
        sys.stdout.flush()

    def close(self) -> None:
        """Ends the bar, and leaves it as it is."""
        self._bar.close()


class Silent:
    """A teller and a bar that show nothing."""

    def line(self, text: str) -> None:
        """Shows nothing."""

    def mark(self, text: str) -> None:
        """Shows nothing."""

    def move(self, done: float, total: float | None = None, unit: str | None = None) -> None:
        """Shows nothing."""

    def note(self, text: str) -> None:
        """Shows nothing."""

    def close(self) -> None:
        """Does nothing."""

    def bar(self, unit: str, description: str = "", total: float | None = None, timed: bool = True) -> Bar:
        """Returns itself."""
        return self

    def page(self) -> Page | None:
        """Returns None."""
        return None


SILENT = Silent()
