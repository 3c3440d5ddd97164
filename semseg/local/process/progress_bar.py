"""A bar on terminals and in notebooks that shows how far a training job is."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

from semseg.contract.metric_lines import parse_progress, parse_schedule
from semseg.local.process.download_log import parse_download


class ProgressBar:
    """Fed with the lines of a log. It shows nothing where there is neither a terminal nor a notebook."""

    def __init__(self, job_name: str) -> None:
        self._iters_per_epoch = 0
        self._bar = open_bar("iteration", job_name)

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


def open_bar(unit: str, description: str | None = None, total: int | None = None, is_wanted: bool = True) -> Any:
    """A tqdm bar where it is wanted and there is a terminal or a notebook; elsewhere one that shows nothing."""
    only_on_terminals = None  # tqdm's word for it; a notebook's output is no terminal
    disable = (False if in_notebook() else only_on_terminals) if is_wanted else True
    return _kind_of_bar()(desc=description, unit=unit, total=total, disable=disable)


def in_notebook() -> bool:
    """Whether this process is a notebook's kernel."""
    return "ipykernel" in sys.modules


def _kind_of_bar() -> Any:
    """A widget in notebooks that have ipywidgets, else the text that tqdm would choose there with a warning."""
    if in_notebook() and importlib.util.find_spec("ipywidgets") is not None:
        from tqdm import notebook

        return notebook.tqdm
    from tqdm import tqdm  # a tenth of the time that `import semseg` may take

    return tqdm
