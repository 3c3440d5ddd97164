"""Checks that there are classes to learn, as early as the way in which the training channel is read allows."""

from __future__ import annotations

from semseg.contract.findings import Finding
from semseg.contract.problems import raise_problems
from semseg.data.checks import count_until_two_classes
from semseg.data.class_presence import one_class, one_class_map, untaught_classes
from semseg.data.dataset import Dataset, UncheckedDataset
from semseg.data.mask_values import MaskValues
from semseg.data.stream import Stream
from semseg.training.job_log import JobLog


def late_check(dataset: Dataset | Stream, num_classes: int, log: JobLog) -> ClassCheck | None:
    """Returns the check of training masks that are read during training; None if all are read before."""
    return ClassCheck(dataset, num_classes, log) if isinstance(dataset, (UncheckedDataset, Stream)) else None


class ClassCheck:
    """Checks the classes in training masks that are read during training.

    Args:
        dataset: the training samples.
        num_classes: of the job.
        log: is warned of classes that no mask holds.
    """

    def __init__(self, dataset: UncheckedDataset | Stream, num_classes: int, log: JobLog) -> None:
        self.dataset = dataset
        self.num_classes = num_classes
        self.log = log
        self._is_judged = False

    def before_training(self, workers: int) -> None:
        """Refuses what can be known to be wrong before the first batch.

        For a stream, that is a label map with one class. Masks that can be read in any order are read until two classes
        are found.

        Args:
            workers: threads that read masks.

        Raises:
            ChannelError: there is one class to learn, or none.
            ImageError: a mask cannot be read.
        """
        dataset = self.dataset
        if isinstance(dataset, Stream):
            problem = one_class_map(dataset.label_map, self.num_classes, dataset.channels[0])
            raise_problems(_listed(problem))
        else:
            found = count_until_two_classes(
                dataset.samples, dataset.label_map, self.num_classes, dataset.channel, workers
            )
            self._refuse_one_class(found)

    def after_epoch(self) -> None:
        """Checks all training masks, once, after the epoch by which each of them has been read.

        Raises:
            ChannelError: there is one class to learn, or none.
        """
        dataset = self.dataset
        if self._is_judged or not dataset.was_read:
            return
        self._is_judged = True
        self._refuse_one_class(dataset.values)
        for warning in _listed(
            untaught_classes(dataset.values, dataset.label_map, self.num_classes, dataset.masks_channel)
        ):
            self.log.warning(warning)

    def _refuse_one_class(self, values: MaskValues) -> None:
        dataset = self.dataset
        raise_problems(_listed(one_class(values, dataset.label_map, self.num_classes, dataset.masks_channel)))


def _listed(finding: Finding | None) -> list[str]:
    return [] if finding is None else [finding.sentence]
