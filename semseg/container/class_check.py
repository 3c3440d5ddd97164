"""Judges training samples that are read during training, as early as the way in which they are read allows."""

from __future__ import annotations

from semseg.contract.findings import WARNED
from semseg.contract.problems import raise_refused
from semseg.data.checks import count_until_two_classes
from semseg.data.dataset import Dataset, UncheckedDataset
from semseg.data.look.judgment import judge_late
from semseg.data.look.one_class import one_class, one_class_map
from semseg.data.stream import Stream
from semseg.training.job_log import JobLog


def late_check(dataset: Dataset | Stream, num_classes: int, log: JobLog) -> ClassCheck | None:
    """Returns the check of training masks that are read during training; None if all are read before."""
    return ClassCheck(dataset, num_classes, log) if isinstance(dataset, (UncheckedDataset, Stream)) else None


class ClassCheck:
    """Judges training samples that are read during training, above all whether there are classes to learn.

    Args:
        dataset: the training samples.
        num_classes: of the job.
        log: is warned of what does not end the job.
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
        else:
            values = count_until_two_classes(
                dataset.samples, dataset.label_map, self.num_classes, dataset.channel, workers
            )
            problem = one_class(values, dataset.label_map, self.num_classes, dataset.look.masks_channel)
        raise_refused([] if problem is None else [problem])

    def after_epoch(self) -> None:
        """Judges all training samples, once, after the epoch by which each of them has been read.

        Raises:
            ChannelError: there is one class to learn, or none.
        """
        dataset = self.dataset
        if self._is_judged or not dataset.was_read:
            return
        self._is_judged = True
        found = judge_late(dataset.look, dataset.label_map, self.num_classes, dataset.reading)
        raise_refused(found)
        for finding in found:
            if finding.level == WARNED:
                self.log.warning(finding.sentence)
