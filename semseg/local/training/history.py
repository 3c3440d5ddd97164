"""What the log of a training job tells a person: its epochs, and what else is worth reading."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Union

from semseg.contract.metric_lines import Score, parse_epoch_end, parse_score

# Of these nothing is to be done: the first is in every healthy log of the built-in algorithm.
NO_WARNINGS = ("label maps not provided, using defaults.", "Asked to stop: saving the model.")
_PREFIXED = re.compile(r"^\[[\d/]+ [\d:]+ ([A-Z]+) \d+\] (.*)$")
_GOES_ON = "Resuming from checkpoint "
_OF_THE_SUPERVISOR = re.compile(
    r"^(Found |Downloading |Checkpoints? |The newest checkpoint |Starting the training process again|Training job |"
    r"s3://\S+ (was not searched|stays? in))"
)
_STOPPED_EARLY = re.compile(r"^Early stopping after epoch (\d+)")
_FIELDS = {
    "train loss": "loss",
    "train throughput": "pictures_per_second",
    "validation pixel_accuracy": "pixel_accuracy",
    "validation mIOU": "mean_iou",
}


@dataclass(frozen=True)
class Epoch:
    """What the log tells of one epoch; None where it does not.

    Attributes:
        number: counted from 1.
        loss: mean of the epoch.
        pixel_accuracy, mean_iou: of the validation pictures, 0 to 1.
        pictures_per_second: in training.
        seconds: of training, scoring and saving.
        is_best: whether its mIOU is higher than that of every epoch before.
    """

    number: int
    loss: float | None = None
    pixel_accuracy: float | None = None
    mean_iou: float | None = None
    pictures_per_second: float | None = None
    seconds: float | None = None
    is_best: bool = False


@dataclass(frozen=True)
class Remark:
    """A line of the log that a person should read."""

    text: str
    is_warning: bool = False


Told = Union[Epoch, Remark]


class TrainingHistory:
    """Reads a log line by line.

    Attributes:
        epochs: that are over, in the order of their numbers.
        warnings: in their order, each once.
    """

    def __init__(self) -> None:
        self.epochs: list[Epoch] = []
        self.warnings: list[str] = []
        self._open: Epoch | None = None

    @property
    def best(self) -> Epoch | None:
        """The first epoch with the highest mIOU; None where none has one."""
        scored = [epoch for epoch in self.epochs if epoch.mean_iou is not None]
        return max(scored, key=lambda epoch: epoch.mean_iou or 0.0, default=None)

    def read(self, line: str) -> list[Told]:
        """Returns what a line tells that is worth showing, mostly nothing."""
        score = parse_score(line)
        if score is not None:
            return self._add(score)
        end = parse_epoch_end(line)
        if end is not None and self._open is not None and self._open.number == end[0] + 1:
            self._open = replace(self._open, seconds=end[1])
            return self.finish()
        return self._remark(line)

    def finish(self) -> list[Told]:
        """Returns the epoch that is still open, if it was scored: no more is told of it."""
        epoch, self._open = self._open, None
        if epoch is None or epoch.mean_iou is None:
            return []
        before = [other for other in self.epochs if other.number < epoch.number]
        epoch = replace(epoch, is_best=all((other.mean_iou or 0.0) < epoch.mean_iou for other in before))
        self.epochs = [*before, epoch]
        return [epoch]

    def _add(self, score: Score) -> list[Told]:
        told: list[Told] = []
        if self._open is None or self._open.number != score.epoch + 1:
            told = self.finish()
            self._open = Epoch(score.epoch + 1)
        if score.name in _FIELDS:
            told_of: dict[str, Any] = {_FIELDS[score.name]: score.value}
            self._open = replace(self._open, **told_of)
        return told

    def _remark(self, line: str) -> list[Told]:
        found = _PREFIXED.match(line)
        level, text = (found[1], found[2]) if found else ("", line)
        if level == "WARNING":
            if text in NO_WARNINGS or text in self.warnings:
                return []
            self.warnings.append(text)
            return [Remark(text, is_warning=True)]
        early = _STOPPED_EARLY.match(text)
        if early:
            return [Remark(f"Stopped early after epoch {int(early[1]) + 1}: the mIOU no longer improves.")]
        is_worth_reading = _OF_THE_SUPERVISOR.match(text) if found is None else text.startswith(_GOES_ON)
        return [Remark(text)] if is_worth_reading else []
