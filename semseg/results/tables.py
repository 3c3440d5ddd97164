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


def html_table(head: Sequence[str], rows: Sequence[Sequence[str]], is_styled: bool = True) -> str:
    """Returns a table of texts, its first column on the left and all others on the right.

    Args:
        head: of the columns.
        rows: of the table.
        is_styled: whether it looks so by itself, as in a notebook; else the page's own styles decide.
    """
    left, right = _style("left", is_styled), _style("right", is_styled)
    heads = [_cell("th", text, f' scope="col"{right if place else left}') for place, text in enumerate(head)]
    body = [
        [_cell("th", first, f' scope="row"{left}'), *(_cell("td", text, right) for text in others)]
        for first, *others in rows
    ]
    lines = "".join(f"<tr>{''.join(cells)}</tr>" for cells in body)
    return f"<table><thead><tr>{''.join(heads)}</tr></thead><tbody>{lines}</tbody></table>"


def _style(side: str, is_styled: bool) -> str:
    return f' style="text-align:{side};{_CELL}"' if is_styled else ""


def _cell(tag: str, text: str, attributes: str) -> str:
    return f"<{tag}{attributes}>{escaped(text)}</{tag}>"
