"""Who is told what happens in a training job: the log, the progress, the files of results, TensorBoard."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from semseg.container.configuration import read_configuration
from semseg.contract.job_directory import JobDirectory
from semseg.contract.job_progress import JobProgress
from semseg.contract.tensorboard import check_event_package, events_path
from semseg.drawing.class_colours import class_colours
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


def observers_of(
    directory: JobDirectory, what: JobProgress, log: JobLog, names: Mapping[int, str], colours: Colours
) -> tuple[list[Observer], ResultsObserver]:
    """Returns the observers of a job, for rank 0 of its processes, and the one that writes its results.

    Args:
        names: of those classes that have one.
        colours: of those classes that a label map gives one.
    """
    output = directory.output_data
    results = ResultsObserver(output, names, what.classes, what.scored_on, log.warning)
    observers = [LogObserver(log, names), ProgressObserver(directory.progress, what), results]
    events = event_folder(directory)
    if events is not None:
        log.info(f"Events for TensorBoard are written to {events}.")
        of_masks = class_colours(what.classes, colours)
        observers.append(TensorBoardObserver(events, names, of_masks, what.iterations_per_epoch))
    return observers, results
