"""How fast this machine reads, trains and serves, measured on drawn scenes in a home that is removed afterwards."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from semseg.command_line.drawn_scenes import CLASSES, Scenes, draw_scenes
from semseg.command_line.output import Words
from semseg.contract.channels import TRAIN, TRAIN_ANNOTATION
from semseg.data.augmentation import TrainingTransform
from semseg.data.dataset import Dataset
from semseg.data.labels.label_map import LabelMap
from semseg.data.samples import find_samples
from semseg.estimator import Estimator
from semseg.local.jobs.home import Home
from semseg.local.session import LocalSession
from semseg.machine.facts import usable_cores
from semseg.model import Model
from semseg.predictor import Predictor

READING, TRAINING, SERVING = WHATS = ("reading", "training", "serving")


@dataclass(frozen=True)
class Size:
    """What is measured with.

    Attributes:
        scenes: that are drawn.
        crop_size, base_size, mini_batch_size: the hyperparameters.
        epochs: of training; the last one counts.
    """

    scenes: Scenes
    crop_size: int
    base_size: int
    mini_batch_size: int
    epochs: int = 2


USUAL = Size(Scenes(480, 360, training=32, validation=4), crop_size=240, base_size=520, mini_batch_size=8)
QUICK = Size(Scenes(48, 36, training=4, validation=1), crop_size=24, base_size=48, mini_batch_size=2)


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes:
        what: such as "reading".
        pictures_per_second: how many.
        how: in what way, for people.
        milliseconds: from a request to its answer, the median; None where nothing is asked.
    """

    what: str
    pictures_per_second: float
    how: str
    milliseconds: float | None = None


class Measuring:
    """Measures in a folder, which the caller removes.

    Args:
        folder: gets the scenes and a home.
        size: what is measured with.
        seconds: how long reading and serving are measured.
        instance_type: "local" or "local_gpu".
        archive: what is served; None means the model that is trained for it.
    """

    def __init__(self, folder: Path, size: Size, seconds: float, instance_type: str, archive: str | None) -> None:
        self._size, self._seconds, self._instance_type = size, seconds, instance_type
        self._archive = archive
        self._channels = draw_scenes(folder / "scenes", size.scenes)
        self._session = LocalSession.at(Home(folder / "home"))
        self._session.teller = Words()

    def figures(self, whats: tuple[str, ...]) -> Iterator[Figure]:
        """Yields the figures that are asked for."""
        for what in whats:
            yield from {READING: self._reading, TRAINING: self._training, SERVING: self._serving}[what]()

    def _reading(self) -> Iterator[Figure]:
        found = find_samples(Path(self._channels[TRAIN]), Path(self._channels[TRAIN_ANNOTATION]), TRAIN)
        dataset = Dataset(found.samples, LabelMap.identity(), CLASSES, TRAIN)
        transform, rng = TrainingTransform(self._size.base_size, self._size.crop_size), np.random.default_rng(0)
        count, began = 0, time.perf_counter()
        while time.perf_counter() - began < self._seconds:
            transform(*dataset.read(count % len(found.samples)), rng)
            count += 1
        yield Figure(READING, count / (time.perf_counter() - began), "from files to crops, by one thread")

    def _training(self) -> Iterator[Figure]:
        job = self._estimator.latest_training_job
        assert job is not None  # fit has started it
        values = [
            metric.value for metric in self._session.training_job_metrics(job.name) if metric.name == "train:throughput"
        ]
        how = f"fcn with resnet-50, crops of {self._size.crop_size}, batches of {self._size.mini_batch_size}"
        yield Figure(TRAINING, values[-1], f"{how}, on {self._instance_type}")

    @cached_property
    def _estimator(self) -> Estimator:
        """The estimator of a job that has been trained from scratch."""
        estimator = Estimator(instance_count=1, instance_type=self._instance_type, sagemaker_session=self._session)
        estimator.set_hyperparameters(
            num_classes=CLASSES,
            epochs=self._size.epochs,
            crop_size=self._size.crop_size,
            base_size=self._size.base_size,
            mini_batch_size=self._size.mini_batch_size,
            use_pretrained_model=False,
        )
        estimator.fit(self._channels, logs=False)
        return estimator

    def _serving(self) -> Iterator[Figure]:
        archive = self._archive or str(self._estimator.model_data)
        predictor = Model(model_data=archive, sagemaker_session=self._session).deploy(1, self._instance_type)
        try:
            pictures = [path.read_bytes() for path in sorted(Path(self._channels[TRAIN]).iterdir())]
            predictor.predict(pictures[0])  # the first answer is a slow one
            for clients in sorted({1, usable_cores()}):
                yield self._asked(predictor, pictures, clients)
        finally:
            predictor.delete_endpoint()

    def _asked(self, predictor: Predictor, pictures: list[bytes], clients: int) -> Figure:
        """Returns how fast an endpoint answers so many clients that ask one picture after the other."""
        end = time.perf_counter() + self._seconds

        def ask(number: int) -> list[float]:
            took: list[float] = []
            while not took or time.perf_counter() < end:
                began = time.perf_counter()
                predictor.predict(pictures[(number + len(took)) % len(pictures)])
                took.append(time.perf_counter() - began)
            return took

        began = time.perf_counter()
        with ThreadPoolExecutor(clients) as threads:
            times = [seconds for took in threads.map(ask, range(clients)) for seconds in took]
        rate = len(times) / (time.perf_counter() - began)
        how = f"{clients} at a time, on {self._instance_type}"
        return Figure(SERVING, rate, how, 1000 * statistics.median(times))
