"""``confusion_matrix.png``: which classes are taken for which."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from semseg.drawing.heat_map import draw_heat_map
from semseg.plumbing.whole_file import beside
from semseg.results.evaluation import Evaluation

CONFUSION_MATRIX = "confusion_matrix.png"
MOST_CLASSES = 40  # that are shown; of more those with the most labelled pixels


def draw_matrix(path: Path, evaluation: Evaluation) -> None:
    """Draws the confusion matrix into a PNG file, whole: each row in percent of the pixels of its class."""
    shown = shown_classes(evaluation, MOST_CLASSES)
    names = [class_title(number, evaluation) for number in shown]
    picture = draw_heat_map(row_shares(evaluation)[np.ix_(shown, shown)], names, "truth", "prediction")
    with beside(path) as part:
        picture.quantize(128).save(part, "PNG")


def row_shares(evaluation: Evaluation) -> np.ndarray:
    """Returns which share of each class was predicted as each class, (C, C) float64; nan in the rows of classes
    without labelled pixels.
    """
    labelled = evaluation.matrix.labelled()[:, None]
    return np.where(labelled > 0, evaluation.matrix.counts / np.maximum(labelled, 1), np.nan)


def shown_classes(evaluation: Evaluation, most: int) -> list[int]:
    """Returns the classes that occur in truth or prediction, in the order of their numbers; of more than ``most`` those
    with the most labelled pixels.
    """
    counts = evaluation.matrix.counts
    occurring = np.flatnonzero(counts.sum(axis=0) + counts.sum(axis=1))
    common = sorted(occurring, key=lambda number: -int(counts[number].sum()))[:most]
    return sorted(int(number) for number in common) or [0]


def class_title(number: int, evaluation: Evaluation) -> str:
    """Returns a class as tables show it: "3 pole", or "3" without a name."""
    return f"{number} {evaluation.names.get(number, '')}".rstrip()
