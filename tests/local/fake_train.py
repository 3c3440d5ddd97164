"""Stands in for the training process; FAKE_TRAIN says how it behaves."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from semseg.contract.recordio import read_records

if TYPE_CHECKING:
    import numpy as np

    from semseg.training.checkpoints import Checkpoints

PARAMETERS_START = bytes([0x12, 0x01, 0, 0, 0, 0, 0, 0])  # as MXNet's parameter files begin
LOG = """\
LRScheduler setup: iters per epoch: 20, num_epochs 2
[01/31/2024 10:00:00 INFO 1] #quality_metric. host: algo-1, epoch: 0, train loss: 0.5 .
[01/31/2024 10:00:02 INFO 1] #quality_metric. host: algo-1, epoch: 0, validation mIOU: 0.25 .
[01/31/2024 10:00:05 INFO 1] #progress_notice. epoch: 1, iterations: 20 speed: 8 samples/sec learning_rate: 0.000100
[01/31/2024 10:00:07 INFO 1] #quality_metric. host: algo-1, epoch: 1, validation mIOU: 0.75 .
"""
BASE = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))


def write_model() -> None:
    (BASE / "model" / "hyperparams.json").write_text(json.dumps({"num_classes": "2"}))
    (BASE / "model" / "model_best.params").write_bytes(PARAMETERS_START + b"best")
    (BASE / "model" / "model_algo-1").write_bytes(PARAMETERS_START + b"last")


def complete() -> None:
    print(LOG, end="")
    write_model()


def fail() -> None:
    (BASE / "output" / "failure").write_text("train/street.jpg has no mask")
    sys.exit(1)


def crash() -> None:
    print("something goes wrong")
    sys.exit(3)


def be_killed() -> None:
    print("growing")
    os.kill(os.getpid(), signal.SIGKILL)


def stop_well(number: int, frame: FrameType | None) -> None:
    write_model()
    print("stopped well")
    sys.exit(0)


def run_until_stopped() -> None:
    signal.signal(signal.SIGTERM, stop_well)
    print(os.getppid(), os.getpid(), "ready to be stopped")
    time.sleep(60)


def leave_no_model_when_stopped() -> None:
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    print("ready to be stopped")
    time.sleep(60)


def ignore_stops() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("ready to be stopped")
    time.sleep(60)


def leave_half_a_model() -> None:
    (BASE / "model" / "hyperparams.json").write_text("{}")


def tell_environment() -> None:
    print(os.environ["TRAINING_JOB_NAME"], os.environ["COLOUR"])
    write_model()


def write_output_data() -> None:
    (BASE / "output" / "data" / "evaluation.json").write_text("{}")
    write_model()


def leave_a_link_to_nothing() -> None:
    (BASE / "output" / "data" / "newest").symlink_to("nowhere")
    write_model()


def list_channels() -> None:
    """Print each file of the channels, with its content."""
    data = BASE / "input" / "data"
    for path in sorted(path for folder in data.iterdir() for path in folder.rglob("*") if path.is_file()):
        print(f"{path.relative_to(data)}: {path.read_text()}")
    write_model()


def read_pipes() -> None:
    """Print what comes from the FIFOs of the Pipe channels, pass by pass, and what configured them."""
    channels = json.loads((BASE / "input" / "config" / "inputdataconfig.json").read_text())
    for number in range(int(os.environ["PASSES"])):
        for name in sorted(name for name, entry in channels.items() if entry["TrainingInputMode"] == "Pipe"):
            content = (BASE / "input" / "data" / f"{name}_{number}").read_bytes()
            print(name, number, *(record.decode() for record in read_records(content)))
    write_model()


def drain_pipes() -> None:
    """Read FIFOs a piece at a time, keeping nothing."""
    for number in range(int(os.environ["PASSES"])):
        with (BASE / "input" / "data" / f"train_{number}").open("rb") as pipe:
            print("pass", number, sum(len(piece) for piece in iter(lambda: pipe.read(65536), b"")))
    write_model()


def remove_a_pipe() -> None:
    """Wait for a channel whose first FIFO is gone before anybody opened it."""
    (BASE / "input" / "data" / "train_0").unlink()
    time.sleep(60)


class WrittenState:
    """A Restorable that writes what an engine would: a file of MXNet's with a few random bytes."""

    def save(self, path: Path, forced: bool = True) -> None:
        import numpy as np

        from semseg.archive.mxnet_parameters import write_parameters

        write_parameters(path, {"values": np.frombuffer(os.urandom(1000), np.uint8)}, forced)

    def load(self, path: Path) -> None:
        path.read_bytes()

    def save_optimizer(self, path: Path, kept: object = None) -> None:
        self.save(path, forced=False)

    def load_optimizer(self, path: Path) -> dict[str, np.ndarray]:
        self.load(path)
        return {}


def checkpoints() -> Checkpoints:
    """The real ones; imported here, so that all others start fast."""
    from semseg.contract.hyperparameters import Hyperparameters
    from semseg.training.checkpoints import Checkpoints
    from semseg.training.job_log import JobLog

    hyperparameters = Hyperparameters.from_strings({"num_classes": "2", "num_training_samples": "3"})
    return Checkpoints(BASE / "checkpoints", hyperparameters, JobLog(sys.stdout))


def save_checkpoint(epochs: int) -> None:
    from semseg.training.checkpoints import CheckpointProgress

    best = BASE / "model" / "best"
    WrittenState().save(best)
    saved = checkpoints()
    saved.save(WrittenState(), best, CheckpointProgress(epochs, 20 * epochs, 0.5, 0.5, 0))
    saved.finish()
    best.unlink()


def go_on_from_a_checkpoint() -> None:
    """Take up the newest checkpoint, and leave the next one and half of another."""
    found = checkpoints().resume(WrittenState(), BASE / "model" / "best")
    epochs = found.progress.epochs if found else 0
    print("epochs done", epochs)
    save_checkpoint(epochs + 1)
    (BASE / "checkpoints" / ".epoch-0099.part").mkdir()
    if os.environ.get("THEN") == "fail":
        fail()
    write_model()


def save_checkpoints_without_end() -> None:
    for epochs in range(1, 2000):
        save_checkpoint(epochs)
        time.sleep(0.02)


if __name__ == "__main__":
    globals()[os.environ.get("FAKE_TRAIN", "complete")]()
