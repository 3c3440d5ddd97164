"""What the log of a training job says of its progress."""

from __future__ import annotations

from semseg.contract.metric_lines import parse_progress, parse_schedule
from semseg.local.process.progress_bar import Position
from semseg.local.training.download_log import parse_download


class TrainingReader:
    """Reads the progress of a training job from its log: megabytes while it downloads, then iterations."""

    unit = "iteration"

    def __init__(self) -> None:
        self._iters_per_epoch = 0

    def read(self, line: str) -> Position | None:
        """Returns how far the job is after this line; None where the line says nothing of it."""
        download = parse_download(line)
        if download:
            return Position(download.done, download.total, "MB")
        schedule = parse_schedule(line)
        if schedule:
            self._iters_per_epoch = schedule.iters_per_epoch
            return Position(0, schedule.iters_per_epoch * schedule.epochs, self.unit)
        progress = parse_progress(line)
        if progress:
            return Position(progress.epoch * self._iters_per_epoch + progress.iterations)
        return None
