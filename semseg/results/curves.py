"""``curves.png``: loss and mIOU over the epochs of a job."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from semseg.results.epoch_scores import EpochScores

CURVES = "curves.png"


def draw_curves(path: Path, epochs: Sequence[EpochScores], scored_on: str = "") -> None:
    """Draws loss and mIOU over the epochs into a PNG file, whole, with the best epoch marked; nothing without epochs.

    Args:
        path: of the file.
        epochs: in their order.
        scored_on: what the mIOU is measured on: "crops", "whole pictures", or "" if not known.
    """
    raise NotImplementedError
