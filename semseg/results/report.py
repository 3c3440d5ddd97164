"""``report.html``: how good a model is and where it fails, as one page for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from semseg.results.epoch_scores import EpochScores
from semseg.results.evaluation import Evaluation
from semseg.results.job_facts import JobFacts
from semseg.results.picture_scores import PictureScore
from semseg.results.shown_pictures import ShownPicture

REPORT = "report.html"


@dataclass(frozen=True)
class ReportContent:
    """The parts of a report; those that are left out are not in it.

    Attributes:
        facts: about the job.
        evaluation: of the best model.
        epochs: in their order.
        scored_on: what the scores after each epoch are measured on: "crops", "whole pictures", or "" if not known.
        worst, random: pictures to show.
        worst_picture: the file ``worst.png``, shown in place of the worst pictures where these are not kept.
        worst_scores: of the pictures with the largest share of wrong pixels, the worst first.
        dataset: what ``dataset.json`` holds.
    """

    facts: JobFacts = field(default_factory=JobFacts)
    evaluation: Evaluation | None = None
    epochs: Sequence[EpochScores] = ()
    scored_on: str = ""
    worst: Sequence[ShownPicture] = ()
    random: Sequence[ShownPicture] = ()
    worst_picture: Path | None = None
    worst_scores: Sequence[PictureScore] = ()
    dataset: Mapping[str, Any] | None = None


def write_report(folder: Path, content: ReportContent) -> Path:
    """Writes ``report.html`` into a folder, whole, and returns its path. It is one file that needs no network."""
    raise NotImplementedError
