"""One process of a group that trains: it takes the same batch again and again, and the first one says how long it took.

    python -m benchmarks.contenders.group_member WORK ANSWER

WORK is JSON: ``instance_type``, ``hyperparameters``, ``batch``, samples of this process, and ``steps``, of which the
first two are not timed. ANSWER is the file that the first process writes, with ``seconds``.
"""

from __future__ import annotations

import io
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from semseg.container.engines import training_engine, training_group
from semseg.contract.hyperparameters import Hyperparameters
from semseg.engines.engine import Engine
from semseg.engines.group import Group
from semseg.training.job_log import JobLog

WARM_UP = 2  # steps: memory is taken, and kernels are chosen


def main(work_text: str, answer: Path) -> None:
    work = json.loads(work_text)
    hyperparameters = Hyperparameters.from_strings(work["hyperparameters"])
    name, instance_type = hyperparameters.engine, work["instance_type"]
    with training_group(name, instance_type) as group:
        engine = training_engine(name, hyperparameters, instance_type, JobLog(io.StringIO()), group)
        seconds = timed(engine, group, hyperparameters, work)
        if group.rank == 0:
            answer.write_text(json.dumps({"seconds": seconds}))


def timed(engine: Engine, group: Group, hyperparameters: Hyperparameters, work: dict[str, Any]) -> float:
    """Returns the seconds of the steps, from when all processes are ready until the device of this one is done."""
    side, rng = hyperparameters.crop_size, np.random.default_rng(group.rank)
    images = rng.integers(0, 256, (work["batch"], side, side, 3), np.uint8)
    masks = rng.integers(0, hyperparameters.num_classes, (work["batch"], side, side), np.uint8)

    def train(steps: int) -> None:
        for step in range(steps):
            engine.begin_step(0, step)
            engine.step(images, masks, hyperparameters.learning_rate)
        engine.take_loss()

    train(WARM_UP)
    group.barrier()
    began = time.perf_counter()
    train(work["steps"])
    return time.perf_counter() - began


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
