"""Trains the nearest mean on pictures: ``python -m tests.engines.train_nearest_mean FOLDER OUT RANK FD``.

RANK is 0 or 1 of a group of two, whose socket is the file descriptor FD; "alone" trains in this process alone.
"""

from __future__ import annotations

import io
import socket
import sys
from pathlib import Path

from semseg.contract.hyperparameters import Hyperparameters
from semseg.data.augmentation import TrainingTransform
from semseg.data.dataset import Dataset
from semseg.data.labels.label_map import LabelMap
from semseg.data.samples import pair_samples
from semseg.engines.group import ALONE, Group
from semseg.training.batches import TrainingBatches
from semseg.training.checkpoints import Checkpoints
from semseg.training.job_log import JobLog
from semseg.training.log_observer import LogObserver
from semseg.training.trainer import Trainer
from tests.engines.group_of_two import GroupOfTwo
from tests.engines.nearest_mean import NearestMean

HYPERPARAMETERS = {
    "num_classes": "3",
    "num_training_samples": "5",
    "mini_batch_size": "3",
    "base_size": "32",
    "crop_size": "24",
    "epochs": "8",
    "learning_rate": "0.5",
    "validation_mini_batch_size": "2",
}


def train(folder: Path, out: Path, group: Group, epochs: int = 8) -> NearestMean:
    """Trains on ``folder``'s train and train_annotation, which serve for validation too; the model goes to ``out``."""
    hyperparameters = Hyperparameters.from_strings({**HYPERPARAMETERS, "epochs": str(epochs)})
    samples, problems = pair_samples(folder / "train", folder / "train_annotation", "train")
    assert problems == []
    dataset = Dataset(samples, LabelMap.identity(), hyperparameters.num_classes, "train")
    batches = TrainingBatches(dataset, TrainingTransform(32, 24), hyperparameters.mini_batch_size, 0, 0, group)
    engine = NearestMean(hyperparameters.num_classes, hyperparameters.seed, group)
    for name in ("model", "checkpoints"):
        (out / name).mkdir(parents=True, exist_ok=True)
    log = JobLog(sys.stdout if group.rank == 0 else io.StringIO())
    trainer = Trainer(
        engine,
        hyperparameters,
        batches,
        dataset,
        out / "model",
        [LogObserver(log)],
        workers=0,
        checkpoints=Checkpoints(out / "checkpoints", hyperparameters, log),
        group=group,
    )
    trainer.fit(out / "output")
    return engine


def main() -> None:
    folder, out, rank, descriptor = sys.argv[1:]
    group: Group = ALONE if rank == "alone" else GroupOfTwo(int(rank), socket.socket(fileno=int(descriptor)))
    train(Path(folder), Path(out), group)


if __name__ == "__main__":
    main()
