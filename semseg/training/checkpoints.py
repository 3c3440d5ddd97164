"""The whole state of a job after an epoch, saved so that an interrupted job can continue from there.

A checkpoint may lose files on its way to S3 and back; one that is not complete is skipped.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Protocol

from semseg.archive.checkpoint import (
    BEST,
    FILES,
    OPTIMIZER,
    PARAMETERS,
    STATE,
    checkpoint_name,
    newest_first,
    read_whole,
)
from semseg.contract.environment import MXNET, TITLES
from semseg.contract.hyperparameters import Hyperparameters
from semseg.engines.group import Group, from_first
from semseg.errors import UserError
from semseg.plumbing.digest import sha256
from semseg.plumbing.whole_file import PART, beside, copy
from semseg.training.copied_files import copy_from_first
from semseg.training.job_log import JobLog

KEPT = 2
# The hyperparameters, by their wire names, that must be equal for a saved state to fit.
MUST_EQUAL = (
    *("algorithm", "backbone", "num_classes", "crop_size", "base_size", "optimizer", "mini_batch_size"),
    *("seed", "_aux_loss"),
)
NOT_WHOLE = (ValueError, KeyError, TypeError)  # what reading a checkpoint raises that is not complete


@dataclass(frozen=True)
class CheckpointProgress:
    """The point that a job has reached when a checkpoint is saved.

    Attributes:
        epochs: that are done.
        iteration: steps that are done, over all epochs.
        best: the greatest validation mIOU, 0 to 1.
        stopping_best: the mIOU that early stopping compares with.
        without_improvement: epochs since that.
    """

    epochs: int
    iteration: int
    best: float
    stopping_best: float
    without_improvement: int


@dataclass(frozen=True)
class State:
    """What ``state.json`` says of a checkpoint: how far the job was, of which hyperparameters, in which engine."""

    progress: CheckpointProgress
    hyperparameters: dict[str, Any]
    engine: str


class Restorable(Protocol):
    """The part of an engine that can be saved and restored."""

    def save(self, path: Path) -> None: ...

    def load(self, path: Path) -> None: ...

    def save_optimizer(self, path: Path) -> None: ...

    def load_optimizer(self, path: Path) -> None: ...


class Checkpoints:
    """The folder of a job's checkpoints, of which the last two are kept.

    Args:
        folder: exists.
        hyperparameters: of the job.
        engine: which engine trains, as the hyperparameter ``engine`` has it.
    """

    def __init__(self, folder: Path, hyperparameters: Hyperparameters, log: JobLog, engine: str = MXNET) -> None:
        self.folder = folder
        self.engine = engine
        self.log = log
        strings = hyperparameters.to_strings()
        self.description = {name: strings[name] for name in MUST_EQUAL}

    def save(self, engine: Restorable, best: Path, progress: CheckpointProgress) -> None:
        """Writes one checkpoint, whole or not at all, and removes all but the last two.

        Args:
            best: the file of the best parameters.
        """
        target = self.folder / checkpoint_name(progress.epochs)
        for stale in self.folder.glob(f".epoch-*{PART}"):
            shutil.rmtree(stale, ignore_errors=True)
        with beside(target) as part:  # its name is hidden, so that it is not copied to S3
            part.mkdir()
            engine.save(part / PARAMETERS)
            engine.save_optimizer(part / OPTIMIZER)
            shutil.copyfile(best, part / BEST)
            state = {
                "engine": self.engine,
                "progress": asdict(progress),
                "hyperparameters": self.description,
                "sha256": {name: sha256(part / name) for name in FILES},
            }
            (part / STATE).write_text(json.dumps(state, indent=1))
        folders = self._folders()
        newest = folders.index(target)  # checkpoints of later epochs were skipped as not complete
        for useless in folders[:newest] + folders[newest + KEPT :]:
            shutil.rmtree(useless)
        self.log.info(f"Saved checkpoint {target}.")

    def resume(self, engine: Restorable, best: Path) -> CheckpointProgress | None:
        """Restores the engine from the newest complete checkpoint and returns the progress; returns None if there is
        none. Of a checkpoint of another engine all is taken but what its optimizer remembers, which is warned of.

        Args:
            best: the path that the best parameters are copied to.

        Raises:
            UserError: the checkpoint is of a job with other hyperparameters.
            ModelError: a file was not written by this engine, or is of another network.
        """
        for folder in self._folders():
            try:
                state = _read(folder)
            except NOT_WHOLE as error:
                self.log.warning(f"Checkpoint {folder} is not whole and passed over: {error}")
                continue
            self._check_hyperparameters(folder, state.hyperparameters)
            engine.load(folder / PARAMETERS)
            self._load_optimizer(engine, folder, state.engine)
            best.parent.mkdir(parents=True, exist_ok=True)
            copy(folder / BEST, best)
            self.log.info(f"Resuming from checkpoint {folder}: {state.progress.epochs} epochs are done.")
            return state.progress
        self.log.info("No checkpoint was found: starting from the first epoch.")
        return None

    def copy_from_first(self, group: Group) -> None:
        """Copies the newest complete checkpoint of rank 0, if it has one, into the folders of the other processes.

        Raises:
            GroupEnded: a process of the group has ended, or does not answer.
        """
        if group.size == 1:
            return
        epochs = from_first(self._newest_whole() if group.rank == 0 else 0, group)
        folder = self.folder / checkpoint_name(epochs)
        for name in (*FILES, STATE) if epochs else ():
            copy_from_first(folder / name, folder / name, group)

    def _newest_whole(self) -> int:
        """Returns after how many epochs the newest complete checkpoint was saved; 0 where there is none."""
        for folder in self._folders():
            with contextlib.suppress(*NOT_WHOLE):
                return _read(folder).progress.epochs
        return 0

    def _load_optimizer(self, engine: Restorable, folder: Path, written_by: str) -> None:
        if written_by == self.engine:
            engine.load_optimizer(folder / OPTIMIZER)
            return
        was, now = (TITLES.get(name, name) for name in (written_by, self.engine))
        self.log.warning(
            f"Checkpoint {folder} was written with {was}, and this job trains with {now}, which cannot read what its "
            f"optimizer remembers: the parameters and the progress are taken, and the optimizer begins anew."
        )

    def _folders(self) -> list[Path]:
        """Returns the folders of the checkpoints, the newest first."""
        return [self.folder / name for name in newest_first(path.name for path in self.folder.iterdir())]

    def _check_hyperparameters(self, folder: Path, was: dict[str, Any]) -> None:
        for name, wanted in self.description.items():
            if was.get(name) != wanted:
                raise UserError(
                    f"{name} must be that of checkpoint {folder}, {was.get(name)}, got {wanted}: "
                    "give the job another checkpoint_s3_uri to start anew"
                )


def _read(folder: Path) -> State:
    """Returns what a complete checkpoint says of itself; raises one of NOT_WHOLE where it is not complete."""
    state = read_whole(folder)
    engine = str(state.get("engine", MXNET))  # older ones name none: they are MXNet's
    return State(_progress(state["progress"]), dict(state["hyperparameters"]), engine)


def _progress(values: dict[str, Any]) -> CheckpointProgress:
    """Returns the progress that a checkpoint's state holds; raises ValueError if a number is missing, or is no
    number.
    """
    for name in ("epochs", "iteration", "without_improvement"):
        if type(values[name]) is not int or values[name] < 0:
            raise ValueError(f"{name} must be a whole number of at least 0, got {values[name]!r}")
    for name in ("best", "stopping_best"):
        if type(values[name]) not in (int, float) or not 0 <= values[name] <= 1:
            raise ValueError(f"{name} must be a number from 0 to 1, got {values[name]!r}")
    return CheckpointProgress(**{item.name: values[item.name] for item in fields(CheckpointProgress)})
