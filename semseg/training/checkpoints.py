"""The whole state of a job, after an epoch or within one, saved so that an interrupted job can continue from there.

A checkpoint may lose files on its way to S3 and back; one that is not complete is skipped.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import uuid
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from semseg.archive.checkpoint import (
    BEST,
    FILES,
    OPTIMIZER,
    PARAMETERS,
    STATE,
    check_readable,
    checkpoint_name,
    newest_first,
)
from semseg.contract.environment import MXNET, TITLES
from semseg.contract.hyperparameters import CROSS_ENTROPY, IGNORE_ORIENTATION, Hyperparameters
from semseg.contract.hyperparameters import NONE as WITHOUT
from semseg.engines.group import ALONE, Group, from_first
from semseg.errors import UserError
from semseg.plumbing.digest import sha256
from semseg.plumbing.disk_space import no_room
from semseg.plumbing.second_name import link_or_copy
from semseg.plumbing.whole_file import PART, beside, force_to_disk
from semseg.training.checkpoint_state import NOT_WHOLE, CheckpointProgress, State, read_state
from semseg.training.copied_files import copy_from_first
from semseg.training.job_log import JobLog

KEPT = 2
# The hyperparameters, by their wire names, that must be equal for a saved state to fit.
MUST_EQUAL = (
    *("algorithm", "backbone", "num_classes", "crop_size", "base_size", "optimizer", "mini_batch_size"),
    *("seed", "_aux_loss", "exif_orientation", "sample_bits", "loss", "class_weights", "label_smoothing"),
    *("ema_decay", "freeze_batch_norm", "freeze_backbone_epochs", "aligned_sizes"),
)
OLDER = {  # of jobs that had no such hyperparameters
    "exif_orientation": IGNORE_ORIENTATION,
    "sample_bits": "16",
    "loss": CROSS_ENTROPY,
    "class_weights": WITHOUT,
    "label_smoothing": "0.0",
    "ema_decay": "0.0",
    "freeze_batch_norm": "False",
    "freeze_backbone_epochs": "0",
    "aligned_sizes": "False",
}
NONE = -1  # in place of a number of epochs: there is no checkpoint


@dataclass(frozen=True)
class Resumed:
    """What a job goes on from.

    Attributes:
        progress: how far it was.
        kept: the arrays that were kept beside the optimizer; none where another engine wrote the checkpoint.
    """

    progress: CheckpointProgress
    kept: dict[str, np.ndarray] = field(default_factory=dict)


class Restorable(Protocol):
    """The part of an engine that can be saved and restored."""

    def save(self, path: Path, forced: bool = True) -> None: ...

    def load(self, path: Path) -> None: ...

    def save_optimizer(self, path: Path, kept: Mapping[str, np.ndarray] | None = None) -> None: ...

    def load_optimizer(self, path: Path) -> dict[str, np.ndarray]: ...


class Checkpoints:
    """The folder of a job's checkpoints, of which the last two are kept.

    A thread computes the checksums and forces the files to disk while the job trains on.

    Args:
        folder: exists. Nobody else writes there: what an earlier job was writing when it was killed is removed.
        hyperparameters: of the job.
        engine: which engine trains, as the hyperparameter ``engine`` has it.
        plan: by which a job with a time budget trains, as a JSON object: each checkpoint carries it.
    """

    def __init__(
        self,
        folder: Path,
        hyperparameters: Hyperparameters,
        log: JobLog,
        engine: str = MXNET,
        plan: Mapping[str, Any] | None = None,
    ) -> None:
        self.folder = folder
        self.engine = engine
        self.log = log
        strings = hyperparameters.to_strings()
        self.description = {name: strings[name] for name in MUST_EQUAL}
        self.planned = hyperparameters.epochs
        self.plan = plan
        self._thread = ThreadPoolExecutor(1, "checkpoints")
        self._writing: Future[None] | None = None
        self._digests: dict[tuple[int, int, int], str] = {}  # of the files of the last checkpoint, by inode and time
        self._has_warned = False
        self._remove_unfinished()

    def save(
        self,
        engine: Restorable,
        best: Path,
        progress: CheckpointProgress,
        kept: Mapping[str, np.ndarray] | None = None,
        is_best: bool = False,
    ) -> None:
        """Begins to write one checkpoint, whole or not at all, after which all but the last two are removed.

        The engine may go on as soon as this returns. Where there is no room for it, the job goes on without; see
        :meth:`finish`.

        Args:
            best: the file of the best parameters; not read before the first validation.
            kept: arrays that are kept beside the optimizer.
            is_best: whether the file of the best parameters holds the present ones.
        """
        self.finish()
        part = self._hidden(progress.name)
        try:
            part.mkdir()
            if is_best:
                link_or_copy(best, part / PARAMETERS)
            else:
                engine.save(part / PARAMETERS, forced=False)
            engine.save_optimizer(part / OPTIMIZER, kept)
            link_or_copy(part / PARAMETERS if progress.best is None else best, part / BEST)
        except OSError as error:
            self._give_up(part, error)
            return
        self._writing = self._thread.submit(self._write, part, progress)

    def finish(self) -> None:
        """Waits until the last checkpoint is written, or given up with a warning because it cannot be."""
        if self._writing is not None:
            writing, self._writing = self._writing, None
            writing.result()

    def resume(self, engine: Restorable, best: Path, group: Group = ALONE) -> Resumed | None:
        """Restores the engine from the newest checkpoint that is complete and can be read, in a group from that of rank
        0, and returns what the job goes on from; returns None if there is none. Of a checkpoint of another engine all
        is taken but what its optimizer remembers, which is warned of.

        Args:
            best: the path that gets the best parameters, if there are any yet.
            group: all its processes call this; each of them has a folder of its own.

        Raises:
            UserError: the checkpoint is of a job with other hyperparameters.
            ModelError: a file was not written by this engine, or is of another network.
            GroupEnded: a process of the group has ended, or does not answer.
        """
        found = self._newest() if group.rank == 0 else None
        epochs = from_first(NONE if found is None else found.progress.epochs, group)
        steps = from_first(0 if found is None else found.progress.steps, group)
        if epochs == NONE:
            self.log.info("No checkpoint was found: starting from the first epoch.")
            return None
        folder = self.folder / checkpoint_name(epochs, steps)
        for name in (*FILES, STATE):
            copy_from_first(folder / name, folder / name, group)
        return self._restore(engine, best, folder, read_state(folder) if found is None else found)

    def _restore(self, engine: Restorable, best: Path, folder: Path, state: State) -> Resumed:
        self._check_hyperparameters(folder, state.hyperparameters)
        engine.load(folder / PARAMETERS)
        kept = self._load_optimizer(engine, folder, state.engine)
        if state.progress.best is not None:
            best.parent.mkdir(parents=True, exist_ok=True)
            with beside(best) as part:
                link_or_copy(folder / BEST, part)
        self.log.info(f"Resuming from checkpoint {folder}: {state.progress}.")
        if state.planned not in (None, self.planned):
            self.log.info(
                f"The job has {self.planned} epochs now and had {state.planned}: from here on the learning rate "
                "follows the new number."
            )
        return Resumed(state.progress, kept)

    def _newest(self) -> State | None:
        """Returns what the newest checkpoint that can be taken says of itself, and warns of those that cannot."""
        for folder in self._folders():
            try:
                state = read_state(folder)
                check_readable(folder)
            except NOT_WHOLE as error:
                self.log.warning(f"Checkpoint {folder} is not whole and passed over: {error}")
                continue
            if state.progress.name == folder.name:
                return state
            self.log.warning(f"Checkpoint {folder} is that of {state.progress.name} and passed over.")
        return None

    def _write(self, part: Path, progress: CheckpointProgress) -> None:
        """Completes what lies in a hidden folder, forces it to disk, and gives it its name; in the thread."""
        target = self.folder / progress.name
        try:
            state = {
                "engine": self.engine,
                "progress": asdict(progress),
                "planned_epochs": self.planned,
                **({} if self.plan is None else {"plan": self.plan}),
                "hyperparameters": self.description,
                "sha256": self._digests_of(part),
            }
            (part / STATE).write_text(json.dumps(state, indent=1))
            for path in (*part.iterdir(), part):
                force_to_disk(path)
            if target.exists():
                self._discard(target)
            part.rename(target)
            force_to_disk(self.folder)
        except OSError as error:
            self._give_up(part, error)
            return
        self._has_warned = False
        self._remove_older(target)
        self.log.info(f"Saved checkpoint {target}.")

    def _digests_of(self, part: Path) -> dict[str, str]:
        """Returns the SHA-256 of each file; none is read twice, under whatever names and in how many checkpoints."""
        known, self._digests = self._digests, {}
        found = {}
        for name in FILES:
            facts = (part / name).stat()
            identity = (facts.st_ino, facts.st_mtime_ns, facts.st_size)
            digest = self._digests.get(identity) or known.get(identity) or sha256(part / name)
            found[name] = self._digests[identity] = digest
        return found

    def _give_up(self, part: Path, error: OSError) -> None:
        """Removes a checkpoint that could not be written, and warns, once until one can be."""
        shutil.rmtree(part, ignore_errors=True)
        if not self._has_warned:
            self._has_warned = True
            error.filename, error.filename2 = str(self.folder), None  # and not the hidden file
            self.log.warning(
                f"A checkpoint cannot be saved: {no_room(error, self.folder) or error}. The job goes on, and keeps the "
                "checkpoints that it has."
            )

    def _remove_older(self, target: Path) -> None:
        folders = self._folders()
        newest = folders.index(target)  # checkpoints of later points were skipped as not complete
        for useless in folders[:newest] + folders[newest + KEPT :]:
            self._discard(useless)

    def _discard(self, folder: Path) -> None:
        """Removes a checkpoint, which loses its name before its first file."""
        hidden = self._hidden(folder.name)
        with contextlib.suppress(OSError):
            folder.rename(hidden)
        shutil.rmtree(hidden, ignore_errors=True)

    def _hidden(self, name: str) -> Path:
        """Returns a new path for what is not, or no longer, a whole checkpoint; it is not copied to S3."""
        return self.folder / f".{name}.{uuid.uuid4().hex}{PART}"

    def _remove_unfinished(self) -> None:
        for stale in self.folder.glob(f".epoch-*{PART}"):
            shutil.rmtree(stale, ignore_errors=True)

    def _load_optimizer(self, engine: Restorable, folder: Path, written_by: str) -> dict[str, np.ndarray]:
        if written_by == self.engine:
            return engine.load_optimizer(folder / OPTIMIZER)
        was, now = (TITLES.get(name, name) for name in (written_by, self.engine))
        self.log.warning(
            f"Checkpoint {folder} was written with {was}, and this job trains with {now}, which cannot read what its "
            f"optimizer remembers: the parameters and the progress are taken, and the optimizer begins anew."
        )
        return {}

    def _folders(self) -> list[Path]:
        """Returns the folders of the checkpoints, the newest first."""
        return [self.folder / name for name in newest_first(path.name for path in self.folder.iterdir())]

    def _check_hyperparameters(self, folder: Path, was: dict[str, Any]) -> None:
        for name, wanted in self.description.items():
            before = was.get(name, OLDER.get(name))
            if before != wanted:
                raise UserError(
                    f"{name} must be that of checkpoint {folder}, {before}, got {wanted}: "
                    "give the job another checkpoint_s3_uri to start anew"
                )
