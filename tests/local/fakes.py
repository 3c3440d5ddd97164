"""Sessions whose training and serving processes are the small ones beside this file."""

from __future__ import annotations

import io
import os
import sys
import tarfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from semseg.estimator import Estimator
from semseg.local import LocalSession
from semseg.local.commands import Commands
from semseg.local.jobs.home import Home
from semseg.local.training.folder import TrainingFolder
from semseg.local.training.jobs import Jobs
from semseg.local.training.supervisor import Supervisor
from semseg.plumbing.teller import Silent
from tests.local.fake_train import PARAMETERS_START

HERE = Path(__file__).parent
TRAIN = (sys.executable, str(HERE / "fake_train.py"))
SERVE = (sys.executable, "-m", "tests.local.fake_serve")
EXPORT = (sys.executable, str(HERE / "fake_export.py"))
CHANNELS = ("train", "train_annotation", "validation", "validation_annotation")


def session_at(home: str | os.PathLike[str], train: Sequence[str] = TRAIN) -> LocalSession:
    """A session whose home is this folder, and whose processes are the small ones."""
    return LocalSession.at(Home(home), Commands(train, SERVE, EXPORT))


def channels_at(folder: Path) -> dict[str, str]:
    """Four empty channel folders."""
    for name in CHANNELS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    return {name: str(folder / name) for name in CHANNELS}


def estimator_at(home: Path, behaviour: str = "complete", **arguments: Any) -> Estimator:
    """An estimator whose training process behaves as the function of fake_train.py with this name."""
    return Estimator(
        instance_count=1,
        instance_type="local",
        sagemaker_session=session_at(home),
        hyperparameters={"num_classes": 2, "num_training_samples": 3},
        environment={"FAKE_TRAIN": behaviour, "COLOUR": "green"},
        **arguments,
    )


def request_at(folder: Path, name: str = "job") -> dict[str, Any]:
    """A CreateTrainingJob request as an estimator makes it."""
    inputs = channels_at(folder)
    return {
        "TrainingJobName": name,
        "RoleArn": None,
        "AlgorithmSpecification": {"TrainingImage": "semantic-segmentation:1", "TrainingInputMode": "File"},
        "HyperParameters": {"num_classes": "2"},
        "InputDataConfig": [
            {
                "ChannelName": channel,
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri": uri,
                        "S3DataDistributionType": "FullyReplicated",
                    }
                },
            }
            for channel, uri in inputs.items()
        ],
        "OutputDataConfig": {},
        "ResourceConfig": {"InstanceType": "local", "InstanceCount": 1, "VolumeSizeInGB": 30},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "Environment": {},
    }


def model_at(folder: Path, hyperparams: str = '{"num_classes": "2"}') -> Path:
    """A model.tar.gz that looks as one should, and would not compute anything."""
    contents = {
        "hyperparams.json": hyperparams.encode(),
        "model_best.params": PARAMETERS_START,
        "model_algo-1": PARAMETERS_START,
    }
    return archive_at(folder, contents)


def model_in(folder: Path) -> bytes:
    """What follows the first bytes, which all have, in the best parameters of the model.tar.gz in a folder."""
    with tarfile.open(folder / "model.tar.gz") as archive:
        best = archive.extractfile("model_best.params")
        assert best is not None
        return best.read()[len(PARAMETERS_START) :]


def model_folder_at(folder: Path) -> Path:
    """A folder with the files that a job which failed has left of such a model: the last parameters are missing."""
    folder.mkdir(parents=True)
    (folder / "hyperparams.json").write_text('{"num_classes": "2"}')
    (folder / "model_best.params").write_bytes(PARAMETERS_START)
    return folder


def archive_at(folder: Path, contents: Mapping[str, bytes]) -> Path:
    """A model.tar.gz with these files, name -> bytes."""
    with tarfile.open(folder / "model.tar.gz", "w:gz") as archive:
        for name, content in contents.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return folder / "model.tar.gz"


class LogWriter(Silent):
    """The teller of a supervisor that runs in the process of a test: its lines go to the job's log, as else."""

    def __init__(self, log: Path) -> None:
        self._log = log

    def line(self, text: str) -> None:
        """Appends a line to the log."""
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"{text}\n")


class JobsInProcess(Jobs):
    """Training jobs whose supervisors are no processes of their own: a job has ended when it was started."""

    def supervise(self, folder: TrainingFolder, lock: BinaryIO, environment: Mapping[str, str]) -> None:
        """Looks after the job here, to its end."""
        with lock:
            Supervisor(folder, self.command, account=self.account, teller=LogWriter(folder.log)).run()


def run_training_job(jobs: Jobs, request: Mapping[str, Any]) -> TrainingFolder:
    """Runs a training job whose supervisor is no process of its own; returns its folder."""
    JobsInProcess(jobs.home, jobs.command, jobs.account).start(request)
    return jobs.folder(request["TrainingJobName"])


def wait_for_line(log: Path, text: str) -> None:
    """Wait until a log has a line with this text."""
    for _ in range(600):
        if log.exists() and text in log.read_text():
            return
        time.sleep(0.05)
    raise AssertionError(f"{text!r} never came: {log.read_text() if log.exists() else 'no log'}")
