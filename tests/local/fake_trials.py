"""Stands in for the training process of a trial: its mIOU is a known function of its hyperparameters.

mIOU = 1 - |log10(learning_rate) + 2| / 4, so 1.0 at a learning rate of 0.01 and 0.5 at 0.0001; half of that with
optimizer adam. The optimizer rmsprop fails; nag runs until it is stopped; adagrad tells no mIOU.
"""

from __future__ import annotations

import json
import math
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from tests.local.fake_train import PARAMETERS_START

BASE = Path(os.environ["SAGEMAKER_BASE_DIR"])


def stop_well(number: int, frame: FrameType | None) -> None:
    write_model()
    sys.exit(0)


def write_model() -> None:
    (BASE / "model" / "hyperparams.json").write_text(json.dumps({"num_classes": "2"}))
    (BASE / "model" / "model_best.params").write_bytes(PARAMETERS_START + b"best")
    (BASE / "model" / "model_algo-1").write_bytes(PARAMETERS_START + b"last")


def tell(epoch: int, value: float) -> None:
    line = f"#quality_metric. host: algo-1, epoch: {epoch}, validation mIOU: {value:.6g} ."
    print(f"{time.strftime('[%m/%d/%Y %H:%M:%S')} INFO 1] {line}", flush=True)


def main() -> None:
    hyperparameters = json.loads((BASE / "input" / "config" / "hyperparameters.json").read_text())
    optimizer = hyperparameters.get("optimizer", "sgd")
    score = 1 - abs(math.log10(float(hyperparameters["learning_rate"])) + 2) / 4
    if optimizer == "rmsprop":
        (BASE / "output" / "failure").write_text("the loss is not a number")
        sys.exit(1)
    if optimizer == "nag":
        signal.signal(signal.SIGTERM, stop_well)
        for epoch in range(2):
            tell(epoch, score / 10)
        for _ in range(1200):
            time.sleep(0.05)
        sys.exit("nobody stopped it")
    if optimizer != "adagrad":
        tell(0, score / 2)
        tell(1, score / 2 if optimizer == "adam" else score)
    write_model()


if __name__ == "__main__":
    main()
