"""An output of a notebook's cell that changes in place; a saved notebook has its last state.

IPython is used where a kernel of it runs this process, and is not needed anywhere else.
"""

from __future__ import annotations

import html
import importlib
import sys
import time
from typing import Any

from semseg.plumbing.counted import duration

SECONDS_BETWEEN = 0.25  # of two states of a bar


class NotebookPage:
    """One output of the cell that runs; it appears with the first state that is shown.

    Args:
        ipython_display: the module ``IPython.display``.
    """

    def __init__(self, ipython_display: Any) -> None:
        self._display = ipython_display.display
        self._handle: Any = None

    def show(self, markup: str, text: str) -> None:
        """Shows a state in place of the one before.

        Args:
            markup: HTML, which browsers show.
            text: what is shown where there is no browser.
        """
        state = {"text/html": markup, "text/plain": text}
        if self._handle is None:
            self._handle = self._display(state, raw=True, display_id=True)
        else:
            self._handle.update(state, raw=True)


class PageBar:
    """A bar that shows how far one piece of work is, on a page of its own.

    Args:
        page: gets the states.
        unit: what is counted, such as "picture".
        description: stands before the bar.
        total: how much there is to do; None where it is not known.
    """

    def __init__(self, page: NotebookPage, unit: str, description: str, total: float | None) -> None:
        self._page = page
        self._unit = unit
        self._description = description
        self._total = total
        self._done = 0.0
        self._note = ""
        self._started = time.monotonic()
        self._shown = float("-inf")

    def move(self, done: float, total: float | None = None, unit: str | None = None) -> None:
        """Shows that so much is done, at most four times a second."""
        self._done, self._unit = done, unit or self._unit
        self._total = self._total if total is None else total
        if time.monotonic() - self._shown >= SECONDS_BETWEEN:
            self._show()

    def note(self, text: str) -> None:
        """Shows a few words after the count."""
        self._note = text

    def line(self, text: str) -> None:
        """Prints a line, which stands below the bar."""
        print(text, flush=True)

    def close(self) -> None:
        """Shows the last state."""
        self._show()

    def _show(self) -> None:
        self._shown = time.monotonic()
        self._page.show(bar_markup(self._share, self._text), self._text)

    @property
    def _share(self) -> float:
        return min(1.0, self._done / self._total) if self._total else 0.0

    @property
    def _text(self) -> str:
        of = f"/{self._total:g}" if self._total is not None else ""
        parts = [f"{self._unit} {self._done:g}{of}", duration(time.monotonic() - self._started), self._note]
        told = ", ".join(part for part in parts if part)
        return f"{self._description}: {told}" if self._description else told


def bar_markup(share: float, text: str) -> str:
    """Returns a bar as HTML, filled to a share of 0 to 1, with a text beside it."""
    filled = f'<div style="background:#1f77b4;height:100%;width:{100 * share:.1f}%"></div>'
    return (
        '<div style="display:flex;align-items:center;gap:0.7em">'
        '<div style="border:1px solid #8888;width:16em;height:0.9em;flex:none">'
        f"{filled}</div><span>{html.escape(text)}</span></div>"
    )


def new_page() -> NotebookPage | None:
    """Returns a page in the cell that runs; None where no notebook's kernel runs this process."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if ipython is None or getattr(shell, "kernel", None) is None:
        return None
    return NotebookPage(importlib.import_module("IPython.display"))
