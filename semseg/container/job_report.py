"""The report of a training job: drawings and ``report.html`` in its output/data, as far as the job went."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from semseg.container.observers import Told
from semseg.container.splits import Split
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.job_directory import JobDirectory
from semseg.contract.job_progress import JobProgress
from semseg.engines.group import Group, GroupEnded
from semseg.plumbing.disk_space import no_room
from semseg.results.files import content_of, write_results
from semseg.results.job_facts import JobFacts, next_commands
from semseg.results.report import write_report
from semseg.results.shown_pictures import ShownPictures
from semseg.training.job_log import JobLog

BYTES_OF_RUSAGE = 1 if sys.platform == "darwin" else 1024  # what ru_maxrss counts in
JOB_NAME = "TRAINING_JOB_NAME"  # the variable that names the job


@dataclass(frozen=True)
class JobReport:
    """Writes the report of a job.

    Attributes:
        directory: of the job.
        hyperparameters: as they are trained with.
        label_maps: lines that say what the label maps did.
        started: when this process began with the job, in seconds since 1970.
        log: is warned where the report cannot be written.
    """

    directory: JobDirectory
    hyperparameters: Hyperparameters
    label_maps: Sequence[str]
    started: float
    log: JobLog

    @contextmanager
    def written_at_the_end(self, group: Group, is_stopped: Callable[[], bool], told: Told) -> Iterator[None]:
        """Writes the report when the block ends, also by an error; of a group of processes, in rank 0 alone.

        Args:
            is_stopped: whether the job was asked to stop.
            told: has the pictures to show, once the block has ended.
        """
        if group.rank > 0:
            yield
            return
        try:
            yield
        except GroupEnded:
            raise  # whoever failed says why; this process may be killed at any moment
        except Exception:
            self.write("Failed", told.shown)
            raise
        self.write("Stopped" if is_stopped() else "Completed", told.shown)

    def write(self, ending: str, shown: ShownPictures | None) -> None:
        """Writes the drawings and the report. A job does not fail for want of them: what goes wrong is told."""
        output = self.directory.output_data
        try:
            content = content_of(output, self._facts(ending), shown)
            write_results(output, content.evaluation, content.epochs, content.scored_on, shown)
            write_report(output, content)
        except Exception as error:
            with suppress(OSError):  # the log may lie on the same disk, which may be full
                self._tell(error)

    def _tell(self, error: Exception) -> None:
        why = no_room(error, self.directory.output_data)
        if why is None:
            self.log.error(traceback.format_exc())
        self.log.warning(f"The job has no report: {why or f'{type(error).__name__}: {error}'}")

    def _facts(self, ending: str) -> JobFacts:
        name = os.environ.get(JOB_NAME, "")
        return JobFacts(
            name=name,
            ending=ending,
            progress=_progress(self.directory),
            hyperparameters=self.hyperparameters.to_strings(),
            label_map=self.label_maps,
            seconds=time.time() - self.started,
            peak_memory=_peak_memory(),
            commands=next_commands(name) if name else {},
        )


def label_map_lines(splits: Sequence[Split], hyperparameters: Hyperparameters) -> list[str]:
    """Returns what the label maps of both halves did to the values of masks, a line for each range of values."""
    classes = hyperparameters.num_classes
    return [f"{split.channel}: {line}" for split in splits for line in split.label_map.table_lines(classes)]


def _peak_memory() -> int:
    """Returns the most bytes of memory that this process had."""
    import resource  # not at the top: Windows has none, and imports this file all the same

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * BYTES_OF_RUSAGE


def _progress(directory: JobDirectory) -> JobProgress | None:
    """Returns how far the job came, as its progress file says; None where that could not be written."""
    try:
        return JobProgress.from_json(directory.progress.read_text(encoding="utf-8"))
    except OSError:
        return None
