"""The observer that writes a job's log, with the lines that SageMaker's metric patterns read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from semseg.contract import metric_lines
from semseg.results.confusion_matrix import ConfusionMatrix
from semseg.results.evaluation import Evaluation
from semseg.training.full_scoring import Gain
from semseg.training.job_log import JobLog
from semseg.training.observer import Observer, Pace


class LogObserver(Observer):
    """Writes one or a few lines into the log for each event."""

    def __init__(self, log: JobLog, class_names: Mapping[int, str] | None = None) -> None:
        self.log = log
        self.class_names = class_names or {}

    def step_split(self, pace: Pace, parts: int) -> None:
        self.log.warning(
            f"Too little memory for a step of epoch {pace.epoch}: it was computed again in {parts} parts, as all that "
            f"follow are; accumulate {parts} does so from the start."
        )

    def steps_done(self, pace: Pace, learning_rate: float, loss: float) -> None:
        speed = pace.samples_per_second
        self.log.info(metric_lines.training_progress(pace.epoch, pace.batches, speed, learning_rate))

    def epoch_trained(self, pace: Pace, loss: float, learning_rate: float) -> None:
        self.log.info(metric_lines.quality(pace.epoch, "train loss", loss))
        self.log.info(metric_lines.throughput(pace.epoch, "train throughput", pace.samples_per_second))

    def batches_scored(self, pace: Pace) -> None:
        self.log.info(metric_lines.validation_progress(pace.epoch, pace.batches, pace.samples_per_second))

    def epoch_validated(self, pace: Pace, matrix: ConfusionMatrix) -> None:
        self.log.info(metric_lines.quality(pace.epoch, "validation pixel_accuracy", matrix.pixel_accuracy()))
        self.log.info(metric_lines.quality(pace.epoch, "validation mIOU", matrix.mean_iou()))
        self.log.info(metric_lines.throughput(pace.epoch, "validation throughput", pace.samples_per_second))

    def saving(self, path: Path) -> None:
        self.log.info(f"Serializing model to {path}")

    def epoch_completed(self, epoch: int, epochs: int, started: float) -> None:
        self.log.info(metric_lines.completed(epoch + 1, epochs))
        self.log.metrics(started, {"Reset Count": epoch + 1}, "training_data_iter", epoch)

    def stopped_early(self, epoch: int) -> None:
        self.log.info(f"Early stopping after epoch {epoch}: validation mIOU no longer improves.")

    def stop_asked(self) -> None:
        self.log.warning("Asked to stop: saving the model.")

    def scoring_best(self) -> None:
        self.log.info("Scoring the best model on whole validation pictures.")

    def best_scored(self, evaluation: Evaluation, gain: Gain | None) -> None:
        for line in [*score_lines(evaluation.matrix, self.class_names), *evaluation.other_means()]:
            self.log.info(line)
        if gain is not None:
            self.log.info(str(gain))


def score_lines(matrix: ConfusionMatrix, class_names: Mapping[int, str]) -> list[str]:
    """Returns the table of classes as the log has it, one line for each class, with its name at the end where it has
    one.
    """
    lines = ["class     IoU  labelled pixels"]
    for number, (iou, pixels) in enumerate(zip(matrix.iou(), matrix.labelled())):
        ratio = "      -" if np.isnan(iou) else f"{iou:7.4f}"
        lines.append(f"{number:5d} {ratio}  {pixels:15d}  {class_names.get(number, '')}".rstrip())
    lines.append(f" mIOU {matrix.mean_iou():7.4f}  {int(matrix.counts.sum()):15d}")
    return lines
