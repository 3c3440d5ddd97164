"""Stands in for the training process; FAKE_TRAIN says how it behaves."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

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


def tell_of_epochs() -> None:
    """Tell of three epochs of three iterations as the real training process does, by the real observers.

    The mIOUs are 1/3, 3/5 and 9/20 of crops, and 31/40 of whole pictures.
    """
    import numpy as np

    from semseg.contract.job_progress import JobProgress
    from semseg.contract.metric_lines import schedule
    from semseg.results.confusion_matrix import ConfusionMatrix
    from semseg.results.evaluation import Evaluation
    from semseg.training.job_log import JobLog
    from semseg.training.log_observer import LogObserver
    from semseg.training.observer import Pace
    from semseg.training.progress_observer import ProgressObserver

    def matrix(*counts: int) -> ConfusionMatrix:
        made = ConfusionMatrix(2)
        made.counts = np.array(counts).reshape(2, 2)
        return made

    log = JobLog(sys.stdout)
    log.plain("Docker entrypoint called with argument(s): train")
    for split in ("train", "validation"):
        log.warning("label maps not provided, using defaults.")
        log.info(f"#label_map {split} :{{'scale': 1}}")
    log.warning("num_training_samples is 5, but 6 training samples were found: the learning rate follows the 6 found.")
    what = JobProgress("fcn with resnet-50", "PyTorch on CPU", 2, 6, 1, 3, 3)
    observers = [LogObserver(log), ProgressObserver(BASE / "progress.json", what)]
    log.info(schedule(3, 3))
    scores = (matrix(2, 2, 2, 2), matrix(3, 1, 1, 3), matrix(3, 1, 2, 2))
    for epoch, score in enumerate(scores):
        started = time.time()
        for observer in observers:
            for step in range(1, 4):
                observer.step_done(Pace(epoch, step, 8.0))
            observer.epoch_trained(Pace(epoch, 3, 8.0), 1.5 - epoch / 2, 0.01)
            observer.epoch_validated(Pace(epoch, 1, 16.0), score)
            observer.epoch_completed(epoch, 3, started)
    for observer in observers:
        observer.scoring_best()
        observer.best_scored(Evaluation.of_matrix(matrix(4, 0, 1, 3)), None)
    (BASE / "output" / "data" / "evaluation.json").write_text("{}")
    if os.environ.get("THEN") == "fail":
        fail()
    write_model()


def fail() -> None:
    (BASE / "output" / "failure").write_text("train/street.jpg has no mask")
    sys.exit(1)


def crash() -> None:
    print("something goes wrong")
    sys.exit(3)


def fill_the_disk() -> None:
    """Leave not one byte on the disk, as other programs may, and end without a word."""
    with (BASE / "output" / "data" / "filling").open("ab", buffering=0) as file:
        while True:
            try:
                file.write(bytes(4096))
            except OSError:
                os._exit(1)


def write_until_refused() -> None:
    """Say of what cannot be written what the real process says."""
    from semseg.container.failure import reason_of, write_failure
    from semseg.contract.job_directory import JobDirectory

    try:
        (BASE / "model" / "model_best.params").write_bytes(bytes(2_000_000))
    except OSError as error:
        write_failure(JobDirectory(BASE), reason_of(error, BASE))
    sys.exit(1)


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
    print(Path(os.environ["SEMSEG_FACTS_DIR"]).relative_to(BASE.parents[1]))
    write_model()


def tell_of_aws() -> None:
    print("told", sorted(name for name in os.environ if name.startswith("AWS_")))
    write_model()


def write_output_data() -> None:
    (BASE / "output" / "data" / "evaluation.json").write_text("{}")
    write_model()


def write_events() -> None:
    """Write what passes for events, where the job's configuration says, and more of them when the job is stopped."""
    config = json.loads((BASE / "input" / "config" / "tensorboardoutputconfig.json").read_text())
    assert config.get("LocalPath", "/opt/ml/output/tensorboard") == "/opt/ml/output/tensorboard"
    folder = BASE / "output" / "tensorboard"
    (folder / "events.1").write_text("one")
    if os.environ.get("THEN") == "wait":
        run_until_stopped()
    (folder / "events.1").write_text("one two")
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
    from semseg.contract.recordio import read_records  # here, so that all others start fast

    channels = json.loads((BASE / "input" / "config" / "inputdataconfig.json").read_text())
    for number in range(int(os.environ["PASSES"])):
        for name in sorted(name for name, entry in channels.items() if entry["TrainingInputMode"] == "Pipe"):
            content = (BASE / "input" / "data" / f"{name}_{number}").read_bytes()
            print(name, number, *(record.decode() for record in read_records(content)))
    write_model()


def read_pipes_and_crash_once() -> None:
    read_pipes()
    if not (BASE / "crashed").exists():
        (BASE / "crashed").touch()
        crash()


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
    """A Restorable that writes what an engine would: a file of MXNet's with as many random bytes as
    FAKE_TRAIN_BYTES says.
    """

    def save(self, path: Path, forced: bool = True) -> None:
        import numpy as np

        from semseg.archive.mxnet_parameters import write_parameters

        values = np.frombuffer(os.urandom(int(os.environ.get("FAKE_TRAIN_BYTES", "1000"))), np.uint8)
        write_parameters(path, {"values": values}, forced)

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
    from semseg.training.checkpoint_state import CheckpointProgress

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


def train_five_epochs() -> None:
    """Train five epochs, each of them from what the newest checkpoint says is done."""
    found = checkpoints().resume(WrittenState(), BASE / "model" / "best")
    for epoch in range(found.progress.epochs if found else 0, 5):
        time.sleep(0.1)
        print(f"#quality_metric. host: algo-1, epoch: {epoch}, train loss: 0.{9 - epoch} .")
        save_checkpoint(epoch + 1)
    write_output_data()


def train_otherwise_when_resumed() -> None:
    """Train as train_five_epochs, and forget what it was where it goes on from a checkpoint."""
    resumed = any((BASE / "checkpoints").iterdir())
    train_five_epochs()
    if resumed:
        (BASE / "model" / "model_algo-1").write_bytes(PARAMETERS_START + b"otherwise")


def save_checkpoints_without_end() -> None:
    for epochs in range(1, 2000):
        save_checkpoint(epochs)
        time.sleep(0.02)


def write_checkpoint(epochs: int) -> None:
    """Write one as a job does, whole or not at all; its files hold no more than their names."""
    part, folder = BASE / "checkpoints" / ".epoch.part", BASE / "checkpoints" / f"epoch-{epochs:04d}"
    part.mkdir()
    for name in ("parameters.params", "optimizer.params", "model_best.params"):
        (part / name).write_text(name)
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in part.iterdir()}
    (part / "state.json").write_text(json.dumps({"sha256": digests}))
    part.rename(folder)


def train_each_epoch() -> None:
    """Go on after the newest checkpoint to the last epoch; after epoch AFTER do what THEN says.

    What is written as the best parameters ends with the epoch.
    """
    folder = BASE / "checkpoints"
    done = max((int(path.name[6:]) for path in folder.glob("epoch-*")), default=0)
    epochs = int(json.loads((BASE / "input" / "config" / "hyperparameters.json").read_text()).get("epochs", "10"))
    print("epochs done:", done)
    for epoch in range(done + 1, epochs + 1):
        quality = f"[01/31/2024 10:00:00 INFO 1] #quality_metric. host: algo-1, epoch: {epoch - 1}, "
        print(f"{quality}train loss: {epoch} .\n{quality}validation mIOU: {epoch / 100} .")
        (BASE / "model" / "hyperparams.json").write_text(json.dumps({"num_classes": "2"}))
        (BASE / "model" / "model_best.params").write_bytes(PARAMETERS_START + f"best {epoch}".encode())
        write_checkpoint(epoch)
        if epoch == int(os.environ.get("AFTER", "0")):
            ENDS[os.environ["THEN"]]()
    (BASE / "model" / "model_algo-1").write_bytes(PARAMETERS_START + b"last")


def kill_supervisor() -> None:
    """As the other way round, this process is killed as well, where there are leashes."""
    wait_for_the_log()
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)


def kill_both() -> None:
    wait_for_the_log()
    os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def wait_for_the_log() -> None:
    """Wait until all that was printed has gone through the supervisor into the log."""
    last = f"validation mIOU: {int(os.environ['AFTER']) / 100} ."
    while last not in (BASE / "log.txt").read_text():
        time.sleep(0.01)


def say(reason: str) -> None:
    """Fail for this reason."""
    (BASE / "output" / "failure").write_text(reason)
    sys.exit(1)


ENDS: dict[str, Callable[[], None]] = {
    "be killed": be_killed,
    "kill supervisor": kill_supervisor,
    "kill both": kill_both,
    "crash": crash,
    "wait": run_until_stopped,
    "break down": lambda: say("the algorithm failed with RuntimeError: a bug"),
    "lose one of two": lambda: say("process 1 of 2, counted from 0, was ended by SIGKILL: where memory ran out"),
    "no room": lambda: say("the algorithm failed with OSError: [Errno 28] No space left on device"),
    "overflow": lambda: say("train loss must stay finite, got nan in epoch 2 by iteration 20: lower learning_rate"),
    "lose a picture": lambda: say("train/street.jpg cannot be read: No such file or directory"),
}


if __name__ == "__main__":
    globals()[os.environ.get("FAKE_TRAIN", "complete")]()
