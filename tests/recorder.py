"""A teller that keeps what it is told, for tests of what people are shown."""

from __future__ import annotations

from semseg.plumbing.teller import Silent


class Recorder(Silent):
    """Keeps the lines, and the marks between them as one text."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._marks = ""

    def line(self, text: str) -> None:
        """Keeps a line, with the marks that stand before it."""
        self.lines.append(self._marks + text)
        self._marks = ""

    def mark(self, text: str) -> None:
        """Keeps a few characters until the line's end."""
        self._marks += text


class BarRecorder(Silent):
    """A teller whose bars keep where they were moved to, as (done, total)."""

    def __init__(self) -> None:
        self.moves: list[tuple[float, float | None]] = []

    def move(self, done: float, total: float | None = None, unit: str | None = None) -> None:
        """Keeps a move."""
        self.moves.append((done, total))
