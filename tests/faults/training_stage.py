"""Where training jobs are disturbed: their pictures, their homes, and what an undisturbed job makes of them."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tarfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from semseg.errors import TrainingError
from semseg.estimator import Estimator
from semseg.local import LocalSession
from semseg.local.commands import Commands
from semseg.local.jobs.home import Home
from semseg.local.jobs.job_folder import JobFolder
from semseg.local.process.process import kill_session
from semseg.local.training.jobs import TRAIN_COMMAND
from semseg.plumbing.teller import Silent
from tests.faults import job_processes, processes
from tests.faults.job_processes import SUPERVISOR, TRAINER

REPOSITORY = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("SEMSEG_TEST_DATA", REPOSITORY.parent / "shared" / "data")) / "weizmann_horse"
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive", "MKL_NUM_THREADS": "1"}
SECONDS = 600  # a job that takes longer hangs
POLL_SECONDS = 0.01
QUALITY = re.compile(r"#quality_metric\. host: \S+, epoch: (\d+), ([^:]+): (\S+) \.")
HYPERPARAMETERS = {
    "num_classes": 2,
    "use_pretrained_model": False,
    "base_size": 32,
    "crop_size": 32,
    "mini_batch_size": 2,
    "validation_mini_batch_size": 2,
    "_logging_frequency": 1,
}


@dataclass(frozen=True)
class Outcome:
    """What a job has to show at its end, each by its name: digests of parameters, scores, the losses of each epoch."""

    values: Mapping[str, str]

    def difference(self, other: Outcome) -> str:
        """Returns the names of what is not equal to the last bit; empty where all is."""
        names = sorted({*self.values, *other.values})
        return ", ".join(name for name in names if self.values.get(name) != other.values.get(name))

    def from_epoch(self, first: int) -> Outcome:
        """Returns what there is without the epochs before this one, counted from 0."""
        untold = tuple(f" of epoch {epoch}" for epoch in range(first))
        return Outcome({name: value for name, value in self.values.items() if not name.endswith(untold)})


@dataclass
class Disturbed:
    """A job of a stage, as whoever disturbs it sees it."""

    name: str
    session: LocalSession
    began: float = field(default_factory=time.monotonic)

    @property
    def folder(self) -> JobFolder:
        jobs = self.session.jobs
        return jobs.kind.folder(jobs.place / self.name)

    @property
    def root(self) -> Path:
        return self.folder.root

    def describe(self) -> dict[str, Any]:
        """Returns the description of the job."""
        return self.session.describe_training_job(self.name)

    def has_ended(self) -> bool:
        return self.folder.read_status().is_final

    def status(self) -> str:
        """Returns the job's SecondaryStatus."""
        return self.folder.read_status().secondary_status

    def says(self, text: str) -> bool:
        """Returns whether the job's log holds this text."""
        log = self.folder.log
        return log.is_file() and text in log.read_text(errors="replace")

    def wait_until(self, condition: Callable[[], object]) -> bool:
        """Waits until something is so, or the job has ended; returns whether it was so first."""
        deadline = time.monotonic() + SECONDS
        while not condition():
            if self.has_ended():
                return False
            if time.monotonic() > deadline:
                raise TimeoutError(f"job {self.name} still runs after {SECONDS} s, and what was waited for never came")
            time.sleep(POLL_SECONDS)
        return True

    def wait_for_end(self) -> dict[str, Any]:
        """Waits for the job's end, and returns its description."""
        self.wait_until(lambda: False)
        return self.describe()

    def kill(self, which: str) -> int:
        """Sends SIGKILL to the processes that are called so, all at once; returns how many there were."""
        victims = job_processes.members(self.root, which)
        processes.kill(victims)
        processes.wait_until_gone(victims, SECONDS)
        return len(victims)

    def resume(self) -> dict[str, Any]:
        """Resumes the job by its name, as another process would, and returns its description at its end."""
        Estimator.attach(self.name, self.session, wait=False).resume(wait=False)
        return self.wait_for_end()

    def outcome(self) -> Outcome:
        """Returns what the job has to show; it has completed."""
        archive = Path(self.describe()["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("file://"))
        values = {f"{name} in the archive": digest for name, digest in _digests(archive).items()}
        for epoch, name, value in QUALITY.findall(self.folder.log.read_text(errors="replace")):
            values[f"{name} of epoch {epoch}"] = value  # of one that is told twice, the last
        values["evaluation.json"] = (archive.parent / "data" / "evaluation.json").read_text()
        return Outcome(values)

    def end(self) -> None:
        """Ends what may still run, and removes the job's files."""
        for pid in job_processes.members(self.root, job_processes.BOTH):
            kill_session(pid)
        processes.wait_until_gone(job_processes.members(self.root, job_processes.BOTH), SECONDS)
        shutil.rmtree(self.root, ignore_errors=True)


@dataclass(frozen=True)
class Undisturbed:
    """What a job makes of the stage's pictures where nobody disturbs it, and how long its processes lived."""

    outcome: Outcome
    seconds: Mapping[str, float]


@dataclass(frozen=True)
class TrainingStage:
    """Jobs of one engine over a few pictures, each with one thread.

    Attributes:
        folder: all that they read and write lies below it.
        engine: "mxnet" or "pytorch".
        channels: of pictures, as ``fit`` takes them.
        train: the command that trains.
        supervisor: the module that looks after a job.
        environment: further variables of the jobs.
        settings: hyperparameters beside HYPERPARAMETERS.
        processes: that train one job together.
    """

    folder: Path
    engine: str
    channels: Mapping[str, str]
    train: Sequence[str] = TRAIN_COMMAND
    supervisor: str = "semseg.local.training.supervisor"
    environment: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    processes: int = 1

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def session(self, home: Path | None = None) -> LocalSession:
        """Returns a session with this home, or the stage's."""
        session = LocalSession.at(Home(home or self.home), Commands(train=self.train))
        session.teller = Silent()
        session.jobs.kind = replace(session.jobs.kind, supervisor=self.supervisor)
        return session

    def estimator(self, session: LocalSession, **arguments: Any) -> Estimator:
        """Returns an estimator whose jobs run in a session."""
        samples = len(list(Path(self.channels["train"]).iterdir()))
        settings = {**HYPERPARAMETERS, "num_training_samples": samples, "engine": self.engine, **self.settings}
        environment = {**ONE_THREAD, "PYTHONPATH": str(REPOSITORY), **self.environment}
        return Estimator(
            instance_count=self.processes,
            instance_type="local",
            max_run=SECONDS,
            sagemaker_session=session,
            hyperparameters=settings,
            environment=environment,
            **arguments,
        )

    def start(
        self, name: str, home: Path | None = None, channels: Mapping[str, str] | None = None, **arguments: Any
    ) -> Disturbed:
        """Starts a job and returns at once."""
        session = self.session(home)
        self.estimator(session, **arguments).fit(channels or self.channels, wait=False, job_name=name)
        return Disturbed(name, session)

    @cached_property
    def undisturbed(self) -> Undisturbed:
        """What the first job made, which nobody disturbed."""
        job = self.start("undisturbed")
        job.wait_until(lambda: job_processes.trainers(job.root))
        born = time.monotonic()
        job.wait_until(lambda: not job_processes.trainers(job.root))
        trained = time.monotonic()
        description = job.wait_for_end()
        if description["TrainingJobStatus"] != "Completed":
            raise TrainingError(f"the undisturbed job is {description['TrainingJobStatus']}: {reason(description)}")
        now = time.monotonic()
        seconds = {TRAINER: trained - born, SUPERVISOR: now - job.began, job_processes.BOTH: now - job.began}
        outcome = job.outcome()
        job.end()
        return Undisturbed(outcome, seconds)

    def lost_in(self, job: Disturbed, first_epoch: int = 0) -> str:
        """Returns what a job that has completed lacks of the undisturbed one; empty where it is equal to the bit.

        Args:
            first_epoch: the first one that its log tells of; a new job's begins where the checkpoint was saved.
        """
        difference = self.undisturbed.outcome.from_epoch(first_epoch).difference(job.outcome())
        return f"not bit for bit the undisturbed job: {difference}" if difference else ""


def reason(description: Mapping[str, Any]) -> str:
    """Returns why a job failed; empty where it did not."""
    return str(description.get("FailureReason", ""))


def write_horses(folder: Path, train: int = 4, validation: int = 2) -> dict[str, str]:
    """Copies the first horses of SEMSEG_TEST_DATA, with masks of the classes 0 and 1, and returns the channels.

    Raises:
        FileNotFoundError: they are not there.
    """
    for half, count in (("train", train), ("validation", validation)):
        for path in sorted((DATA / half).iterdir())[:count]:
            _copy(path, folder / half / path.name)
            (folder / f"{half}_annotation").mkdir(parents=True, exist_ok=True)
            with Image.open(DATA / f"{half}_annotation" / f"{path.stem}.png") as mask:
                pixels = (np.asarray(mask.convert("L")) > 127).astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"{half}_annotation" / f"{path.stem}.png")
    return {name: str(folder / name) for name in ("train", "train_annotation", "validation", "validation_annotation")}


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(source.read_bytes())  # not the mode: the pictures are changed later


def _digests(archive: Path) -> dict[str, str]:
    """Returns the digest of each file of parameters in an archive."""
    found = {}
    with tarfile.open(archive) as packed:
        for entry in packed:
            content = packed.extractfile(entry)
            if content is not None and entry.name.startswith("model_"):
                digest = hashlib.sha256()
                while piece := content.read(2**20):
                    digest.update(piece)
                found[entry.name] = digest.hexdigest()
    return found
