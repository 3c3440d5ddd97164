"""The charts of a job's epochs, and which epoch is the best."""

from __future__ import annotations

from collections.abc import Sequence

from semseg.drawing.line_chart import BLUE, ORANGE, Chart, Series
from semseg.results.epoch_scores import EpochScores


def charts_of(epochs: Sequence[EpochScores], scored_on: str = "", last: int = 0) -> list[Chart]:
    """Returns the charts of loss and of mIOU over the epochs.

    Args:
        epochs: in their order; at least one.
        scored_on: what the mIOU is measured on: "crops", "whole pictures", or "" if not known.
        last: the number of epochs that the job has, where the axes end; 0 is the last of ``epochs``.
    """
    end = max(last, epochs[-1].epoch)
    loss = [(each.epoch, each.loss) for each in epochs if each.loss is not None]
    return [
        Chart("training loss", [Series(loss, ORANGE, marked=epochs[-1].epoch)], end),
        Chart(score_title(scored_on), [Series(score_points(epochs), BLUE, marked=best_epoch(epochs))], end, 1.0),
    ]


def score_title(scored_on: str) -> str:
    """Returns what the mIOU after each epoch is."""
    return f"validation mIOU of {scored_on}" if scored_on else "validation mIOU"


def score_points(epochs: Sequence[EpochScores]) -> list[tuple[int, float]]:
    """Returns the epochs that have a mIOU, each with it."""
    return [(each.epoch, each.mean_iou) for each in epochs if each.mean_iou is not None]


def best_epoch(epochs: Sequence[EpochScores]) -> int | None:
    """Returns the first epoch with the highest mIOU; None where none has one."""
    return max(score_points(epochs), key=lambda point: point[1], default=(None, 0.0))[0]
