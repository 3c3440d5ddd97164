"""The files of a job's results in ``output/data``: written, and gathered again for a report."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from semseg.errors import PlatformError
from semseg.plumbing.json_file import read_object
from semseg.results.curves import CURVES, draw_curves
from semseg.results.epoch_scores import EpochScores
from semseg.results.evaluation import EVALUATION, Evaluation
from semseg.results.job_facts import JobFacts
from semseg.results.matrix_picture import CONFUSION_MATRIX, draw_matrix
from semseg.results.metrics_file import METRICS, read_epochs
from semseg.results.picture_scores import PER_PICTURE, PictureScore, read_picture_scores
from semseg.results.report import ReportContent
from semseg.results.shown_pictures import ShownPictures
from semseg.results.worst_picture import WORST, draw_worst

DATASET = "dataset.json"  # what the check of the data found
MOST_WORST = 12  # rows of per_picture.csv in a report

Found = TypeVar("Found")


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
    output_data.mkdir(parents=True, exist_ok=True)
    draw_curves(output_data / CURVES, epochs, scored_on)
    if evaluation is not None:
        evaluation.write(output_data / EVALUATION)
        draw_matrix(output_data / CONFUSION_MATRIX, evaluation)
    if shown is not None:
        names, colours = ({}, {}) if evaluation is None else (evaluation.names, evaluation.colours)
        draw_worst(output_data / WORST, shown.worst, names, colours)


def content_of(output_data: Path, facts: JobFacts | None = None, shown: ShownPictures | None = None) -> ReportContent:
    """Returns a report's content as far as the files of a job's ``output/data`` go: of a job that was stopped or
    killed, or of an older version, some are missing. A damaged file is left out, with a sentence that says so.

    Args:
        output_data: the folder; it need not be there.
        facts: about the job.
        shown: the pictures to show, where they are at hand; else ``worst.png`` is shown.
    """
    facts, notes = facts or JobFacts(), list[str]()
    evaluation: Evaluation | None = _read(notes, lambda: Evaluation.from_file(output_data / EVALUATION))
    epochs: list[EpochScores] | None = _read(notes, lambda: read_epochs(output_data / METRICS))
    dataset: dict[str, Any] | None = _read(notes, lambda: read_object(output_data / DATASET))
    worst: list[PictureScore] | None = _read(notes, lambda: _worst(output_data / PER_PICTURE))
    drawn = output_data / WORST
    return ReportContent(
        facts=replace(facts, notes=[*facts.notes, *notes]),
        evaluation=evaluation,
        epochs=epochs or [],
        scored_on=facts.progress.scored_on if facts.progress is not None else "",
        worst=shown.worst if shown is not None else [],
        random=shown.random if shown is not None else [],
        worst_picture=drawn if shown is None and drawn.is_file() else None,
        worst_scores=worst or [],
        dataset=dataset,
    )


def _read(notes: list[str], read: Callable[[], Found]) -> Found | None:
    """Returns what can be read; None where the file is missing, and where it is damaged, which is noted."""
    try:
        return read()
    except FileNotFoundError:
        return None
    except (OSError, PlatformError) as error:
        notes.append(f"Left out: {error}")
        return None


def _worst(path: Path) -> list[PictureScore]:
    return heapq.nlargest(MOST_WORST, read_picture_scores(path), key=lambda score: score.wrong_share)
