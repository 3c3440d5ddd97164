"""Files that the first process of a group hands to the others, in a folder of each, as on machines without a disk in
common.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from semseg.contract.hyperparameters import Hyperparameters
from semseg.engines.group import ALONE, Group
from semseg.training.checkpoint_state import CheckpointProgress
from semseg.training.checkpoints import Checkpoints
from semseg.training.copied_files import CHUNK, copy_from_first
from semseg.training.job_log import JobLog
from tests.engines.group_of_threads import in_threads

HYPERPARAMETERS = Hyperparameters.from_strings({"num_classes": "2", "num_training_samples": "4"})


def test_a_file_of_many_chunks_arrives_as_it_was(tmp_path: Path) -> None:
    content = np.random.default_rng(1).bytes(CHUNK + 5)
    source = tmp_path / "source"
    source.write_bytes(content)

    def copied(group: Group) -> Path | None:
        return copy_from_first(source, tmp_path / str(group.rank) / "target", group)

    found = in_threads(3, copied)
    assert found == [source, tmp_path / "1" / "target", tmp_path / "2" / "target"]
    assert [Path(str(path)).read_bytes() == content for path in found] == [True] * 3
    assert [path.name for path in (tmp_path / "1").iterdir()] == ["target"]


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "source").touch()
    in_threads(2, lambda group: copy_from_first(tmp_path / "source", tmp_path / "target", group))
    assert (tmp_path / "target").read_bytes() == b""


def test_a_file_that_the_first_has_not_is_not_asked_of_the_others(tmp_path: Path) -> None:
    def copied(group: Group) -> Path | None:
        return copy_from_first(None if group.rank == 0 else tmp_path, tmp_path / "target", group)

    assert in_threads(2, copied) == [None, None]
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_trains_alone_copies_nothing(tmp_path: Path) -> None:
    assert copy_from_first(tmp_path / "a", tmp_path / "b", ALONE) == tmp_path / "a"
    assert copy_from_first(None, tmp_path / "b", ALONE) is None


class Restored:
    """An engine whose parameters are a text."""

    def __init__(self, text: str = "") -> None:
        self.text = text

    def save(self, path: Path, forced: bool = True) -> None:
        path.write_text(self.text)

    def load(self, path: Path) -> None:
        self.text = path.read_text()

    def save_optimizer(self, path: Path, kept: Mapping[str, np.ndarray] | None = None) -> None:
        path.write_text(f"moments of {self.text}")

    def load_optimizer(self, path: Path) -> dict[str, np.ndarray]:
        assert path.read_text() == f"moments of {self.text}"
        return {}


def checkpoints_in(folder: Path, log: io.StringIO | None = None) -> Checkpoints:
    folder.mkdir(exist_ok=True)
    return Checkpoints(folder, HYPERPARAMETERS, JobLog(log or io.StringIO()))


def saved(folder: Path, epochs: int) -> Path:
    """A checkpoint of the parameters "after so many epochs"."""
    folder.mkdir(exist_ok=True)
    (folder / "best").write_text("the best")
    progress = CheckpointProgress(epochs, 4 * epochs, 0.5, 0.5, 0)
    checkpoints = checkpoints_in(folder)
    checkpoints.save(Restored(f"after {epochs}"), folder / "best", progress)
    checkpoints.finish()
    return folder / f"epoch-{epochs:04d}"


def resumed(root: Path, size: int) -> list[tuple[str, int | None] | Exception]:
    """What the processes of a group have after resuming, each from a folder of its own: 0, 1, ..."""

    def resume(group: Group) -> tuple[str, int | None]:
        checkpoints = checkpoints_in(root / str(group.rank))
        engine = Restored()
        found = checkpoints.resume(engine, root / str(group.rank) / "best", group)
        return engine.text, found.progress.epochs if found else None

    return in_threads(size, resume)


def test_all_processes_go_on_from_the_newest_whole_checkpoint_of_the_first(tmp_path: Path) -> None:
    saved(tmp_path / "0", 1)
    saved(tmp_path / "0", 2)
    (saved(tmp_path / "0", 3) / "optimizer.params").write_text("cut short")
    assert resumed(tmp_path, 3) == [("after 2", 2)] * 3


def test_all_processes_begin_anew_where_the_first_has_no_checkpoint(tmp_path: Path) -> None:
    assert resumed(tmp_path, 2) == [("", None)] * 2
