"""How far a training job is, as its process writes it beside its folders for whoever waits for the job.

The log has the built-in algorithm's lines and no others, and those come every twentieth iteration.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

# What a job does, as people read it.
READING = "reading the data"
TRAINING = "training"
VALIDATING = "validating"
SAVING = "saving"
STOPPING = "stopping"
SCORING = "scoring whole pictures"
FINISHING = "finishing"


@dataclass(frozen=True)
class JobProgress:
    """What a training job is, and how far it is.

    Attributes:
        network: such as "fcn with resnet-50".
        engine: such as "PyTorch on CPU".
        classes: how many.
        training_pictures, validation_pictures: how many; 0 where nobody has counted them, as in a stream.
        epochs: that the job has.
        iterations_per_epoch: full batches of the training pictures.
        scores_whole_pictures: whether the mIOU after each epoch is that of whole pictures; else it is that of crops.
        phase: what it does now, one of the words above.
        epoch: how many whole epochs are trained.
        iterations: that are done in the epoch after those.
        loss: mean of the latest epoch so far; None where none is known yet.
        best_mean_iou: the highest after an epoch, 0 to 1; None before the first.
        whole_mean_iou: of the best model on whole validation pictures, 0 to 1; None before the job's end.
        seconds_left: about how many from ``written`` to the end; None where nobody can tell.
        written: when this was true, in seconds since 1970.
    """

    network: str = ""
    engine: str = ""
    classes: int = 0
    training_pictures: int = 0
    validation_pictures: int = 0
    epochs: int = 0
    iterations_per_epoch: int = 0
    scores_whole_pictures: bool = False
    phase: str = ""
    epoch: int = 0
    iterations: int = 0
    loss: float | None = None
    best_mean_iou: float | None = None
    whole_mean_iou: float | None = None
    seconds_left: float | None = None
    written: float = 0.0

    @classmethod
    def from_json(cls, text: str) -> JobProgress | None:
        """Returns what :meth:`to_json` made a text of; None where it is none, such as one that is half written."""
        try:
            found = json.loads(text)
        except ValueError:
            return None
        if not isinstance(found, dict):
            return None
        known = {field.name: found[field.name] for field in fields(cls) if field.name in found}
        return cls(**known) if all(_fits(name, value) for name, value in known.items()) else None

    def to_json(self) -> str:
        """Returns it as one line of JSON."""
        return json.dumps(asdict(self))

    @property
    def scored_on(self) -> str:
        """What the mIOU after each epoch is measured on."""
        return "whole pictures" if self.scores_whole_pictures else "crops"

    @property
    def score(self) -> str:
        """The mIOU of the best model with what it was measured on: whole pictures at the job's end, before that what
        each epoch is scored on; "" where there is none yet.
        """
        if self.whole_mean_iou is not None:
            return f"mIOU {self.whole_mean_iou:.2f} of whole pictures"
        return "" if self.best_mean_iou is None else f"mIOU {self.best_mean_iou:.2f} of {self.scored_on}"

    @property
    def iterations_done(self) -> int:
        """How many iterations are done since the job's first."""
        return self.epoch * self.iterations_per_epoch + min(self.iterations, self.iterations_per_epoch)

    @property
    def iterations_in_all(self) -> int:
        """How many iterations the job has."""
        return self.epochs * self.iterations_per_epoch


_DEFAULTS = JobProgress()


def _fits(name: str, value: Any) -> bool:
    """Returns whether a value has the type of the field."""
    default = getattr(_DEFAULTS, name)
    if default is None:
        return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))
    if isinstance(default, float):
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return type(value) is type(default)
