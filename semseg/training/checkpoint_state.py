"""What a checkpoint says of itself, in its ``state.json``: of which job it is, and how far that was."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from semseg.archive.checkpoint import checkpoint_name, newest_first, read_whole
from semseg.contract.environment import MXNET
from semseg.plumbing.counted import counted

NOT_WHOLE = (ValueError, KeyError, TypeError)  # what reading a checkpoint raises that is not complete
NEWER = ("steps", "loss_batches", "loss_total")  # of a checkpoint's progress, which older versions did not write


@dataclass(frozen=True)
class CheckpointProgress:
    """The point that a job has reached when a checkpoint is saved.

    Attributes:
        epochs: that are done.
        iteration: steps that are done, over all epochs.
        best: the greatest validation mIOU, 0 to 1; None before the first validation.
        stopping_best: the mIOU that early stopping compares with; None before the first validation.
        without_improvement: epochs since that.
        steps: that are done of the next epoch; its validation may still be to come where they are all of them.
        loss_batches: for how many of these the loss was taken.
        loss_total: the sum of their losses.
        seconds: that the job had taken, where it has a time budget.
    """

    epochs: int
    iteration: int
    best: float | None
    stopping_best: float | None
    without_improvement: int
    steps: int = 0
    loss_batches: int = 0
    loss_total: float = 0.0
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """Returns the name of its checkpoint."""
        return checkpoint_name(self.epochs, self.steps)

    def __str__(self) -> str:
        """Returns what is done, as "1 epoch is done", "2 epochs and 120 steps are done"."""
        steps = f" and {counted(self.steps, 'step')}" if self.steps else ""
        return f"{counted(self.epochs, 'epoch')}{steps} {'is' if self.epochs == 1 and not steps else 'are'} done"


@dataclass(frozen=True)
class State:
    """What ``state.json`` says of a checkpoint: how far the job was, of which hyperparameters, in which engine.

    Attributes:
        planned: how many epochs the job was to have; None where an older version wrote it.
        plan: of a job with a time budget, as a JSON object; None of others.
    """

    progress: CheckpointProgress
    hyperparameters: dict[str, Any]
    engine: str
    planned: int | None
    plan: dict[str, Any] | None = None


def newest_state(folder: Path) -> State | None:
    """Returns what the newest complete checkpoint in a folder says of itself; None if there is none."""
    if not folder.is_dir():
        return None
    for name in newest_first(path.name for path in folder.iterdir()):
        with contextlib.suppress(*NOT_WHOLE):
            return read_state(folder / name)
    return None


def kept_batch_size(folder: Path) -> int | None:
    """Returns the ``mini_batch_size`` of the newest complete checkpoint in a folder; None if there is none, or it does
    not tell.
    """
    state = newest_state(folder)
    with contextlib.suppress(*NOT_WHOLE):
        return None if state is None else int(state.hyperparameters["mini_batch_size"])
    return None


def read_state(folder: Path) -> State:
    """Returns what a complete checkpoint says of itself; raises one of NOT_WHOLE where it is not complete."""
    state = read_whole(folder)
    engine = str(state.get("engine", MXNET))  # older ones name none: they are MXNet's
    planned, plan = state.get("planned_epochs"), state.get("plan")
    return State(
        _progress(state["progress"]),
        dict(state["hyperparameters"]),
        engine,
        planned if type(planned) is int else None,
        plan if isinstance(plan, dict) else None,
    )


def _progress(values: dict[str, Any]) -> CheckpointProgress:
    """Returns the progress that a checkpoint's state holds; raises ValueError if a number is missing, or is no number.

    Older versions wrote no more than the first five.
    """
    for name in ("epochs", "iteration", "without_improvement", "steps", "loss_batches"):
        number = values.get(name, 0) if name in NEWER else values[name]
        if type(number) is not int or number < 0:
            raise ValueError(f"{name} must be a whole number of at least 0, got {number!r}")
    for name in ("best", "stopping_best"):
        is_to_come = values["epochs"] == 0 and values[name] is None
        if not is_to_come and (type(values[name]) not in (int, float) or not 0 <= values[name] <= 1):
            raise ValueError(f"{name} must be a number from 0 to 1, got {values[name]!r}")
    for name in ("loss_total", "seconds"):
        if type(values.get(name, 0.0)) not in (int, float):
            raise ValueError(f"{name} must be a number, got {values[name]!r}")
    known = {item.name: values[item.name] for item in fields(CheckpointProgress) if item.name in values}
    return CheckpointProgress(**known)
