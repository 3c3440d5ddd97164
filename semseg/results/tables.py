"""Tables for people: as lines of text, and as HTML that looks right in any page, light or dark."""

from __future__ import annotations

import html
from collections.abc import Sequence

_CELL = "padding:0.2em 0.7em;font-variant-numeric:tabular-nums"


def escaped(text: object) -> str:
    """Returns a text as HTML that shows it; what is no character of Unicode becomes a question mark."""
    return html.escape(str(text).encode(errors="replace").decode())


def text_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Returns the lines of a table, its first column on the left and all others on the right."""
    widths = [max(len(row[place]) for row in [head, *rows]) for place in range(len(head))]
    return [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]).rstrip()
        for row in [head, *rows]
    ]


def html_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a table of texts, its first column on the left and all others on the right."""
    body = "".join(f"<tr>{_header(row[0], 'row')}{_cells(row[1:])}</tr>" for row in rows)
    top = "".join(_header(text, "col", "left" if not place else "right") for place, text in enumerate(head))
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _header(text: str, scope: str, side: str = "left") -> str:
    return f'<th scope="{scope}" style="text-align:{side};{_CELL}">{escaped(text)}</th>'


def _cells(texts: Sequence[str]) -> str:
    return "".join(f'<td style="text-align:right;{_CELL}">{escaped(text)}</td>' for text in texts)
