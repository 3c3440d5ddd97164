"""A document that holds the figures of a benchmark: its tables between two markers, and a picture of bars beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

BEGIN, END = "<!-- begin: measured -->", "<!-- end: measured -->"
PANELS = 3  # in a row of a picture
DARK_BLUE, BLUE, GREY = "#1f4e9c", "#6f9fe0", "#a8a8a8"  # of bars


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def shown(value: float | None, form: str) -> str:
    return "" if value is None else form.format(value)


def put_between_markers(document: str, text: str) -> str:
    """Returns the document with ``text`` in place of what stood between its two markers."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"the document must have the lines {BEGIN} and {END}: the tables go between them")
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def save(document: Path, picture: Path, described: str, text: str) -> None:
    """Puts the picture, whose description is for those who cannot see it, and the tables between the markers."""
    shown_first = f"![{described}]({picture.name})"
    document.write_text(put_between_markers(document.read_text(), f"{shown_first}\n\n{text}"))


def publish(
    text: str, rounds: int, began: float, file: Path | None, draw: Callable[[Path], None], described: str
) -> None:
    """Prints the tables; where a document is named, puts them there, with the picture that ``draw`` draws.

    Args:
        began: when the run did, by time.monotonic().
        described: the picture, for those who cannot see it.
    """
    print(f"{text}\n\n{rounds} rounds, {time.monotonic() - began:.0f} seconds in all")
    if file is not None:
        picture = file.with_suffix(".png")
        draw(picture)
        save(file, picture, described, text)


def draw_bars(
    panels: Mapping[str, Mapping[str, float]], colours: Mapping[str, str], file: Path, same_scale: bool = False
) -> None:
    """Draws a panel for each title, three in a row, with a bar for each name; all panels have the same names in the
    same order.

    Args:
        same_scale: whether all panels have the scale of the one with the longest bar.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    rows, columns = -(-len(panels) // PANELS), min(PANELS, len(panels))
    size = (6 * columns, 4.2 if rows == 1 else 2 * rows)
    figure, axes = pyplot.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)
    longest = max(max(rates.values()) for rates in panels.values())
    for number, (axis, (title, rates)) in enumerate(zip(axes.flat, panels.items())):
        bars = axis.barh(list(rates), list(rates.values()), color=[colours[name] for name in rates])
        axis.bar_label(bars, fmt="%.2f", padding=3)
        axis.set(title=title, xlim=(0, 1.15 * (longest if same_scale else max(rates.values()))))
        axis.invert_yaxis()
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(axis="y", labelleft=number % PANELS == 0)
    figure.savefig(file, dpi=110)
    pyplot.close(figure)
