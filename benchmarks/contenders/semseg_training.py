"""semseg's training as a job runs it, without validation: its engine, its batches, its readers.

    python -m benchmarks.contenders.semseg_training WORK '{"engine": "pytorch", "precision_dtype": "bfloat16"}'

The second argument gives hyperparameters.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Generator

from benchmarks.contenders.training_turns import Work, take, work_of
from benchmarks.contenders.turns import Turns
from benchmarks.devices import INSTANCE_TYPES
from semseg.container.engines import training_engine, trains_on_gpu
from semseg.container.readers import open_readers
from semseg.contract.hyperparameters import Hyperparameters
from semseg.data.augmentation import TrainingTransform
from semseg.data.dataset import Dataset
from semseg.data.labels.label_map import LabelMap
from semseg.data.samples import Sample
from semseg.training.batches import Batch, Batches, TrainingBatches
from semseg.training.job_log import JobLog


class SemsegLoop:
    """What semseg's trainer does with each batch: a step, and now and then the loss."""

    def __init__(self, work: Work, hyperparameters: Hyperparameters, batches: Batches) -> None:
        self.batches_of = batches
        self.engine = training_engine(hyperparameters.engine, hyperparameters, INSTANCE_TYPES[work.device], JobLog())
        self.rate, self.logged = hyperparameters.learning_rate, hyperparameters.logging_frequency
        self.epoch = self.steps = 0

    def batches(self) -> Generator[Batch, None, None]:
        self.epoch += 1
        yield from self.batches_of.epoch(self.epoch)

    def step(self, batch: Batch) -> None:
        self.engine.begin_step(self.epoch, self.steps)
        self.engine.step(batch.images, batch.masks, self.rate)
        self.steps += 1
        if self.steps % self.logged == 0:
            self.engine.take_loss()

    def wait(self) -> None:
        self.engine.take_loss()


def main(work_text: str, given: str) -> None:
    turns = Turns()
    work = work_of(work_text)
    strings = {
        "num_classes": work.num_classes,
        "num_training_samples": work.batch_size,
        "algorithm": work.algorithm,
        "base_size": work.base_size,
        "crop_size": work.crop_size,
        "mini_batch_size": work.batch_size,
        "use_pretrained_model": False,
        **json.loads(given),
    }
    hyperparameters = Hyperparameters.from_strings({name: str(value) for name, value in strings.items()})
    samples = [Sample(picture, mask, picture.stem) for picture, mask in work.files()]
    dataset = Dataset(samples, LabelMap.identity(), work.num_classes, "train")
    transform = TrainingTransform(work.base_size, hyperparameters.rounded_crop_size)
    is_on_gpu = trains_on_gpu(hyperparameters.engine, INSTANCE_TYPES[work.device])
    with open_readers(dataset, is_on_gpu, work.workers) as readers:
        batches = TrainingBatches(dataset, transform, work.batch_size, 0, work.workers, readers=readers)
        take(turns, SemsegLoop(work, hyperparameters, batches), work.batch_size)


if __name__ == "__main__":
    main(*sys.argv[1:])
