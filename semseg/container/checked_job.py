"""A training job as its commands have it: its engine is chosen and its channels are open; then its data is checked."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from semseg.container import job
from semseg.container.class_weights import tell_of_weights, weighed
from semseg.container.data_check import checked_splits
from semseg.container.engines import (
    check_pretrained_weights,
    choose_training_engine,
    devices_together,
    training_engine,
    training_group,
    trains_on_gpu,
)
from semseg.container.job_batches import training_batches
from semseg.container.kept import keep_samples, promised
from semseg.container.memory_plan import TrainingDevice, with_batch_size
from semseg.container.memory_trial import training_device
from semseg.container.place import Place
from semseg.container.published_weights import needs_pretrained
from semseg.container.readers import most_threads
from semseg.container.sample_count import count_of, with_sample_count
from semseg.container.splits import Split
from semseg.contract.environment import FACTS_DIR
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.job_directory import JobDirectory
from semseg.data.dataset import Dataset
from semseg.data.scaling import opencv
from semseg.data.stream import Stream
from semseg.engines.engine import Engine
from semseg.engines.group import Group
from semseg.machine.facts import usable_cores
from semseg.machine.memory import ProcessMemory
from semseg.machine.process_age import process_age
from semseg.training.batches import Batches
from semseg.training.checkpoint_state import kept_batch_size
from semseg.training.copied_files import copy_from_first
from semseg.training.job_log import JobLog
from semseg.training.reader_pool import ReaderPool
from semseg.training.start_log import tell_of_start


@dataclass(frozen=True)
class CheckedJob:
    """A training job whose data is checked, in one of the processes that train it.

    Attributes:
        results: where this process writes its results.
        hyperparameters: with the defaults, and what is settled so far, in place of what was not given.
        names: of the hyperparameters that were given, in the wire form.
        splits: the training and the validation samples that are used.
        earlier: the parameters in channel ``model``; None without that channel.
        device: what this process computes on.
        new_engine: opens an engine for hyperparameters.
        workers: threads that read.
        started: when the process was started, in seconds since 1970.
        group: the processes that train together.
    """

    results: JobDirectory
    hyperparameters: Hyperparameters
    names: frozenset[str]
    splits: tuple[Split, Split]
    earlier: Path | None
    device: TrainingDevice
    new_engine: Callable[[Hyperparameters], Engine]
    workers: int
    started: float
    log: JobLog
    group: Group

    @property
    def training(self) -> Dataset | Stream:
        """Returns the training samples."""
        return self.splits[0].dataset

    @property
    def validation(self) -> Dataset | Stream:
        """Returns the validation samples."""
        return self.splits[1].dataset

    def sized(self) -> CheckedJob:
        """Returns the job with a number as ``mini_batch_size``, and tells what its classes weigh. All of a group call
        this.
        """
        samples, before = count_of(self.training, self.hyperparameters), kept_batch_size(self.results.checkpoints)
        hyperparameters = with_batch_size(self.hyperparameters, samples, before, self.device, self.log)
        tell_of_weights(hyperparameters, self.results, self.log)
        return replace(self, hyperparameters=hyperparameters)

    def batches(self, readers: ReaderPool | None) -> Batches:
        """Returns the batches of the training samples, which processes read or, where there are none, threads."""
        return training_batches(self.hyperparameters, self.training, self.workers, self.log, self.group, readers)

    def first_engine(self) -> Engine:
        """Returns the engine as training begins with it: from what fits it of an earlier model's parameters, if there
        are any.
        """
        engine = self.new_engine(self.hyperparameters)
        if self.earlier is not None:
            tell_of_start(engine.start_from(self.earlier), "the model in channel model", self.log)
        return engine


@dataclass(frozen=True)
class JobToCheck:
    """A training job whose channels are open, and of whose data nothing is read yet.

    Attributes:
        directory: of the job.
        hyperparameters: with the defaults in place of what was not given.
        splits: the training and the validation samples.
        engine: the name of the engine that trains, as the hyperparameter ``engine`` has it.
        instance_type: of the job.
        place: of this process among those that train the job.
    """

    directory: JobDirectory
    hyperparameters: Hyperparameters
    splits: tuple[Split, Split]
    engine: str
    instance_type: str
    place: Place
    log: JobLog

    def group(self) -> AbstractContextManager[Group]:
        """Returns what yields the group of processes that train the job."""
        return training_group(self.engine, self.instance_type)

    def checked(self, results: JobDirectory, group: Group) -> CheckedJob:
        """Reads all data, and returns the job with what trains it on this machine. All of a group call this.

        Args:
            results: where this process writes its results.

        Raises:
            ChannelError: in rank 0, naming everything that is wrong with the data.
            HyperparameterError: a value does not fit the data.
            GroupEnded: in the others then.
        """
        earlier = self._earlier_model(results, group)
        workers = most_threads(self.hyperparameters.workers, usable_cores(), self.place.local_size)
        devices = devices_together(self.engine, trains_on_gpu(self.engine, self.instance_type), group)
        keep_samples(self.splits[0].dataset, self.hyperparameters.cache, self.place, group, self.log)
        facts = FACTS_DIR.read(os.environ)
        splits, hyperparameters = checked_splits(
            self.splits, results, self.hyperparameters, workers, self.log, group, devices, facts
        )

        is_pretrained = needs_pretrained(self.hyperparameters, earlier, self.log)

        def new_engine(asked: Hyperparameters) -> Engine:
            numbers = replace(weighed(asked, results), use_pretrained_model=is_pretrained)
            return training_engine(self.engine, numbers, self.instance_type, self.log, group)

        return CheckedJob(
            results,
            with_sample_count(hyperparameters, splits[0].dataset, self.log),
            job.given_names(self.directory),
            splits,
            earlier,
            self._device(splits[0].dataset, devices, group),
            new_engine,
            workers,
            time.time() - process_age(),
            self.log,
            group,
        )

    def _earlier_model(self, results: JobDirectory, group: Group) -> Path | None:
        """Returns the path of the parameters that rank 0 finds in channel ``model``, or of this process's copy of
        them.
        """
        found = job.earlier_model(self.directory, self.hyperparameters, self.log) if group.rank == 0 else None
        return copy_from_first(found, results.root / "earlier.params", group)

    def _device(self, training: Dataset | Stream, devices: int, group: Group) -> TrainingDevice:
        memory = ProcessMemory(self.place.local_size, promised(training))
        return training_device(self.engine, self.instance_type, devices, memory, group)


def chosen_engine(hyperparameters: Hyperparameters, instance_type: str, processes: int, log: JobLog) -> str:
    """Returns the name of the engine that trains a job, and refuses what it cannot do before any data is read.

    Args:
        processes: how many train the job together.
    """
    choice = choose_training_engine(hyperparameters, instance_type, processes)
    opencv()  # refused here where it cannot be imported, and not after all files were read
    check_pretrained_weights(hyperparameters)
    log.info(choice.sentence)
    return choice.engine
