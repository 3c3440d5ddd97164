"""A bar on terminals and in notebooks that shows how far a training job is."""

from __future__ import annotations

import sys

from semseg.contract.metric_lines import parse_progress, parse_schedule
from semseg.local.download_log import parse_download


class ProgressBar:
    """Fed with the lines of a log. It shows nothing where there is neither a terminal nor a notebook."""

    def __init__(self, job_name: str) -> None:
        from tqdm.auto import tqdm  # a tenth of the time that `import semseg` may take

        self._iters_per_epoch = 0
        only_on_terminals = None  # tqdm's word for it; a notebook's output is no terminal
        self._bar = tqdm(desc=job_name, unit="iteration", disable=False if in_notebook() else only_on_terminals)

    def feed(self, line: str) -> None:
        """Move the bar where the line tells of progress."""
        download = parse_download(line)
        if download:
            self._bar.unit, self._bar.total, self._bar.n = "MB", download.total, download.done
            self._bar.refresh()
        schedule = parse_schedule(line)
        if schedule:
            self._bar.unit = "iteration"
            self._iters_per_epoch = schedule.iters_per_epoch
            self._bar.reset(total=schedule.iters_per_epoch * schedule.epochs)
        progress = parse_progress(line)
        if progress:
            self._bar.n = progress.epoch * self._iters_per_epoch + progress.iterations
            self._bar.refresh()

    def print(self, line: str) -> None:
        """Print a line above the bar."""
        self._bar.write(line)

    def close(self) -> None:
        self._bar.close()


def in_notebook() -> bool:
    """Whether this process is a notebook's kernel."""
    return "ipykernel" in sys.modules
