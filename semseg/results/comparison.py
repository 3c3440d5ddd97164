"""Several jobs beside each other: what differs between them, and which one is better where."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from semseg.drawing.class_colours import class_colours, hex_colour
from semseg.drawing.line_chart import Chart, Series, as_svg
from semseg.plumbing.counted import duration
from semseg.results.epoch_charts import best_epoch, score_points, score_title
from semseg.results.epoch_scores import EpochScores
from semseg.results.evaluation import Evaluation, shown_score
from semseg.results.tables import escaped, html_table, text_table

MISSING = "-"


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
        """Returns the hyperparameters that are not the same in all jobs, each with the value of each job; "" stands for
        one that a job does not have.
        """
        names = sorted({name for job in self.jobs for name in job.hyperparameters})
        rows = {name: [job.hyperparameters.get(name, "") for job in self.jobs] for name in names}
        return {name: values for name, values in rows.items() if len(set(values)) > 1}

    def rows(self) -> list[list[str]]:
        """Returns the table: a row for each score, class and hyperparameter that differs, a column for each job; the
        first cell of each row says what it is.
        """
        differing = [[name, *(value or MISSING for value in values)] for name, values in self.differing().items()]
        return [*self._scores(), *self._best_epochs(), *self._lengths(), *self._classes(), *differing]

    def html(self) -> str:
        """Returns the comparison as a part of a page, whose own styles decide how it looks: a table, and the curves of
        all jobs.
        """
        return self._html(is_styled=False)

    def __str__(self) -> str:
        return "\n".join(text_table(self._head(), self.rows()))

    def _repr_html_(self) -> str:
        return self._html(is_styled=True)

    def _html(self, is_styled: bool) -> str:
        charts = "".join(as_svg(chart, 420, 220) + _legend(chart) for chart in self._charts())
        return html_table(self._head(), self.rows(), is_styled) + charts

    def _head(self) -> list[str]:
        return ["", *(job.name for job in self.jobs)]

    def _scores(self) -> list[list[str]]:
        found = [job.evaluation for job in self.jobs]
        if not any(found):
            return []
        scores: dict[str, Callable[[Evaluation], float | None]] = {
            "mIOU of whole pictures": lambda each: each.mean_iou,
            "pixel accuracy": lambda each: each.pixel_accuracy,
            "mean Dice": lambda each: each.mean_dice,
            "frequency-weighted IoU": lambda each: each.frequency_weighted_iou,
            "mean boundary IoU": lambda each: each.mean_boundary_iou,
            "expected calibration error": lambda each: each.calibration_error,
        }
        rows = {name: [None if each is None else score(each) for each in found] for name, score in scores.items()}
        return [[name, *map(shown_score, row)] for name, row in rows.items() if any(value is not None for value in row)]

    def _best_epochs(self) -> list[list[str]]:
        """Returns the highest mIOU after an epoch; crops and whole pictures have a row each."""
        kinds = dict.fromkeys(job.scored_on for job in self.jobs if best_epoch(job.epochs) is not None)
        return [
            [f"highest {score_title(kind)}", *(_best(job) if job.scored_on == kind else MISSING for job in self.jobs)]
            for kind in kinds
        ]

    def _lengths(self) -> list[list[str]]:
        times = [MISSING if job.seconds is None else duration(job.seconds) for job in self.jobs]
        return [["epochs trained", *(str(len(job.epochs) or MISSING) for job in self.jobs)], ["time", *times]]

    def _classes(self) -> list[list[str]]:
        """Returns the IoU of each class; classes of the same number and name share a row."""
        columns = [{} if job.evaluation is None else _ious(job.evaluation) for job in self.jobs]
        titles = sorted({title for column in columns for title in column})
        return [
            [f"IoU {number} {name}".rstrip(), *(shown_score(column.get((number, name))) for column in columns)]
            for number, name in titles
        ]

    def _charts(self) -> list[Chart]:
        colours = class_colours()
        series = [
            (
                job.scored_on,
                Series(score_points(job.epochs), hex_colour(colours[place]), job.name, best_epoch(job.epochs)),
            )
            for place, job in enumerate(self.jobs, start=1)
            if best_epoch(job.epochs) is not None
        ]
        last = max((job.epochs[-1].epoch for job in self.jobs if job.epochs), default=0)
        kinds = dict.fromkeys(kind for kind, _ in series)
        return [Chart(score_title(kind), [each for of, each in series if of == kind], last, 1.0) for kind in kinds]


def _best(job: ComparedJob) -> str:
    best = best_epoch(job.epochs)
    return MISSING if best is None else f"{dict(score_points(job.epochs))[best]:.4f} (epoch {best})"


def _ious(evaluation: Evaluation) -> dict[tuple[int, str], float | None]:
    return {(scores.number, scores.name): scores.iou for scores in evaluation.classes}


def _legend(chart: Chart) -> str:
    """Returns which colour is which job; the names stand apart also where a page has no styles."""
    square = '<svg width="12" height="12" aria-hidden="true"><rect width="12" height="12" rx="2" fill="{}"/></svg>'
    keys = (f"{square.format(each.colour)} {escaped(each.name)}" for each in chart.series)
    return f"<div>{' &nbsp; '.join(keys)}</div>"
