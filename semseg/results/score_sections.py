"""The parts of a report about scores: in large figures, over the epochs, of each class, and what is confused."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from semseg.drawing.class_colours import class_colours
from semseg.drawing.line_chart import as_svg
from semseg.drawing.reliability import ReliabilityPoint
from semseg.drawing.reliability import as_svg as reliability_svg
from semseg.plumbing.counted import counted, listed, percent
from semseg.results.confusion_matrix import Confusion
from semseg.results.epoch_charts import best_epoch, charts_of, score_points, score_title
from semseg.results.epoch_scores import EpochScores
from semseg.results.evaluation import ClassScores, Evaluation, shown_score
from semseg.results.markup import bar, items, paragraph, rows_table, section, swatch, wide
from semseg.results.matrix_picture import class_title, row_shares, shown_classes
from semseg.results.tables import escaped

LAGGING = 0.75  # a class lags behind whose IoU is less than this part of the mIOU
MOST_IN_MATRIX = 24  # classes
_CHART = (400, 210)  # pixels
_BOUNDARY = ["boundary IoU"]


def score_tiles(evaluation: Evaluation | None, epochs: Sequence[EpochScores], scored_on: str) -> str:
    """Returns the scores in large figures, each with what it was measured on."""
    best = best_epoch(epochs)
    score = dict(score_points(epochs)).get(best or 0)
    tiles = [] if evaluation is None else _tiles_of(evaluation)
    if score is not None:
        tiles.append(_tile(score_title(scored_on), score, f"highest after an epoch: epoch {best}"))
    return f'<div class="tiles">{"".join(tiles)}</div>' if tiles else ""


def curves_section(epochs: Sequence[EpochScores], scored_on: str, planned: int) -> str:
    """Returns the curves over the epochs; "" without epochs."""
    if not epochs:
        return ""
    charts = "".join(as_svg(chart, *_CHART) for chart in charts_of(epochs, scored_on, planned))
    best = best_epoch(epochs)
    told = "" if best is None else f"The dot on the right marks the best epoch, {best}, whose model is kept."
    return section("curves", "Curves", f'<div class="charts">{charts}</div>', paragraph(told, "soft"))


def classes_section(evaluation: Evaluation | None, epochs: Sequence[EpochScores], scored_on: str) -> str:
    """Returns the table of classes; "" without an evaluation."""
    if evaluation is None:
        return ""
    colours = class_colours(given=evaluation.colours)
    curves = [epoch.class_iou for epoch in epochs if epoch.class_iou]
    has_boundary = evaluation.boundary is not None  # older files have none
    head = ["class", "IoU", "remark", "precision", "recall", "Dice", *_BOUNDARY * has_boundary, "of labelled pixels"]
    if len(curves) > 1:
        head.append(f"IoU {f'of {escaped(scored_on)} ' if scored_on else ''}over the epochs")
    rows = [
        [
            *_class_row(scores, evaluation, colours[scores.number]),
            *([_spark(curves, scores.number)] * (len(curves) > 1)),
        ]
        for scores in evaluation.classes
    ]
    lagging = [class_title(each.number, evaluation) for each in evaluation.classes if lags(each, evaluation)]
    told = (
        "IoU is hits divided by all pixels that are labelled or predicted as the class. "
        f"These are the scores of {evaluation.title()}."
    )
    absent = sum(each.iou is None for each in evaluation.classes)
    if absent:
        told += f" Means leave out {counted(absent, 'class', 'classes')} that neither truth nor prediction has."
    if lagging:
        told += f" A class lags behind if its IoU is below three quarters of the mIOU: {listed(lagging, 8)}."
    return section("classes", "Classes", paragraph(told), wide("scores of each class", rows_table(head, rows)))


def calibration_section(evaluation: Evaluation | None) -> str:
    """Returns how often the model is right against how sure it is; "" where the probabilities are not known."""
    if evaluation is None or evaluation.calibration is None:
        return ""
    bins = [each for each in evaluation.calibration.bins() if each.pixels]
    total = sum(each.pixels for each in bins)
    points = [ReliabilityPoint(each.confidence, each.accuracy, each.pixels / total) for each in bins]
    told = (
        f"The expected calibration error is {evaluation.calibration_error:.4f}: by so much the confidence of a pixel, "
        "which is the probability of its class, differs from how often such pixels are right. Below the dashed line "
        "the model is surer than it is right. A point is as large as it has pixels."
    )
    return section("calibration", "Calibration", paragraph(told), reliability_svg(points))


def lags(scores: ClassScores, evaluation: Evaluation) -> bool:
    """Returns whether a class lags behind the others."""
    return scores.iou is not None and scores.iou < LAGGING * evaluation.mean_iou


def confusions_section(evaluation: Evaluation | None) -> str:
    """Returns the largest confusions in words, and the matrix; "" without an evaluation."""
    if evaluation is None:
        return ""
    sentences = [in_words(each, evaluation) for each in evaluation.matrix.largest_confusions()]
    told = items(sentences) or paragraph("No labelled pixel is wrong.")
    shown = shown_classes(evaluation, MOST_IN_MATRIX)
    of_all = len(shown) < len(shown_classes(evaluation, len(evaluation.matrix.counts)))
    which = f" Shown are the {len(shown)} classes with the most labelled pixels." if of_all else ""
    how = paragraph(f"Each row is a true class, each column what was predicted, in percent of the row.{which}", "soft")
    return section("confusions", "Confusions", told, how, wide("confusion matrix", _matrix(evaluation, shown)))


def in_words(confusion: Confusion, evaluation: Evaluation) -> str:
    """Returns a confusion as a sentence."""
    truth, predicted = (class_title(number, evaluation) for number in (confusion.truth, confusion.predicted))
    share = percent(confusion.share, 1)
    return f"{share} of the pixels of class {truth} were taken for class {predicted}: {confusion.pixels:,} pixels."


def _tiles_of(evaluation: Evaluation) -> list[str]:
    of = f"of {evaluation.title()}"
    plain = evaluation.plain_mean_iou
    gain = "" if plain is None else f"; {plain:.4f} without test-time augmentation"
    others = {
        "mean boundary IoU": evaluation.mean_boundary_iou,
        "expected calibration error": evaluation.calibration_error,
    }
    return [
        _tile(f"mIOU of {evaluation.scored_on}", evaluation.mean_iou, f"the best model, {of}{gain}", "first"),
        _tile("pixel accuracy", evaluation.pixel_accuracy, of),
        _tile("mean Dice", evaluation.mean_dice, of),
        _tile("frequency-weighted IoU", evaluation.frequency_weighted_iou, of),
        *(_tile(name, value, of) for name, value in others.items() if value is not None),
    ]


def _tile(name: str, value: float, what: str, kind: str = "") -> str:
    shown = f"<span>{escaped(name)}</span><b>{value:.4f}</b><span>{escaped(what)}</span>"
    return f'<div class="{kind}">{shown}</div>' if kind else f"<div>{shown}</div>"


def _class_row(scores: ClassScores, evaluation: Evaluation, colour: np.ndarray) -> list[str]:
    title = f"{swatch(colour)}{escaped(class_title(scores.number, evaluation))}"
    share = percent(scores.labelled_pixels, max(1, int(evaluation.matrix.counts.sum())))
    return [
        title,
        f"{bar(scores.iou or 0.0, colour)}{shown_score(scores.iou)}",
        '<span class="lags">lags</span>' if lags(scores, evaluation) else "",
        *(shown_score(value) for value in (scores.precision, scores.recall, scores.dice)),
        *[shown_score(scores.boundary_iou)] * (evaluation.boundary is not None),
        share,
    ]


def _spark(curves: Sequence[Sequence[float | None]], number: int) -> str:
    """Returns a very small curve of the IoU of one class."""
    values = [curve[number] if number < len(curve) else None for curve in curves]
    points = [(place, value) for place, value in enumerate(values) if value is not None]
    if len(points) < 2:
        return ""
    line = " ".join(f"{80 * place / (len(values) - 1) + 2:.1f},{18 - 16 * value:.1f}" for place, value in points)
    return (
        f'<svg class="spark" viewBox="0 0 84 20" aria-hidden="true"><polyline points="{line}" fill="none" '
        f'stroke="currentColor" stroke-width="1.5"/></svg>'
    )


def _matrix(evaluation: Evaluation, shown: Sequence[int]) -> str:
    titles = [escaped(class_title(number, evaluation)) for number in shown]
    shares = row_shares(evaluation)
    head = ["truth \\ prediction", *(f"<span>{title}</span>" for title in titles)]
    top = "".join(f'<th scope="col">{text}</th>' for text in head)
    rows = "".join(
        f'<tr><th scope="row">{title}</th>{"".join(_cell(shares[row, column], row == column) for column in shown)}</tr>'
        for row, title in zip(shown, titles)
    )
    return f'<table class="matrix"><thead><tr>{top}</tr></thead><tbody>{rows}</tbody></table>'


def _cell(share: float, is_right: bool) -> str:
    if np.isnan(share) or share < 0.0005:
        return "<td></td>"
    strength, colour = 60 * float(share) ** 0.6, "right" if is_right else "wrong"
    shown = "&lt;1" if share < 0.005 else f"{100 * share:.0f}"
    style = f"background:color-mix(in srgb,var(--{colour}) {strength:.0f}%,var(--panel))"
    return f'<td style="{style}">{shown}</td>'
