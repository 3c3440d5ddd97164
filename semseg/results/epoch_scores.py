"""What is known of one epoch when it is over."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EpochScores:
    """One epoch of a training job; None where a value is not known.

    Attributes:
        epoch: counted from 1.
        loss: mean loss; that of a labelled pixel for the cross entropy.
        learning_rate: of the epoch's last step.
        pixel_accuracy, mean_iou: of the validation samples, 0 to 1.
        class_iou: of each class, 0 to 1; None for a class in neither truth nor prediction.
        pictures_per_second: in training.
        seconds: of training, scoring and saving.
        is_best: whether its mIOU is higher than that of every epoch before.
    """

    epoch: int
    loss: float | None = None
    learning_rate: float | None = None
    pixel_accuracy: float | None = None
    mean_iou: float | None = None
    class_iou: tuple[float | None, ...] = ()
    pictures_per_second: float | None = None
    seconds: float | None = None
    is_best: bool = False
