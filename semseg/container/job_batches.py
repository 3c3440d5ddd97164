"""The batches of a job's training samples, wherever these lie, with what is told of their number and their classes."""

from __future__ import annotations

from semseg.container.class_check import late_check
from semseg.contract.hyperparameters import Hyperparameters
from semseg.data.augmentation import TrainingTransform
from semseg.data.dataset import Dataset
from semseg.data.stream import Stream
from semseg.engines.group import Group
from semseg.plumbing.counted import counted
from semseg.training.batches import Batches, StreamedBatches, TrainingBatches, WatchedBatches
from semseg.training.job_log import JobLog
from semseg.training.reader_pool import ReaderPool


def training_batches(
    hyperparameters: Hyperparameters,
    training: Dataset | Stream,
    workers: int,
    log: JobLog,
    group: Group,
    readers: ReaderPool | None,
) -> Batches:
    """Returns the batches of the training samples; warns if there are more or fewer samples than declared."""
    transform = TrainingTransform(
        hyperparameters.base_size,
        hyperparameters.rounded_crop_size,
        hyperparameters.rare_class_crops,
        hyperparameters.augmentation_type,
    )
    size, seed, declared = hyperparameters.mini_batch_size, hyperparameters.seed, hyperparameters.num_training_samples
    if isinstance(training, Dataset):
        if declared != len(training):
            log.warning(miscount(declared, len(training), f"the {len(training)} found"))
        return TrainingBatches(training, transform, size, seed, workers, group, readers)

    def miscounted(found: int) -> None:
        log.warning(
            miscount(declared, found, f"the {declared} declared, and stays at its last value once they are used up")
        )

    return StreamedBatches(training, transform, size, seed, workers, declared, miscounted, group)


def checked_late(
    batches: Batches, training: Dataset | Stream, num_classes: int, workers: int, log: JobLog, group: Group
) -> Batches:
    """Returns the batches of samples that are read during training with a check of their classes; others as they are.

    In a group, rank 0 checks them before training only, because each process reads but a part of them.
    """
    late = late_check(training, num_classes, log)
    if late is None or group.rank > 0:
        return batches
    late.before_training(workers)
    return WatchedBatches(batches, late.after_epoch) if group.size == 1 else batches


def miscount(declared: int, found: int, followed: str) -> str:
    """Returns the warning that the number of samples is not the declared one."""
    return (
        f"num_training_samples is {declared}, but {counted(found, 'training sample')} "
        f"{'was' if found == 1 else 'were'} found: the learning rate follows {followed}."
    )
