"""What the log of a training job says of its progress."""

from __future__ import annotations

import re

from semseg.contract.metric_lines import parse_progress, parse_schedule, parse_score
from semseg.local.process.progress_bar import Position
from semseg.local.training.download_log import parse_download

_GOES_ON = re.compile(r"Resuming from checkpoint .*: (\d+) epochs?(?: and (\d+) steps?)? (?:are|is) done")


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
        found = _GOES_ON.search(line)
        if found:
            return Position(int(found[1]) * self._iters_per_epoch + int(found[2] or 0))
        score = parse_score(line)
        if score is not None and score.name == "train loss":  # the epoch is trained
            return Position((score.epoch + 1) * self._iters_per_epoch)
        return None
