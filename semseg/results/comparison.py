"""Several jobs beside each other: what differs between them, and which one is better where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from semseg.results.epoch_scores import EpochScores
from semseg.results.evaluation import Evaluation


@dataclass(frozen=True)
class ComparedJob:
    """One of the jobs that are compared; what is not known is left out.

    Attributes:
        name: of the job.
        evaluation: of its best model on whole pictures.
        epochs: in their order.
        scored_on: what the scores after each epoch are measured on.
        hyperparameters: by their names, as strings.
        seconds: that the job took.
    """

    name: str
    evaluation: Evaluation | None = None
    epochs: Sequence[EpochScores] = ()
    scored_on: str = ""
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    seconds: float | None = None


@dataclass(frozen=True)
class Comparison:
    """Jobs beside each other. Printed, it is a table; a notebook shows it as HTML.

    Attributes:
        jobs: in the order in which they were given.
    """

    jobs: Sequence[ComparedJob]

    def differing(self) -> dict[str, list[str]]:
        """Returns the hyperparameters that are not the same in all jobs, with the value of each job."""
        raise NotImplementedError

    def html(self) -> str:
        """Returns the comparison as a part of a page, without styles of its own."""
        raise NotImplementedError

    def __str__(self) -> str:
        raise NotImplementedError

    def _repr_html_(self) -> str:
        raise NotImplementedError
