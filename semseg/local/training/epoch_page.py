"""A training job as a page of a notebook: what it is, how far it is, its warnings, its epochs and its curves."""

from __future__ import annotations

import html
from collections.abc import Sequence

from semseg.local.training.epoch_table import cells, columns, end_lines, head, row, scored_on, start_line
from semseg.local.training.watched import WatchedJob
from semseg.plumbing.counted import counted
from semseg.plumbing.notebook import bar_markup

MOST_ROWS = 20  # of a table; of longer ones the last are shown, and the best
WARNED = "border-left:4px solid #e0a800;padding-left:0.6em;margin:0.3em 0"


def markup(job: WatchedJob, remarks: Sequence[str]) -> str:
    """Returns the page as HTML, with inline styles alone."""
    parts = [
        f"<div><b>{html.escape(_title(job))}</b></div>",
        bar_markup(_share(job), _count(job)),
        *(f"<div>{html.escape(remark)}</div>" for remark in remarks),
        *(f'<div style="{WARNED}">Warning: {html.escape(text)}</div>' for text in job.history.warnings),
        _table(job),
        _curves(job),
        *(f"<div>{html.escape(line)}</div>" for line in _end(job)),
    ]
    return "".join(parts)


def text(job: WatchedJob, remarks: Sequence[str]) -> str:
    """Returns the page as lines, for where there is no HTML."""
    warnings = [f"Warning: {warning}" for warning in job.history.warnings]
    table = [head(job.progress), *(row(epoch, job.progress) for epoch in job.history.epochs)]
    lines = [_title(job), _count(job), *remarks, *warnings, *(table if job.history.epochs else []), *_end(job)]
    return "\n".join(lines)


def _title(job: WatchedJob) -> str:
    return start_line(job.name, job.progress) if job.progress is not None else job.name


def _share(job: WatchedJob) -> float:
    place = job.place()
    return place.done / place.total if place.total else 0.0


def _count(job: WatchedJob) -> str:
    place = job.place()
    of = f"/{place.total:g}" if place.total is not None else ""
    count = f"{place.unit or 'iteration'} {place.done:g}{of}" if place.total is not None else "starting"
    return ", ".join(part for part in (f"{100 * _share(job):.0f} %", count, job.note()) if part)


def _end(job: WatchedJob) -> list[str]:
    return [] if job.status is None else end_lines(job.folder, job.status, job.history.best, job.progress)


def _table(job: WatchedJob) -> str:
    epochs, best = job.history.epochs, job.history.best
    if not epochs:
        return ""
    shown = [epoch for epoch in epochs if epoch in epochs[-MOST_ROWS:] or epoch is best]
    rows = [_row(columns(job.progress), "th", False), *(_row(cells(epoch), "td", epoch is best) for epoch in shown)]
    left_out = len(epochs) - len(shown)
    note = f"<div>{counted(left_out, 'earlier epoch')} not shown</div>" if left_out else ""
    return f"<table>{''.join(rows)}</table>{note}"


def _row(values: Sequence[str], tag: str, is_best: bool) -> str:
    weight = "font-weight:bold;" if is_best else ""
    style = f'style="{weight}text-align:right;font-variant-numeric:tabular-nums"'
    marked = [*values, "best" if is_best else ""]
    return f"<tr>{''.join(f'<{tag} {style}>{html.escape(value)}</{tag}>' for value in marked)}</tr>"


def _curves(job: WatchedJob) -> str:
    # not at the top: who lists jobs, or waits for one on a terminal, needs no Pillow
    from semseg.drawing.line_chart import BLUE, ORANGE, Chart, Series, as_svg

    epochs = job.history.epochs
    if not epochs:
        return ""
    last = max(job.progress.epochs if job.progress is not None else 0, epochs[-1].number)
    loss = [(epoch.number, epoch.loss) for epoch in epochs if epoch.loss is not None]
    score = [(epoch.number, epoch.mean_iou) for epoch in epochs if epoch.mean_iou is not None]
    of = scored_on(job.progress)
    title = f"validation mIOU of {of}" if of else "validation mIOU"
    best = job.history.best
    charts = (
        Chart("training loss", [Series(loss, ORANGE)], last),
        Chart(title, [Series(score, BLUE, marked=best.number if best is not None else None)], last, 1.0),
    )
    return f"<div>{''.join(as_svg(chart) for chart in charts)}</div>"
