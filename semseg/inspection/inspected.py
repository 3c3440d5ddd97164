"""What a check of a data set returns, and how it is printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from semseg.contract.findings import LEVELS, NOTED, REFUSED, WARNED
from semseg.data.dataset_report import DatasetReport
from semseg.inspection.class_shares import ClassShare
from semseg.inspection.looks import Sizes
from semseg.inspection.suggestion import Suggestion
from semseg.plumbing.counted import counted, percent

_TITLES = {REFUSED: "A job would be refused:", WARNED: "A job would warn:", NOTED: "To be known:"}
_SHOWN_CLASSES = 40
_MANY = 1_000_000  # shares are printed of so many


@dataclass(frozen=True)
class Inspected:
    """What was found in a data set; printed, it is text for people.

    Attributes:
        report: what a job would say of it, as ``output/data/dataset.json`` of a job has it.
        classes: of the training and the validation masks.
        sizes: of the pictures of the channels train and validation; None where none could be read.
        suggestion: hyperparameters that suit it and this machine.
    """

    report: DatasetReport
    classes: tuple[ClassShare, ...]
    sizes: Mapping[str, Sizes | None]
    suggestion: Suggestion

    @property
    def is_refused(self) -> bool:
        """Returns whether a job would be refused."""
        return bool(self.report.refused)

    @property
    def class_weights(self) -> list[float]:
        """Returns the weight of each class; see :class:`ClassShare`."""
        return [each.weight for each in self.classes]

    def __str__(self) -> str:
        return "\n".join([*self._halves(), "", *self._table(), "", *self._findings()])

    def _halves(self) -> Iterator[str]:
        for channel, summary in self.report.channels.items():
            sizes = self.sizes.get(channel)
            shown = "" if sizes is None else f", {sizes}"
            yield f"{channel + ':':<12}{counted(int(summary['samples']), 'sample')}{shown}"
        yield f"{'suggested:':<12}{self.suggestion}"

    def _table(self) -> Iterator[str]:
        width = max([len("ignored"), *(len(_title(each)) for each in self.classes)])
        yield f"{'class':<{width}}  {'of train':>12}  {'of validation':>13}  {'weight':>7}"
        for each in self.classes[:_SHOWN_CLASSES]:
            shares = f"{_share(each.training):>12}  {_share(each.validation):>13}"
            yield f"{_title(each):<{width}}  {shares}  {each.weight:7.2f}"
        if len(self.classes) > _SHOWN_CLASSES:
            yield f"... and {len(self.classes) - _SHOWN_CLASSES} more classes"
        ignored = [summary["ignored"]["share"] for summary in self.report.channels.values()]
        yield f"{'ignored':<{width}}  {_share(ignored[0]):>12}  {_share(ignored[1]):>13}"

    def _findings(self) -> Iterator[str]:
        for level in LEVELS:
            found = self.report.of_level(level)
            if found:
                yield _TITLES[level]
                yield from (f"- {finding.sentence}" for finding in found)
        if not self.is_refused:
            yield "Nothing stands in the way of a job."


def _title(each: ClassShare) -> str:
    return f"{each.number} {each.name}".rstrip()


def _share(part: float) -> str:
    return percent(round(part * _MANY), _MANY)
