"""The files of a job's results in ``output/data``: written, and gathered again for a report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from semseg.results.epoch_scores import EpochScores
from semseg.results.evaluation import Evaluation
from semseg.results.job_facts import JobFacts
from semseg.results.report import ReportContent
from semseg.results.shown_pictures import ShownPictures


def write_results(
    output_data: Path,
    evaluation: Evaluation | None = None,
    epochs: Sequence[EpochScores] = (),
    scored_on: str = "",
    shown: ShownPictures | None = None,
) -> None:
    """Writes ``evaluation.json``, ``curves.png``, ``confusion_matrix.png`` and ``worst.png``, each whole, as far as
    there is something to write.

    Args:
        output_data: the folder; it is made where it is not there.
        evaluation: of the best model.
        epochs: that are over.
        scored_on: what the scores after each epoch are measured on.
        shown: pictures, of which the worst are drawn.
    """
    raise NotImplementedError


def content_of(output_data: Path, facts: JobFacts | None = None, shown: ShownPictures | None = None) -> ReportContent:
    """Returns a report's content as far as the files of a job's ``output/data`` go: of a job that was stopped or
    killed, or of an older version, some are missing. A damaged file is left out, with a sentence that says so.

    Args:
        output_data: the folder; it need not be there.
        facts: about the job.
        shown: the pictures to show, where they are at hand; else ``worst.png`` is shown.
    """
    raise NotImplementedError
