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
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import NoReturn

from semseg.archive import model_artifact
from semseg.container.agreement import check_agreement
from semseg.container.checked_job import CheckedJob, JobToCheck, chosen_engine
from semseg.container.configuration import resources
from semseg.container.engines import devices_for
from semseg.container.failure import end_failure_with, reason_of, write_failure, write_first_failure
from semseg.container.job import read_hyperparameters
from semseg.container.kept import tell_of_kept
from semseg.container.observers import event_folder
from semseg.container.place import (
    FAILED,
    GROUP_ENDED,
    LEASHED,
    Place,
    end_with_the_starter,
    own_results,
    remove_results_of_others,
)
from semseg.container.readers import open_readers
from semseg.container.splits import Split, open_splits
from semseg.container.starter import Plan, planned, run_together
from semseg.container.time_plan import planned as planned_in_time
from semseg.container.training_run import TrainingRun
from semseg.contract.exported_forms import check_packages
from semseg.contract.job_directory import JobDirectory
from semseg.data.stream import Stream
from semseg.engines.group import Group, GroupEnded
from semseg.engines.out_of_memory import OutOfMemory
from semseg.errors import SemsegError
from semseg.plumbing.held_signals import let_through
from semseg.plumbing.whole_file import sweep
from semseg.training.job_log import JobLog
from semseg.training.reader_pool import ReaderPool
from semseg.training.stop_request import raise_if_set
from semseg.training.time_budget import TimeBudget

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
    to_check = opened(directory, place, stop, log)
    with to_check.group() as group, own_results(directory, group) as results:
        check_agreement(to_check.hyperparameters, to_check.splits, group)
        job, budget = settled(to_check.checked(results, group))
        tell_of_kept(job.training, log)
        with open_readers(job.training, job.device.on_gpu, job.hyperparameters.workers, place.local_size) as readers:
            tell_of_processes(group, readers, log)
            run = TrainingRun(directory, job, to_check.engine, budget, stop, started)
            set_up, epochs = run.complete(readers)
    tell_of_end(started, set_up, epochs, log)


def opened(directory: JobDirectory, place: Place, stop: threading.Event, log: JobLog) -> JobToCheck:
    """Opens the channels of a job, and refuses what can be refused before any data is read."""
    hyperparameters, machines = read_hyperparameters(directory, log), resources(directory)
    if hyperparameters.exported_form is not None:
        check_packages(hyperparameters.exported_form)
    event_folder(directory)  # refused here where it cannot be written to
    log.info("Using default worker.")
    processes = max(place.size, machines.fewest_processes)
    engine = chosen_engine(hyperparameters, machines.instance_type, processes, log)
    tell_of_checkpoints(directory, log)
    raise_if_stopped = partial(raise_if_set, stop)
    splits = open_splits(
        directory, hyperparameters.num_classes, raise_if_stopped, log, place.size, hyperparameters.bad_samples
    )
    if not place.is_given:
        tell_of_idle_devices(splits, lambda: devices_for(engine, machines.instance_type), log)
    return JobToCheck(directory, hyperparameters, splits, engine, machines.instance_type, place, log)


def settled(job: CheckedJob) -> tuple[CheckedJob, TimeBudget | None]:
    """Returns a job with all that it leaves to this machine, and its time budget if it has one. All of a group call
    this.
    """
    hyperparameters, budget = planned_in_time(job)
    return replace(job, hyperparameters=hyperparameters).sized(), budget


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


if __name__ == "__main__":
    sys.exit(main())
