"""The training of a job whose data is checked, until its model directory is complete."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from semseg.archive import model_artifact
from semseg.archive.checksums import write_checksums
from semseg.archive.class_names import write_class_names
from semseg.container import job as job_files
from semseg.container.checked_job import CheckedJob
from semseg.container.class_weights import weighed
from semseg.container.engines import reference_network
from semseg.container.job_batches import checked_late
from semseg.container.job_report import JobReport, label_map_lines
from semseg.container.memory_plan import planned_parts
from semseg.container.observers import Told
from semseg.container.splits import Split
from semseg.container.stream_report import bad_passes_told
from semseg.contract import metric_lines
from semseg.contract.environment import TITLES
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.job_directory import JobDirectory
from semseg.contract.job_progress import JobProgress
from semseg.data.dataset import Dataset
from semseg.engines.engine import Engine
from semseg.errors import SemsegError
from semseg.exporting.form_export import FormExport, Samples
from semseg.plumbing.disk_space import no_room
from semseg.training.batches import Batches
from semseg.training.checkpoints import Checkpoints
from semseg.training.job_log import JobLog
from semseg.training.reader_pool import ReaderPool
from semseg.training.stop_request import StopAsked, raise_if_set
from semseg.training.time_budget import TimeBudget
from semseg.training.trainer import Trainer


@dataclass(frozen=True)
class ClassLegend:
    """The names of a job's classes, and the colours of those that a label map gives one."""

    names: dict[int, str]
    colours: dict[int, tuple[int, int, int]]


@dataclass(frozen=True)
class TrainingRun:
    """The training of a job, of which everything is settled. All of a group have one.

    Attributes:
        directory: of the job.
        job: with all that it leaves to this machine filled in.
        engine: the name of the engine that trains it.
        budget: the time that the job may take; None of a job without a time budget.
        stop: set where the job is asked to stop.
        started: when the job began, in seconds since 1970.
    """

    directory: JobDirectory
    job: CheckedJob
    engine: str
    budget: TimeBudget | None
    stop: threading.Event
    started: float

    def complete(self, readers: ReaderPool | None) -> tuple[float, int]:
        """Trains, and completes the model directory.

        Args:
            readers: the processes that read training samples; None where threads do.

        Returns:
            When training began, in seconds since 1970, and how many epochs it has done.
        """
        job = self.job
        classes = job.hyperparameters.num_classes
        batches = checked_late(job.batches(readers), job.training, classes, job.workers, job.log, job.group)
        engine = self._first_engine()
        job.log.info(metric_lines.schedule(batches.iterations_per_epoch, job.hyperparameters.epochs))
        legend = self._describe_model()
        what = job_progress(job, batches, engine_title(self.engine, job))
        told = Told(self.directory, what, job.log, legend.names, legend.colours, job.group)
        trainer = self._trainer(engine, batches, told, legend)
        set_up = time.time()
        self._fit(trainer, told)
        engine.finish()
        if job.group.rank == 0:
            samples = Samples(job.training, job.validation, job.validation)
            export_form(self.directory, job.hyperparameters, samples, partial(raise_if_set, self.stop), job.log)
            write_checksums(self.directory.model, model_artifact.TRAINED)
        return set_up, trainer.stopping.epochs

    def _first_engine(self) -> Engine:
        """Returns the engine as training begins with it, which takes 1.5 s: all refusals came before."""
        parts = planned_parts(self.job.hyperparameters, self.job.device, self.job.log)
        engine = self.job.first_engine()
        engine.parts = parts
        return engine

    def _describe_model(self) -> ClassLegend:
        """Writes the files that say what network the parameters belong to and what its classes are called."""
        job = self.job
        job_files.remove_made_of_parameters(job.results)
        job_files.write_hyperparams(job.results, job.hyperparameters)
        legend = class_legend(self.directory, job.hyperparameters.num_classes, job.splits)
        write_class_names(job.results.model, legend.names)
        return legend

    def _trainer(self, engine: Engine, batches: Batches, told: Told, legend: ClassLegend) -> Trainer:
        job = self.job
        return Trainer(
            engine,
            job.hyperparameters,
            batches,
            job.validation,
            job.results.model,
            told.observers,
            stop_asked=self.stop.is_set,
            workers=job.workers,
            checkpoints=self._checkpoints(),
            group=job.group,
            class_names=legend.names,
            class_colours=legend.colours,
            budget=self.budget,
        )

    def _checkpoints(self) -> Checkpoints | None:
        """Returns the job's checkpoints; None if the job was given no directory for them."""
        job, folder = self.job, self.job.results.checkpoints
        if not folder.is_dir():
            return None
        return Checkpoints(folder, weighed(job.hyperparameters, job.results), job.log, self.engine)

    def _fit(self, trainer: Trainer, told: Told) -> None:
        """Trains and scores, and reports of it, however it ends."""
        job = self.job
        job.log.metrics(self.started, {"Reset Count": 0}, "init_train_data_iter")
        lines = label_map_lines(job.splits, job.hyperparameters)
        report = JobReport(self.directory, job.hyperparameters, lines, self.started, job.log)
        with (
            report.written_at_the_end(job.group, self.stop.is_set, told),
            bad_passes_told(job.results, job.validation, job.workers),
        ):
            trainer.fit(job.results.output_data)


def class_legend(directory: JobDirectory, num_classes: int, splits: tuple[Split, Split]) -> ClassLegend:
    """Returns the names of a job's classes, and the colours of those that a label map gives one."""
    training, validation = (split.label_map for split in splits)
    names = job_files.class_names(directory, num_classes, training.names, validation.names)
    return ClassLegend(names, {**validation.class_colours(), **training.class_colours()})


def engine_title(engine: str, job: CheckedJob) -> str:
    """Returns what computes a job, as people read it."""
    together = f" in {job.group.size} processes" if job.group.size > 1 else ""
    return f"{TITLES[engine]} on {'GPU' if job.device.on_gpu else 'CPU'}{together}"


def job_progress(job: CheckedJob, batches: Batches, engine: str) -> JobProgress:
    """Returns what a job is, before anything is done; ``engine`` is its title."""
    training, validation = (len(split.dataset) if isinstance(split.dataset, Dataset) else 0 for split in job.splits)
    hyperparameters = job.hyperparameters
    return JobProgress(
        network=f"{hyperparameters.algorithm} with {hyperparameters.backbone}",
        engine=engine,
        classes=hyperparameters.num_classes,
        training_pictures=training,
        validation_pictures=validation,
        epochs=hyperparameters.epochs,
        iterations_per_epoch=batches.iterations_per_epoch,
        scores_whole_pictures=hyperparameters.validation_mini_batch_size == 1,
    )


def export_form(
    directory: JobDirectory,
    hyperparameters: Hyperparameters,
    samples: Samples,
    raise_if_stopped: Callable[[], None],
    log: JobLog,
) -> None:
    """Puts the exported form that the job asks for beside its parameters. If that fails, the trained model is kept."""
    form = hyperparameters.exported_form
    if form is None:
        return
    try:
        FormExport(directory.model, form, samples, reference_network, log.info, raise_if_stopped).run()
    except StopAsked:
        log.warning(f"The job was stopped before {form} was made: the model is left without it.")
    except SemsegError as error:
        log.warning(f"The model is left without {form}: {error}")
    except Exception as error:
        log.error(traceback.format_exc())
        why = no_room(error, directory.model) or f"the export failed with {type(error).__name__}: {error}"
        log.warning(f"The model is left without {form}: {why}")
