"""What was asked, seen and lost when training jobs were disturbed, and the table of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

NOTHING = "nothing"
HEAD = ("| engine | asked | seen | lost |", "|---|---|---|---|")
BEGIN, END = "<!-- the table of scripts/try_training -->", "<!-- the end of the table -->"


@dataclass(frozen=True)
class Finding:
    """One disturbance.

    Attributes:
        engine: that trained.
        asked: what was done to a job, or with one.
        seen: what it did then.
        lost: what it should have kept; empty where nothing was lost.
        detail: when it happened and what was said, for whoever looks into it; not part of the table.
        skipped: whether it could not be tried here; ``seen`` says why.
    """

    engine: str
    asked: str
    seen: str
    lost: str = ""
    detail: str = ""
    skipped: bool = False

    def line(self) -> str:
        """Returns it as a line for the console."""
        end = f" LOST: {self.lost}" if self.lost else ""
        return f"{self.engine}: {self.asked}: {self.seen}{end}{f' ({self.detail})' if self.detail else ''}"


def table(findings: Iterable[Finding]) -> list[str]:
    """Returns the lines of a Markdown table, a row for all findings that are alike, with their number."""
    rows = Counter((found.engine, found.asked, found.seen, found.lost) for found in findings)
    return [
        *HEAD,
        *(_row(engine, f"{asked}, {count} times" if count > 1 else asked, seen, lost or NOTHING)
          for (engine, asked, seen, lost), count in rows.items()),
    ]  # fmt: skip


def save(findings: Iterable[Finding], document: Path) -> None:
    """Puts the table between its two marks in a document.

    Raises:
        ValueError: the document has no such marks.
    """
    text = document.read_text(encoding="utf-8")
    if not (BEGIN in text and END in text):
        raise ValueError(f"{document} must have the lines {BEGIN} and {END}")
    before, after = text[: text.index(BEGIN)], text[text.index(END) :]
    document.write_text(f"{before}{BEGIN}\n" + "\n".join(table(findings)) + f"\n{after}", encoding="utf-8")


def _row(*cells: str) -> str:
    return f"| {' | '.join(' '.join(re.sub(r'[|]', '/', cell).split()) for cell in cells)} |"
