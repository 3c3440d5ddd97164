"""What a person is shown while work goes on: lines, and bars that tell how far it is.

Code that has something to tell is given a :class:`Teller`; a command line, a notebook and a console can each bring
their own. The default one prints.
"""

from __future__ import annotations

import importlib.util
import sys
from typing import Any, Protocol


class Bar(Protocol):
    """Shows how far one piece of work is."""

    def move(self, done: float, total: float | None = None, unit: str | None = None) -> None:
        """Shows that so much is done; a ``total`` or ``unit`` that is given holds from now on."""
        ...

    def line(self, text: str) -> None:
        """Shows a line beside the bar."""
        ...

    def close(self) -> None:
        """Ends the bar."""
        ...


class Teller(Protocol):
    """Shows a person what happens."""

    def line(self, text: str) -> None:
        """Shows a line."""
        ...

    def mark(self, text: str) -> None:
        """Shows a few characters on the line that is under way, such as a hyphen for each look at an endpoint."""
        ...

    def bar(self, unit: str, description: str = "", total: float | None = None) -> Bar:
        """Opens a bar that counts ``unit``, such as "picture"."""
        ...


class Printer:
    """The teller that prints. Each line appears at once; bars are tqdm's, and show only on terminals and in
    notebooks.
    """

    def line(self, text: str) -> None:
        """Prints a line."""
        print(text, flush=True)

    def mark(self, text: str) -> None:
        """Prints a few characters without a line end."""
        print(text, end="", flush=True)

    def bar(self, unit: str, description: str = "", total: float | None = None) -> Bar:
        """Opens a bar of tqdm, which shows nothing where there is neither a terminal nor a notebook."""
        only_on_terminals = None  # tqdm's value for this; a notebook's output is not a terminal
        disable = False if in_notebook() else only_on_terminals
        return TqdmBar(_kind_of_bar()(desc=description or None, unit=unit, total=total, disable=disable))


class TqdmBar:
    """A bar that tqdm draws."""

    def __init__(self, bar: Any) -> None:
        self._bar = bar

    def move(self, done: float, total: float | None = None, unit: str | None = None) -> None:
        """Shows that so much is done."""
        if self._bar.disable:  # a bar that shows nothing has neither unit nor total
            return
        self._bar.unit = unit or self._bar.unit
        if total is not None and total != self._bar.total:
            self._bar.reset(total=total)
        self._bar.update(done - self._bar.n)  # which draws it at most ten times a second

    def line(self, text: str) -> None:
        """Prints a line above the bar."""
        self._bar.write(text)

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

    def close(self) -> None:
        """Does nothing."""

    def bar(self, unit: str, description: str = "", total: float | None = None) -> Bar:
        """Returns itself."""
        return self


def in_notebook() -> bool:
    """Returns whether this process is a notebook's kernel."""
    return "ipykernel" in sys.modules


def _kind_of_bar() -> Any:
    """Returns tqdm's class of bars: widgets in notebooks that have ipywidgets, otherwise text. tqdm would choose text
    there too, but with a warning.
    """
    if in_notebook() and importlib.util.find_spec("ipywidgets") is not None:
        from tqdm import notebook

        return notebook.tqdm
    from tqdm import tqdm  # not at the top: it takes a tenth of the time that `import semseg` may take

    return tqdm
