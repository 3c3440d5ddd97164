"""``python -m semseg.container.train``: train the job that lies in SAGEMAKER_BASE_DIR, /opt/ml where it is not set.

Exit code 0 means that the model directory is complete, also after SIGTERM; otherwise output/failure says why.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback

from semseg.container import job
from semseg.container.configuration import instance_type
from semseg.contract import metric_lines
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.job_directory import JobDirectory
from semseg.data.augmentation import TrainingTransform
from semseg.data.dataset import Dataset
from semseg.errors import SemsegError
from semseg.training.batches import TrainingBatches
from semseg.training.job_log import JobLog, encodable
from semseg.training.trainer import Trainer

FAILURE_LIMIT = 1024  # characters that SageMaker reads of the failure file


def main() -> int:
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
    """Everything from the configuration to the saved model; what can be wrong is found before training starts."""
    started = time.time()
    hyperparameters = job.read_hyperparameters(directory, log)
    log.info("Using default worker.")
    log.info("Checkpoint loading and saving are disabled.")
    splits = job.list_splits(directory, log)
    earlier = job.earlier_model(directory, hyperparameters)
    workers = min(hyperparameters.workers, 2 * len(os.sched_getaffinity(0)))
    training, validation = (Dataset(split.samples, split.label_map) for split in splits)
    warn_of_miscount(hyperparameters, training, log)
    batches = training_batches(hyperparameters, training, workers)

    # Not at the top: this takes 1.5 s, and what can be refused without it is refused by now.
    from semseg.gluon import engine as gluon
    from semseg.gluon import runtime

    devices = runtime.devices(instance_type(directory))
    gpus = sum(device.device_type == "gpu" for device in devices)
    log.info(f"Number of GPUs being used: {gpus}")
    engine = gluon.GluonEngine(hyperparameters, devices)
    if earlier is not None:
        engine.load(earlier)
        log.info(f"Starting from the model in channel model: {earlier.name}")
    job.check_pictures(splits, hyperparameters.num_classes, workers, log)
    log.info(metric_lines.schedule(batches.iterations_per_epoch, hyperparameters.epochs))
    job.write_hyperparams(directory, hyperparameters)
    trainer = Trainer(
        engine, hyperparameters, batches, validation, directory.model, log, stop_asked=stop.is_set, workers=workers
    )
    set_up = time.time()
    log.metrics(started, {"Reset Count": 0}, "init_train_data_iter")
    trainer.fit(directory.output_data)
    gluon.finish()
    log.info("Test data is not provided.")
    times = {"setuptime": 1000 * (set_up - started), "totaltime": 1000 * (time.time() - started)}
    log.metrics(started, {"epochs": trainer.stopping.epochs, **times})


def warn_of_miscount(hyperparameters: Hyperparameters, training: Dataset, log: JobLog) -> None:
    if hyperparameters.num_training_samples != len(training):
        log.warning(
            f"num_training_samples is {hyperparameters.num_training_samples}, but {len(training)} training samples "
            f"were found: the learning rate follows the {len(training)} found."
        )


def training_batches(hyperparameters: Hyperparameters, training: Dataset, workers: int) -> TrainingBatches:
    transform = TrainingTransform(hyperparameters.base_size, hyperparameters.rounded_crop_size)
    return TrainingBatches(training, transform, hyperparameters.mini_batch_size, hyperparameters.seed, workers)


def write_failure(directory: JobDirectory, reason: str) -> None:
    directory.output.mkdir(parents=True, exist_ok=True)
    beside = directory.failure.with_name(directory.failure.name + ".part")
    beside.write_text(encodable(reason)[:FAILURE_LIMIT], encoding="utf-8")
    os.replace(beside, directory.failure)


if __name__ == "__main__":
    sys.exit(main())
