"""``python -m semseg.container.train``: trains the job that lies in SAGEMAKER_BASE_DIR, /opt/ml if it is not set.

Exit code 0 means that the model directory is complete, also after SIGTERM; otherwise output/failure says why.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable

from semseg.archive import model_artifact
from semseg.archive.checksums import write_checksums
from semseg.container import job, splits
from semseg.container.class_check import late_check
from semseg.container.configuration import instance_type
from semseg.container.engines import choose_training_engine, reference_network, training_engine
from semseg.contract import metric_lines
from semseg.contract.exported_forms import check_packages
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.job_directory import JobDirectory
from semseg.data.augmentation import TrainingTransform
from semseg.data.dataset import Dataset
from semseg.data.stream import Stream
from semseg.errors import SemsegError
from semseg.exporting.form_export import FormExport, Samples
from semseg.machine.facts import usable_cores
from semseg.plumbing.whole_file import write_text
from semseg.training.batches import Batches, StreamedBatches, TrainingBatches, WatchedBatches
from semseg.training.checkpoints import Checkpoints
from semseg.training.job_log import JobLog, encodable
from semseg.training.log_observer import LogObserver
from semseg.training.trainer import StopAsked, Trainer

FAILURE_LIMIT = 1024  # characters that SageMaker reads of the failure file


def main() -> int:
    """Trains the job, and returns the exit code."""
    directory = JobDirectory.from_environment(os.environ)
    log = JobLog()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: stop.set())
    log.plain("Docker entrypoint called with argument(s): train")
    try:
        train(directory, log, stop)
    except SemsegError as error:
        write_failure(directory, str(error))
        log.error(str(error))
        return 1
    except Exception as error:
        write_failure(directory, f"the algorithm failed with {type(error).__name__}: {error}")
        log.error(traceback.format_exc())
        return 1
    return 0


def train(directory: JobDirectory, log: JobLog, stop: threading.Event) -> None:
    """Does everything from reading the configuration to saving the model; wrong input is found before training
    starts.
    """
    started = time.time()
    hyperparameters = job.read_hyperparameters(directory, log)
    if hyperparameters.exported_form is not None:
        check_packages(hyperparameters.exported_form)
    log.info("Using default worker.")
    choice = choose_training_engine(hyperparameters, instance_type(directory))
    log.info(choice.sentence)
    checkpoints = open_checkpoints(directory, hyperparameters, log, choice.engine)

    def raise_if_stopped() -> None:
        if stop.is_set():
            raise StopAsked

    split_pair = splits.open_splits(directory, hyperparameters.num_classes, raise_if_stopped, log)
    earlier = job.earlier_model(directory, hyperparameters)
    workers = min(hyperparameters.workers, 2 * usable_cores())
    training, validation = (split.dataset for split in split_pair)
    batches = training_batches(hyperparameters, training, workers, log)
    late = late_check(training, hyperparameters.num_classes, log)
    if late is not None:
        late.before_training(workers)
        batches = WatchedBatches(batches, late.after_epoch)

    # 1.5 s: most refusals came before
    engine = training_engine(choice.engine, hyperparameters, instance_type(directory), log)
    if earlier is not None:
        engine.load(earlier)
        log.info(f"Starting from the model in channel model: {earlier.name}")
    splits.check_pictures(split_pair, hyperparameters.num_classes, workers, log)
    log.info(metric_lines.schedule(batches.iterations_per_epoch, hyperparameters.epochs))
    job.write_hyperparams(directory, hyperparameters)
    trainer = Trainer(
        engine,
        hyperparameters,
        batches,
        validation,
        directory.model,
        [LogObserver(log)],
        stop_asked=stop.is_set,
        workers=workers,
        checkpoints=checkpoints,
    )
    set_up = time.time()
    log.metrics(started, {"Reset Count": 0}, "init_train_data_iter")
    trainer.fit(directory.output_data)
    engine.finish()
    export_form(directory, hyperparameters, Samples(training, validation, validation), raise_if_stopped, log)
    write_checksums(directory.model, model_artifact.FILES)
    log.info("Test data is not provided.")
    times = {"setuptime": 1000 * (set_up - started), "totaltime": 1000 * (time.time() - started)}
    log.metrics(started, {"epochs": trainer.stopping.epochs, **times})


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
        log.warning(f"The model is left without {form}: the export failed with {type(error).__name__}: {error}")


def open_checkpoints(
    directory: JobDirectory, hyperparameters: Hyperparameters, log: JobLog, engine: str
) -> Checkpoints | None:
    """Returns the job's checkpoints; None if the job was given no directory for them."""
    if not directory.checkpoints.is_dir():
        log.info("Checkpoint loading and saving are disabled.")
        return None
    log.info(f"Checkpoints are loaded from and saved to {directory.checkpoints}.")
    return Checkpoints(directory.checkpoints, hyperparameters, log, engine)


def training_batches(
    hyperparameters: Hyperparameters, training: Dataset | Stream, workers: int, log: JobLog
) -> Batches:
    """Returns the batches of the training samples; warns if there are more or fewer samples than declared."""
    transform = TrainingTransform(hyperparameters.base_size, hyperparameters.rounded_crop_size)
    size, seed, declared = hyperparameters.mini_batch_size, hyperparameters.seed, hyperparameters.num_training_samples
    if isinstance(training, Dataset):
        if declared != len(training):
            log.warning(miscount(declared, len(training), f"the {len(training)} found"))
        return TrainingBatches(training, transform, size, seed, workers)

    def miscounted(found: int) -> None:
        log.warning(
            miscount(declared, found, f"the {declared} declared, and stays at its last value once they are used up")
        )

    return StreamedBatches(training, transform, size, seed, workers, declared, miscounted)


def miscount(declared: int, found: int, followed: str) -> str:
    """Returns the warning that the number of samples is not the declared one."""
    return (
        f"num_training_samples is {declared}, but {found} training samples were found: "
        f"the learning rate follows {followed}."
    )


def write_failure(directory: JobDirectory, reason: str) -> None:
    """Writes the reason into output/failure."""
    directory.output.mkdir(parents=True, exist_ok=True)
    write_text(directory.failure, encodable(reason)[:FAILURE_LIMIT])


if __name__ == "__main__":
    sys.exit(main())
