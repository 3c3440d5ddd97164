"""Measures how long a job on this machine takes from ``fit`` to its first step, with each engine."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import tempfile
import time
from pathlib import Path

import semseg
from benchmarks.contenders.training_samples import CLASSES
from benchmarks.devices import INSTANCE_TYPES

ENGINES = {"mxnet": "mxnet", "pytorch": "torch"}  # and the packages that they need
STEP = "learning_rate:"  # in the line of a job's log that tells of steps, and in no other


class FirstStep(io.StringIO):
    """A log that remembers when it told of the first step."""

    def __init__(self) -> None:
        super().__init__()
        self.began = time.monotonic()
        self.seconds: float | None = None

    def write(self, text: str) -> int:
        if self.seconds is None and STEP in text:
            self.seconds = time.monotonic() - self.began
        return super().write(text)


def seconds_to_first_step(samples: Path, options: argparse.Namespace) -> dict[str, list[float]]:
    """Returns the seconds by engine, one for each round; the engines take turns.

    Args:
        samples: a folder with ``train`` and ``train_annotation``.
    """
    engines = [engine for engine, package in ENGINES.items() if importlib.util.find_spec(package)]
    if options.device == "cuda":
        engines = ["pytorch"]  # MXNet has no code for the GPUs of today
    found: dict[str, list[float]] = {engine: [] for engine in engines}
    for _ in range(options.rounds):
        for engine in engines:
            with tempfile.TemporaryDirectory() as folder:
                found[engine].append(first_step(engine, channels(samples, Path(folder), options.batch), options))
    return found


def channels(samples: Path, folder: Path, count: int) -> dict[str, str]:
    """Returns the channels of a job with so many samples, so that it ends soon after its first step."""
    inputs = {}
    for channel, source in (("train", "train"), ("train_annotation", "train_annotation")):
        for half in (channel, channel.replace("train", "validation")):
            (folder / half).mkdir()
            for path in sorted((samples / source).iterdir())[: count if half == channel else 1]:
                (folder / half / path.name).symlink_to(path)
            inputs[half] = str(folder / half)
    return inputs


def first_step(engine: str, inputs: dict[str, str], options: argparse.Namespace) -> float:
    """Trains one step, and returns the seconds until the log told of it."""
    with tempfile.TemporaryDirectory() as output, contextlib.redirect_stdout(FirstStep()) as log:
        estimator = semseg.Estimator(instance_count=1, instance_type=INSTANCE_TYPES[options.device], output_path=output)
        estimator.set_hyperparameters(
            engine=engine,
            num_classes=CLASSES,
            num_training_samples=options.batch,
            use_pretrained_model=False,
            base_size=options.base_size,
            crop_size=options.crops[0],
            mini_batch_size=options.batch,
            epochs=1,
            _logging_frequency=1,
        )
        log.began = time.monotonic()
        estimator.fit(inputs)
    if log.seconds is None:
        raise SystemExit(f"no step was told of:\n{log.getvalue()[-2000:]}")
    return log.seconds
