"""What is kept of a training job on this machine, and where it can go on from."""

from __future__ import annotations

import shutil
from pathlib import Path

from semseg.archive.checkpoint import STATE, newest_first, point_of
from semseg.contract.hyperparameters import default_strings
from semseg.contract.problems import shortened
from semseg.local.jobs.job_folder import DEAD_REASON, LONGEST_FAILURE_REASON, JobFolder
from semseg.plumbing.counted import counted
from semseg.plumbing.json_file import read_object

EPOCHS, TIME_BUDGET = "epochs", "time_budget"  # hyperparameters


class TrainingFolder(JobFolder):
    """The folder of a training job."""

    @property
    def input_data(self) -> Path:
        """Returns the folder with a folder, a link or FIFOs for each channel."""
        return self.root / "input" / "data"

    @property
    def staging(self) -> Path:
        """Returns the folder of checkpoints that are on their way to another place."""
        return self.root / ".checkpoints"

    @property
    def training_lock(self) -> Path:
        """Returns the path of the file whose lock the training process holds; it has that one's process id."""
        return self.root / "training.lock"

    def reason_of_death(self) -> str:
        """Returns the failure reason of a job whose supervisor died, with the way to resume the job."""
        return with_end(DEAD_REASON, f"; {self.way_on()}")

    def checkpoint_names(self) -> list[str]:
        """Returns the names of the checkpoints, the newest first; their files are not read."""
        if not self.checkpoints.is_dir():
            return []
        return newest_first(path.parent.name for path in self.checkpoints.glob(f"*/{STATE}"))

    def keep_newest_checkpoint(self) -> None:
        """Removes all checkpoints but the newest."""
        newest = self.checkpoint_names()[:1]
        for path in self.checkpoints.glob("*"):
            if path.name not in newest:
                shutil.rmtree(path, ignore_errors=True)

    def epochs_asked(self) -> int:
        """Returns how many epochs the job is to train."""
        return int(self._asked(EPOCHS))

    def has_time_budget(self) -> bool:
        """Returns whether the job trains until its time is spent, and not for a number of epochs."""
        return bool(self._asked(TIME_BUDGET))

    def _asked(self, name: str) -> str:
        """Returns a hyperparameter as the job was asked for it, or its default."""
        asked = read_object(self.request).get("HyperParameters", {}).get(name, default_strings()[name])
        return str(asked).strip('"')  # the SDK's Framework estimators send JSON

    def epochs_done(self) -> int:
        """Returns after how many whole epochs the newest checkpoint was saved; 0 without one."""
        point = next((point_of(name) for name in self.checkpoint_names()), None)
        return point[0] if point else 0

    def reached(self) -> str | None:
        """Returns after how much training the newest checkpoint was saved, such as "3 of 10 epochs"; None without one.

        Where it was saved within an epoch: "3 of 10 epochs and 120 steps". Of a job with a time budget, whose epochs
        nobody knows before: "3 epochs".
        """
        point = next((point_of(name) for name in self.checkpoint_names()), None)
        if point is None:
            return None
        epochs, steps = point
        done = counted(epochs, "epoch") if self.has_time_budget() else f"{epochs} of {self.epochs_asked()} epochs"
        return done + (f" and {steps} step{'s' * (steps > 1)}" if steps else "")

    def way_on(self) -> str:
        """Returns the end of the failure reason of a job that can be resumed: from where, and how."""
        reached = self.reached()
        start = f"it can go on after {reached}" if reached else "it can begin anew"
        return f'{start}: Estimator.attach("{self.root.name}").resume()'


def with_end(reason: str, end: str) -> str:
    """Returns a failure reason with this end, the reason cut where both would be too long."""
    return shortened(reason, LONGEST_FAILURE_REASON - len(end)).rstrip(". ") + end if end else reason
