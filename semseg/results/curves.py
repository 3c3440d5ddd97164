"""``curves.png``: loss and mIOU over the epochs of a job."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from semseg.drawing.chart_picture import as_picture
from semseg.drawing.text import PAPER
from semseg.plumbing.whole_file import beside
from semseg.results.epoch_charts import charts_of
from semseg.results.epoch_scores import EpochScores

CURVES = "curves.png"
_WIDTH, _HEIGHT = 520, 300  # of one chart


def draw_curves(path: Path, epochs: Sequence[EpochScores], scored_on: str = "") -> None:
    """Draws loss and mIOU over the epochs into a PNG file, whole, with the best epoch marked; nothing without epochs.

    Args:
        path: of the file.
        epochs: in their order.
        scored_on: what the mIOU is measured on: "crops", "whole pictures", or "" if not known.
    """
    if not epochs:
        return
    charts = charts_of(epochs, scored_on)
    sheet = Image.new("RGB", (_WIDTH * len(charts), _HEIGHT), PAPER)
    for place, chart in enumerate(charts):
        sheet.paste(as_picture(chart, _WIDTH, _HEIGHT), (place * _WIDTH, 0))
    with beside(path, forced=False) as part:
        sheet.quantize(64).save(part, "PNG")
