"""The curve of a learning-rate range test: the loss at growing learning rates, and the rate that it suggests.

Source: Smith, "Cyclical Learning Rates for Training Neural Networks" (WACV 2017), section 3.3. The rule of the
suggestion is that of fast.ai's ``lr_find``: a tenth of the rate at which the smoothed loss is lowest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from semseg.drawing.line_chart import BLUE, ORANGE, Chart, Series, as_svg

if TYPE_CHECKING:
    from PIL import Image

CYCLE = 4  # the test takes so many mini-batches in turn; a smoothed loss is the mean over all of them
BELOW_LOWEST = 10  # the suggestion is so many times smaller than the rate of the lowest loss
LEAST_FALL = 0.01  # a loss that falls by a smaller share of itself has not fallen


@dataclass(frozen=True)
class LearningRateCurve:
    """The loss at growing learning rates. Printed, it is the suggestion; a notebook shows the curve.

    Attributes:
        rates: the learning rate of each step, growing.
        losses: the mean loss of each step's mini-batch, before the step.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> LearningRateCurve:
        """Returns the curve that :meth:`to_json` made."""
        return cls(tuple(content["rates"]), tuple(content["losses"]))

    def to_json(self) -> dict[str, Any]:
        """Returns the curve as a JSON object, with its suggestion."""
        return {**asdict(self), "suggestion": self.suggestion}

    @cached_property
    def smoothed(self) -> tuple[float, ...]:
        """The mean of each loss and the three before it, which are those of the other mini-batches."""
        return smoothed(self.losses)

    @cached_property
    def suggestion(self) -> float | None:
        """A tenth of the rate whose smoothed loss is lowest, to two digits; None where the loss never fell."""
        if not self.losses:
            return None
        lowest = self._lowest
        if self.smoothed[lowest] > (1 - LEAST_FALL) * self.smoothed[0]:
            return None
        return float(f"{self.rates[lowest] / BELOW_LOWEST:.2g}")

    @property
    def _lowest(self) -> int:
        return self.smoothed.index(min(self.smoothed))

    def picture(self) -> Image.Image:
        """Returns the curve as a picture of Pillow, 480 x 240 pixels; ``picture().save("rates.png")`` keeps it."""
        from semseg.drawing.chart_picture import as_picture  # not at the top: a curve can be read without Pillow

        return as_picture(self._chart())

    def __str__(self) -> str:
        tried = f"tried from {self.rates[0]:.2g} to {self.rates[-1]:.2g}" if self.rates else "none was tried"
        if self.suggestion is None:
            return f"no learning rate is suggested: the loss did not fall, {tried}"
        return f"suggested learning_rate: {self.suggestion:g}; {tried}"

    def _repr_html_(self) -> str:
        return f"<p>{self}</p>{as_svg(self._chart(), 480, 200)}"

    def _chart(self) -> Chart:
        places = range(1, len(self.rates) + 1)
        single, even = list(zip(places, self.losses)), list(zip(places, self.smoothed))
        marked = nearest(self.rates, self.suggestion) + 1 if self.suggestion is not None else None
        said = "" if self.suggestion is None else f"{self.suggestion:g}"
        ends = (f"{self.rates[0]:.0e}", f"learning rate {self.rates[-1]:.0e}") if self.rates else None
        series = [Series(single, BLUE, "of each step", marked=1), Series(even, ORANGE, "smoothed", marked, said)]
        return Chart(
            "loss at growing learning rates", series, len(self.rates), 2 * max(self.smoothed[:1], default=0.0), ends
        )


def smoothed(losses: Sequence[float]) -> tuple[float, ...]:
    """Returns for each loss its mean with the three before it; of the first ones with those that there are."""
    windows = (losses[max(0, end - CYCLE) : end] for end in range(1, len(losses) + 1))
    return tuple(sum(window) / len(window) for window in windows)


def nearest(rates: Sequence[float], rate: float) -> int:
    """Returns the index of the rate that is nearest to another one, in their ratio."""
    return min(range(len(rates)), key=lambda place: abs(math.log(rates[place] / rate)))
