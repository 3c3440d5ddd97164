"""The small pieces of HTML that the parts of a report are made of."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable

import numpy as np
from PIL import Image

from semseg.drawing.class_colours import hex_colour
from semseg.results.tables import escaped


def section(name: str, title: str, *parts: str) -> str:
    """Returns a part of the page with its heading; "" where it has nothing to show."""
    body = "".join(parts)
    return f'<section id="{name}"><h2>{escaped(title)}</h2>{body}</section>' if body else ""


def paragraph(text: str, kind: str = "") -> str:
    """Returns a paragraph of plain text; "" without text. ``kind`` is its class in the style."""
    return f"<p{_class(kind)}>{escaped(text)}</p>" if text else ""


def items(texts: Iterable[str]) -> str:
    """Returns a list of plain texts; "" without any."""
    listed = "".join(f"<li>{escaped(text)}</li>" for text in texts)
    return f"<ul>{listed}</ul>" if listed else ""


def wide(label: str, body: str) -> str:
    """Returns what may be wider than the page, to be moved by hand or by keys; ``label`` says what it is."""
    return f'<div class="wide" tabindex="0" role="region" aria-label="{escaped(label)}">{body}</div>'


def rows_table(head: Iterable[str], rows: Iterable[Iterable[str]], kind: str = "") -> str:
    """Returns a table of cells that are HTML already; the first of each row is its head."""
    top = "".join(f'<th scope="col"{_class("" if place else "left")}>{text}</th>' for place, text in enumerate(head))
    body = "".join(f"<tr>{_row(list(row))}</tr>" for row in rows)
    return f"<table{_class(kind)}><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def swatch(colour: np.ndarray) -> str:
    """Returns a small square of a colour, (3,) uint8 RGB."""
    return f'<span class="swatch" style="background:{hex_colour(colour)}"></span>'


def bar(share: float, colour: np.ndarray | None = None) -> str:
    """Returns a bar that is filled to a share of 0 to 1, in a colour, (3,) uint8 RGB, or in that of the page."""
    fill = "" if colour is None else f";background:{hex_colour(colour)}"
    return f'<span class="bar" aria-hidden="true"><i style="width:{100 * share:.1f}%{fill}"></i></span>'


def data_uri(picture: Image.Image, kind: str) -> str:
    """Returns a picture as a URI that holds it; ``kind`` is "JPEG" or "PNG"."""
    file = io.BytesIO()
    if kind == "JPEG":
        picture.save(file, kind, quality=82, optimize=True)
    else:
        picture.save(file, kind, optimize=True)
    return uri_of(file.getvalue(), kind)


def uri_of(content: bytes, kind: str) -> str:
    """Returns the content of a picture's file as a URI; ``kind`` is "JPEG" or "PNG"."""
    return f"data:image/{kind.lower()};base64,{base64.b64encode(content).decode()}"


def _row(cells: list[str]) -> str:
    return f'<th scope="row">{cells[0]}</th>' + "".join(f"<td>{cell}</td>" for cell in cells[1:])


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
