"""Who is told what happens in a training job: the log, the progress, the files of results, TensorBoard."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from semseg.container.configuration import read_configuration
from semseg.contract.job_directory import JobDirectory
from semseg.contract.job_progress import JobProgress
from semseg.contract.tensorboard import check_event_package, events_path
from semseg.drawing.class_colours import class_colours
from semseg.engines.group import Group
from semseg.results.shown_pictures import ShownPictures
from semseg.training.job_log import JobLog
from semseg.training.log_observer import LogObserver
from semseg.training.observer import Observer
from semseg.training.progress_observer import ProgressObserver
from semseg.training.results_observer import ResultsObserver
from semseg.training.tensorboard_observer import TensorBoardObserver

Colours = Mapping[int, tuple[int, int, int]]  # of classes


def event_folder(directory: JobDirectory) -> Path | None:
    """Returns where a job writes events for TensorBoard; None where it was not asked for them.

    Raises:
        PlatformError: it cannot, for a package is not installed.
    """
    if not directory.tensorboard_config.is_file():
        return None
    check_event_package()
    return directory.at(events_path(read_configuration(directory.tensorboard_config)))


class Told:
    """Who is told what happens in a job.

    Args:
        names, colours: of those classes that have one.

    Attributes:
        observers: in rank 0 alone, because what they write are files of all processes together.
    """

    def __init__(
        self,
        directory: JobDirectory,
        what: JobProgress,
        log: JobLog,
        names: Mapping[int, str],
        colours: Colours,
        group: Group,
    ) -> None:
        self.observers: list[Observer] = []
        self._results: ResultsObserver | None = None
        if group.rank > 0:
            return
        self._results = ResultsObserver(directory.output_data, names, what.classes, what.scored_on, log.warning)
        self.observers = [LogObserver(log, names), ProgressObserver(directory.progress, what), self._results]
        events = event_folder(directory)
        if events is not None:
            log.info(f"Events for TensorBoard are written to {events}.")
            table = class_colours(what.classes, colours)
            self.observers.append(TensorBoardObserver(events, names, table, what.iterations_per_epoch, log.warning))

    @property
    def shown(self) -> ShownPictures | None:
        """The pictures of the best model that people are to look at; None where it was not scored."""
        return None if self._results is None else self._results.shown
