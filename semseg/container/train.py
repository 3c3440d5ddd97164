"""``python -m semseg.container.train``: trains the job that lies in SAGEMAKER_BASE_DIR, /opt/ml if it is not set.

Exit code 0 means that the model directory is complete, also after SIGTERM; otherwise output/failure says why. Where
several processes train a job, this one only starts them; torchrun may do so instead.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NoReturn

from semseg.archive import model_artifact
from semseg.archive.checksums import write_checksums
from semseg.archive.class_names import write_class_names
from semseg.container import job, splits
from semseg.container.agreement import check_agreement
from semseg.container.class_weights import tell_of_weights, weighed
from semseg.container.configuration import resources
from semseg.container.data_check import checked_splits
from semseg.container.engines import (
    check_pretrained_weights,
    choose_training_engine,
    devices_for,
    devices_together,
    reference_network,
    training_engine,
    training_group,
    trains_on_gpu,
)
from semseg.container.failure import end_failure_with, reason_of, write_failure, write_first_failure
from semseg.container.job_batches import checked_late, training_batches
from semseg.container.job_report import JobReport, label_map_lines
from semseg.container.kept import keep_samples, promised, tell_of_kept
from semseg.container.memory_plan import TrainingDevice, planned_parts, with_batch_size
from semseg.container.memory_trial import training_device
from semseg.container.observers import Told, event_folder
from semseg.container.place import (
    FAILED,
    GROUP_ENDED,
    LEASHED,
    Place,
    end_with_the_starter,
    own_results,
    remove_results_of_others,
)
from semseg.container.published_weights import without_needless_weights
from semseg.container.readers import most_threads, open_readers
from semseg.container.sample_count import count_of, with_sample_count
from semseg.container.splits import Split
from semseg.container.starter import Plan, planned, run_together
from semseg.container.stream_report import bad_passes_told
from semseg.container.time_plan import JobToPlan, written_plan
from semseg.container.time_plan import planned as planned_in_time
from semseg.contract import metric_lines
from semseg.contract.environment import FACTS_DIR, TITLES
from semseg.contract.exported_forms import check_packages
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.job_directory import JobDirectory
from semseg.contract.job_progress import JobProgress
from semseg.contract.resource_config import Resources
from semseg.data.dataset import Dataset
from semseg.data.scaling import opencv
from semseg.data.stream import Stream
from semseg.engines.engine import Engine
from semseg.engines.group import Group, GroupEnded
from semseg.engines.out_of_memory import OutOfMemory
from semseg.engines.training_choice import TrainingChoice
from semseg.errors import SemsegError
from semseg.exporting.form_export import FormExport, Samples
from semseg.machine.facts import usable_cores
from semseg.machine.memory import ProcessMemory
from semseg.machine.process_age import process_age
from semseg.plumbing.disk_space import no_room
from semseg.plumbing.held_signals import let_through
from semseg.plumbing.whole_file import sweep
from semseg.training.batches import Batches
from semseg.training.checkpoints import Checkpoints, kept_batch_size
from semseg.training.copied_files import copy_from_first
from semseg.training.job_log import JobLog
from semseg.training.reader_pool import ReaderPool
from semseg.training.start_log import tell_of_start
from semseg.training.stop_request import StopAsked
from semseg.training.time_budget import TimeBudget
from semseg.training.trainer import Trainer

MODEL_KEPT = "; the best parameters so far are kept"  # ends the reason of a job that failed


def main() -> int:
    """Trains the job, alone, as one of several processes, or by starting those; returns the exit code."""
    directory = JobDirectory.from_environment(os.environ)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: stop.set())
    let_through(signal.SIGTERM)  # which our starter holds back until here
    if LEASHED in sys.argv[1:]:
        end_with_the_starter()
    try:
        place = Place.from_environment(os.environ)
        plan = None if place.is_given else planned(directory)
    except Exception as error:
        return failed(directory, JobLog(), error)
    if plan is not None and plan.size > 1:
        return start_processes(directory, plan, stop)
    return train_alone(directory, stop) if place.size == 1 else train_at(place, directory, stop)


def start_processes(directory: JobDirectory, plan: Plan, stop: threading.Event) -> int:
    """Trains the job in several processes, and returns the exit code."""
    log = JobLog()
    remove_leftovers(directory)
    remove_results_of_others(directory)
    try:
        cause = run_together(plan, stop)
    except Exception as error:
        return failed(directory, log, error)
    finally:
        remove_results_of_others(directory)
    if cause is None:
        return 0
    ending = MODEL_KEPT if is_model_kept(directory) else ""
    if cause.said_why and directory.failure.exists():
        end_failure_with(directory, ending)
    else:
        write_failure(directory, cause.reason(), ending)
        log.error(cause.reason())
    return FAILED


def train_alone(directory: JobDirectory, stop: threading.Event) -> int:
    """Trains the job in this process, and returns the exit code."""
    log = JobLog()
    remove_leftovers(directory)
    try:
        train(directory, log, stop, Place())
    except OutOfMemory as error:
        failed(directory, log, error)
        end_at_once(FAILED)  # the end of Python was seen to crash in MXNet then
    except Exception as error:
        return failed(directory, log, error)
    return 0


def end_at_once(exit_code: int) -> NoReturn:
    """Ends this process without the end of Python."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(exit_code)


def train_at(place: Place, directory: JobDirectory, stop: threading.Event) -> int:
    """Trains the job as one of its processes; returns the exit code, or ends with it.

    The first process writes the log. Of the others is seen only why the job failed, where the reason is their own.
    """
    log = JobLog() if place.rank == 0 else JobLog(io.StringIO())
    if place.rank == 0 and LEASHED not in sys.argv[1:]:
        remove_leftovers(directory)
    try:
        train(directory, log, stop, place)
        return 0
    except GroupEnded as error:
        exit_code = GROUP_ENDED
        if write_first_failure(directory, str(error), ending_at(place, directory)):
            log.error(str(error))
    except Exception as error:
        exit_code = FAILED
        if write_first_failure(directory, reason_of(error, directory.root), ending_at(place, directory)):
            JobLog().error(f"{place} failed:\n{details_of(error)}")
    end_at_once(exit_code)  # the end of Python would wait for sums that never come


def failed(directory: JobDirectory, log: JobLog, error: Exception) -> int:
    """Says why the job failed, of the error that is being handled, and leaves its model whole; returns the exit
    code.
    """
    log.error(details_of(error))
    ending = MODEL_KEPT if is_model_kept(directory) else ""
    with suppress(OSError):  # a full disk; the log says why all the same
        write_failure(directory, reason_of(error, directory.root), ending)
    return FAILED


def ending_at(place: Place, directory: JobDirectory) -> str:
    """Returns how the reason of a job ends of which this process is one; the first one leaves its model whole."""
    return MODEL_KEPT if place.rank == 0 and is_model_kept(directory) else ""


def is_model_kept(directory: JobDirectory) -> bool:
    """Leaves the model of a job that failed whole, and returns whether there is one."""
    with suppress(OSError):
        return model_artifact.complete(directory.model)
    return False


def remove_leftovers(directory: JobDirectory) -> None:
    """Removes what an earlier run in the same directory left because it failed, or was killed."""
    directory.failure.unlink(missing_ok=True)
    for folder in (directory.model, directory.output, directory.output_data):
        sweep(folder)


def details_of(error: Exception) -> str:
    """Returns why the job failed, as the log has it; of the error that is being handled."""
    return str(error) if isinstance(error, SemsegError) else traceback.format_exc()


def train(directory: JobDirectory, log: JobLog, stop: threading.Event, place: Place) -> None:
    """Does everything from reading the configuration to saving the model; wrong input is found before training
    starts.
    """
    started = time.time()
    log.plain("Docker entrypoint called with argument(s): train")
    asked, machines = job.read_hyperparameters(directory, log), resources(directory)
    choice = checked_choice(directory, asked, machines, place, log)

    def raise_if_stopped() -> None:
        if stop.is_set():
            raise StopAsked

    split_pair = splits.open_splits(directory, asked.num_classes, raise_if_stopped, log, place.size, asked.bad_samples)
    if not place.is_given:
        tell_of_idle_devices(split_pair, lambda: devices_for(choice.engine, machines.instance_type), log)
    is_on_gpu = trains_on_gpu(choice.engine, machines.instance_type)
    with (
        training_group(choice.engine, machines.instance_type) as group,
        own_results(directory, group) as results,
        ExitStack() as stack,
    ):
        check_agreement(asked, split_pair, group)
        earlier = earlier_model(directory, results, asked, log, group)
        workers = most_threads(asked.workers, usable_cores(), place.local_size)
        devices = devices_together(choice.engine, is_on_gpu, group)
        keep_samples(split_pair[0].dataset, asked.cache, place, group, log)
        split_pair, hyperparameters = checked_splits(
            split_pair, results, asked, workers, log, group, devices, FACTS_DIR.read(os.environ)
        )
        training, validation = (split.dataset for split in split_pair)

        def new_engine(hyperparameters: Hyperparameters) -> Engine:
            numbers = without_needless_weights(weighed(hyperparameters, results), earlier, log)
            return training_engine(choice.engine, numbers, machines.instance_type, log, group)

        to_plan = JobToPlan(
            results,
            with_sample_count(hyperparameters, training, log),
            job.given_names(directory),
            split_pair,
            new_engine,
            devices,
            workers,
            time.time() - process_age(),
            log,
            group,
        )
        memory = ProcessMemory(place.local_size, promised(training))
        device = training_device(choice.engine, machines.instance_type, devices, memory, group)
        hyperparameters, budget = settled(to_plan, device)
        checkpoints = open_checkpoints(results, weighed(hyperparameters, results), log, choice.engine)
        tell_of_kept(training, log)
        readers = stack.enter_context(open_readers(training, is_on_gpu, hyperparameters.workers, place.local_size))
        tell_of_processes(group, readers, log)
        batches = training_batches(hyperparameters, training, workers, log, group, readers)
        batches = checked_late(batches, training, hyperparameters.num_classes, workers, log, group)

        what = job_progress(hyperparameters, split_pair, batches, engine_title(choice.engine, is_on_gpu, group))
        # 1.5 s: all refusals came before
        parts = planned_parts(hyperparameters, device, log)
        engine = new_engine(hyperparameters)
        engine.parts = parts
        load_earlier(engine, earlier, log)
        log.info(metric_lines.schedule(batches.iterations_per_epoch, hyperparameters.epochs))
        job.remove_made_of_parameters(results)
        job.write_hyperparams(results, hyperparameters)
        names, colours = class_legend(directory, asked.num_classes, split_pair)
        write_class_names(results.model, names)
        told = Told(directory, what, log, names, colours, group)
        trainer = Trainer(
            engine,
            hyperparameters,
            batches,
            validation,
            results.model,
            told.observers,
            stop_asked=stop.is_set,
            workers=workers,
            checkpoints=checkpoints,
            group=group,
            class_names=names,
            class_colours=colours,
            budget=budget,
        )
        set_up = time.time()
        log.metrics(started, {"Reset Count": 0}, "init_train_data_iter")
        report = JobReport(directory, hyperparameters, label_map_lines(split_pair, hyperparameters), started, log)
        with report.written_at_the_end(group, stop.is_set, told), bad_passes_told(results, validation, workers):
            trainer.fit(results.output_data)
        engine.finish()
        if group.rank == 0:
            export_form(directory, hyperparameters, Samples(training, validation, validation), raise_if_stopped, log)
            write_checksums(directory.model, model_artifact.TRAINED)
    tell_of_end(started, set_up, trainer.stopping.epochs, log)


def checked_choice(
    directory: JobDirectory, hyperparameters: Hyperparameters, machines: Resources, place: Place, log: JobLog
) -> TrainingChoice:
    """Returns the engine that trains a job, and refuses what can be refused before any data is read."""
    if hyperparameters.exported_form is not None:
        check_packages(hyperparameters.exported_form)
    event_folder(directory)  # refused here where it cannot be written to
    log.info("Using default worker.")
    processes = max(place.size, machines.fewest_processes)
    choice = choose_training_engine(hyperparameters, machines.instance_type, processes)
    opencv()  # refused here where it cannot be imported, and not after all files were read
    check_pretrained_weights(hyperparameters)
    log.info(choice.sentence)
    tell_of_checkpoints(directory, log)
    return choice


def settled(to_plan: JobToPlan, device: TrainingDevice) -> tuple[Hyperparameters, TimeBudget | None]:
    """Returns a job's hyperparameters with all that it leaves to this machine, and its time budget if it has one. All
    of a group call this.
    """
    hyperparameters, budget = planned_in_time(to_plan, device)
    samples = count_of(to_plan.splits[0].dataset, hyperparameters)
    before = kept_batch_size(to_plan.results.checkpoints)
    hyperparameters = with_batch_size(hyperparameters, samples, before, device, to_plan.log)
    tell_of_weights(hyperparameters, to_plan.results, to_plan.log)
    return hyperparameters, budget


def class_legend(
    directory: JobDirectory, num_classes: int, split_pair: tuple[Split, Split]
) -> tuple[dict[int, str], dict[int, tuple[int, int, int]]]:
    """Returns the names of a job's classes, and the colours of those that a label map gives one."""
    training, validation = (split.label_map for split in split_pair)
    names = job.class_names(directory, num_classes, training.names, validation.names)
    return names, {**validation.class_colours(), **training.class_colours()}


def engine_title(engine: str, is_on_gpu: bool, group: Group) -> str:
    """Returns what computes a job, as people read it."""
    together = f" in {group.size} processes" if group.size > 1 else ""
    return f"{TITLES[engine]} on {'GPU' if is_on_gpu else 'CPU'}{together}"


def job_progress(
    hyperparameters: Hyperparameters, split_pair: tuple[Split, Split], batches: Batches, engine: str
) -> JobProgress:
    """Returns what the job is, before anything is done."""
    training, validation = (len(split.dataset) if isinstance(split.dataset, Dataset) else 0 for split in split_pair)
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


def tell_of_processes(group: Group, readers: ReaderPool | None, log: JobLog) -> None:
    """Writes into the log how many processes train, and how many read, where it is more than this one."""
    if group.size > 1:
        log.info(f"Training in {group.size} processes.")
    if readers is not None:
        log.info(f"Reading training samples in {len(readers)} processes.")


def tell_of_end(started: float, set_up: float, epochs: int, log: JobLog) -> None:
    """Writes the last lines of a job that trained so many epochs; its times are as of ``time.time()``."""
    log.info("Test data is not provided.")
    times = {"setuptime": 1000 * (set_up - started), "totaltime": 1000 * (time.time() - started)}
    log.metrics(started, {"epochs": epochs, **times})


def earlier_model(
    directory: JobDirectory, results: JobDirectory, hyperparameters: Hyperparameters, log: JobLog, group: Group
) -> Path | None:
    """Returns the path of the parameters that rank 0 finds in channel ``model``, or of this process's copy of them."""
    found = job.earlier_model(directory, hyperparameters, log) if group.rank == 0 else None
    return copy_from_first(found, results.root / "earlier.params", group)


def load_earlier(engine: Engine, earlier: Path | None, log: JobLog) -> None:
    """Lets the engine start from what fits it of an earlier model's parameters, if there are any."""
    if earlier is not None:
        tell_of_start(engine.start_from(earlier), "the model in channel model", log)


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


def tell_of_checkpoints(directory: JobDirectory, log: JobLog) -> None:
    """Writes into the log whether the job was given a directory for checkpoints."""
    if directory.checkpoints.is_dir():
        log.info(f"Checkpoints are loaded from and saved to {directory.checkpoints}.")
    else:
        log.info("Checkpoint loading and saving are disabled.")


def tell_of_idle_devices(splits: Sequence[Split], devices: Callable[[], int], log: JobLog) -> None:
    """Writes into the log where a stream keeps the job to one of several devices."""
    streams = [split.channel for split in splits if isinstance(split.dataset, Stream)]
    count = devices() if streams else 1
    if count > 1:
        log.info(f"Training on one of {count} GPUs: channel {streams[0]} is in Pipe mode, and a stream has one reader.")


def open_checkpoints(
    directory: JobDirectory, hyperparameters: Hyperparameters, log: JobLog, engine: str
) -> Checkpoints | None:
    """Returns the job's checkpoints; None if the job was given no directory for them."""
    if not directory.checkpoints.is_dir():
        return None
    return Checkpoints(directory.checkpoints, hyperparameters, log, engine, written_plan(directory, hyperparameters))


if __name__ == "__main__":
    sys.exit(main())
