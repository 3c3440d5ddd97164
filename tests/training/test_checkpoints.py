from __future__ import annotations

import errno
import hashlib
import io
import json
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from semseg.archive.mxnet_parameters import read_parameters, write_parameters
from semseg.contract.hyperparameters import Hyperparameters
from semseg.errors import ModelError, UserError
from semseg.training.checkpoint_state import CheckpointProgress
from semseg.training.checkpoints import Checkpoints, Restorable, Resumed
from semseg.training.job_log import JobLog


class WrittenEngine:
    """Its parameters and its optimizer are one text each."""

    def __init__(self, parameters: bytes = b"", optimizer: bytes = b"") -> None:
        self.parameters, self.optimizer = parameters, optimizer

    def save(self, path: Path, forced: bool = True) -> None:
        write(path, self.parameters)

    def load(self, path: Path) -> None:
        self.parameters = read_parameters(path)["text"].tobytes()

    def save_optimizer(self, path: Path, kept: Mapping[str, np.ndarray] | None = None) -> None:
        write(path, self.optimizer, kept)

    def load_optimizer(self, path: Path) -> dict[str, np.ndarray]:
        found = dict(read_parameters(path))
        self.optimizer = found.pop("text").tobytes()
        return found


def write(path: Path, text: bytes, kept: Mapping[str, np.ndarray] | None = None) -> None:
    write_parameters(path, {"text": np.frombuffer(text or b"nothing", np.uint8), **(kept or {})})


class OtherEngine(WrittenEngine):
    """Writes files of a format of its own."""

    def save(self, path: Path, forced: bool = True) -> None:
        path.write_bytes(b"\x80\x04")


@pytest.fixture
def best(tmp_path: Path) -> Path:
    path = tmp_path / "model_best.params"
    write(path, b"best")
    return path


class Saving(Checkpoints):
    """Waits until each checkpoint is written."""

    def save(
        self,
        engine: Restorable,
        best: Path,
        progress: CheckpointProgress,
        kept: Mapping[str, np.ndarray] | None = None,
        is_best: bool = False,
    ) -> None:
        super().save(engine, best, progress, kept, is_best)
        self.finish()


def checkpoints(tmp_path: Path, engine: str = "mxnet", out: io.StringIO | None = None, **strings: str) -> Checkpoints:
    folder = tmp_path / "checkpoints"
    folder.mkdir(exist_ok=True)
    given = {"num_classes": "3", "num_training_samples": "4", **strings}
    return Saving(folder, Hyperparameters.from_strings(given), JobLog(out or io.StringIO()), engine)


def progress(epochs: int) -> CheckpointProgress:
    return CheckpointProgress(epochs, 10 * epochs, 0.5, 0.25, 1)


def names(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "checkpoints").iterdir())


def test_the_newest_state_comes_back_whole(tmp_path: Path, best: Path) -> None:
    kept = checkpoints(tmp_path)
    for epochs in (1, 2, 10):
        kept.save(WrittenEngine(b"p%d" % epochs, b"o%d" % epochs), best, progress(epochs))
    assert names(tmp_path) == ["epoch-0002", "epoch-0010"]
    engine, target = WrittenEngine(), tmp_path / "model" / "model_best.params"
    assert checkpoints(tmp_path, epochs="20").resume(engine, target) == Resumed(progress(10))
    assert (engine.parameters, engine.optimizer) == (b"p10", b"o10")
    assert target.read_bytes() == best.read_bytes()


def test_without_a_checkpoint_nothing_is_resumed(tmp_path: Path, best: Path) -> None:
    assert checkpoints(tmp_path).resume(WrittenEngine(), best) is None


@pytest.mark.parametrize("lost", ["state.json", "parameters.params", "optimizer.params", "model_best.params"])
def test_a_checkpoint_that_lost_or_cut_off_a_file_is_passed_over(tmp_path: Path, best: Path, lost: str) -> None:
    kept = checkpoints(tmp_path)
    kept.save(WrittenEngine(b"old", b"o"), best, progress(1))
    kept.save(WrittenEngine(b"new", b"o"), best, progress(2))
    path = tmp_path / "checkpoints" / "epoch-0002" / lost
    replace(path, path.read_bytes()[:-1])
    engine = WrittenEngine()
    assert kept.resume(engine, best) == Resumed(progress(1))
    assert engine.parameters == b"old"
    path.unlink()
    assert kept.resume(engine, best) == Resumed(progress(1))


def test_later_checkpoints_that_were_passed_over_do_not_push_out_the_whole_ones(tmp_path: Path, best: Path) -> None:
    kept = checkpoints(tmp_path)
    kept.save(WrittenEngine(b"whole"), best, progress(5))
    for name in ("epoch-0007", "epoch-0009"):
        (tmp_path / "checkpoints" / name).mkdir()
    assert kept.resume(WrittenEngine(), best) == Resumed(progress(5))
    kept.save(WrittenEngine(b"next"), best, progress(6))
    assert names(tmp_path) == ["epoch-0005", "epoch-0006"]
    assert kept.resume(WrittenEngine(), best) == Resumed(progress(6))


@pytest.mark.parametrize(("name", "value"), [("epochs", -1), ("epochs", "2"), ("best", 7), ("best", None)])
def test_numbers_that_make_no_sense_are_passed_over(tmp_path: Path, best: Path, name: str, value: object) -> None:
    kept = checkpoints(tmp_path)
    kept.save(WrittenEngine(), best, progress(1))
    path = tmp_path / "checkpoints" / "epoch-0001" / "state.json"
    state = json.loads(path.read_text())
    state["progress"][name] = value
    path.write_text(json.dumps(state))
    assert kept.resume(WrittenEngine(), best) is None


def test_a_checkpoint_that_says_nothing_of_reading_and_loss_is_of_a_job_of_an_older_version(
    tmp_path: Path, best: Path
) -> None:
    checkpoints(tmp_path, sample_bits="16").save(WrittenEngine(), best, progress(1))
    path = tmp_path / "checkpoints" / "epoch-0001" / "state.json"
    state = json.loads(path.read_text())
    for name in ("exif_orientation", "sample_bits", "loss", "class_weights", "label_smoothing"):
        del state["hyperparameters"][name]
    path.write_text(json.dumps(state))
    assert checkpoints(tmp_path, sample_bits="16").resume(WrittenEngine(), best) == Resumed(progress(1))
    with pytest.raises(
        UserError, match=r"^sample_bits must be that of checkpoint .*, 16, got 12: give the job another"
    ):
        checkpoints(tmp_path, sample_bits="12").resume(WrittenEngine(), best)
    with pytest.raises(UserError, match=r"^exif_orientation must be that of checkpoint .*, ignore, got apply: "):
        checkpoints(tmp_path, sample_bits="16", exif_orientation="apply").resume(WrittenEngine(), best)
    with pytest.raises(UserError, match=r"^loss must be that of checkpoint .*, cross_entropy, got dice: "):
        checkpoints(tmp_path, sample_bits="16", loss="dice").resume(WrittenEngine(), best)
    with pytest.raises(UserError, match=r"^class_weights must be that of checkpoint .*, none, got 1.0,2.5,1.0"):
        checkpoints(tmp_path, sample_bits="16", class_weights="1, 2.5, 1").resume(WrittenEngine(), best)


@pytest.mark.parametrize(
    ("name", "default", "other"),
    [("ema_decay", "0.0", "0.99"), ("freeze_batch_norm", "False", "True"), ("freeze_backbone_epochs", "0", "2")],
)
def test_a_checkpoint_of_another_average_or_frozen_part_is_refused_and_older_ones_had_none(
    tmp_path: Path, best: Path, name: str, default: str, other: str
) -> None:
    checkpoints(tmp_path).save(WrittenEngine(), best, progress(1))
    path = tmp_path / "checkpoints" / "epoch-0001" / "state.json"
    state = json.loads(path.read_text())
    assert state["hyperparameters"].pop(name) == default
    path.write_text(json.dumps(state))
    assert checkpoints(tmp_path).resume(WrittenEngine(), best) == Resumed(progress(1))
    with pytest.raises(UserError, match=rf"^{name} must be that of checkpoint .*, {default}, got {other}: "):
        checkpoints(tmp_path, "mxnet", None, **{name: other}).resume(WrittenEngine(), best)


def test_a_checkpoint_of_another_job_is_refused(tmp_path: Path, best: Path) -> None:
    checkpoints(tmp_path).save(WrittenEngine(), best, progress(1))
    with pytest.raises(UserError) as refusal:
        checkpoints(tmp_path, optimizer="adam").resume(WrittenEngine(), best)
    assert str(refusal.value) == (
        f"optimizer must be that of checkpoint {tmp_path}/checkpoints/epoch-0001, sgd, got adam: "
        "give the job another checkpoint_s3_uri to start anew"
    )


def state_file(tmp_path: Path, epochs: int) -> Path:
    return tmp_path / "checkpoints" / f"epoch-{epochs:04d}" / "state.json"


@pytest.mark.parametrize(
    ("written", "resumed", "sentence"),
    [
        ("mxnet", "pytorch", "was written with MXNet, and this job trains with PyTorch"),
        ("pytorch", "mxnet", "was written with PyTorch, and this job trains with MXNet"),
        ("other", "mxnet", "was written with other, and this job trains with MXNet"),
    ],
)
def test_of_a_checkpoint_of_another_engine_all_but_the_optimizer_is_taken(
    tmp_path: Path, best: Path, written: str, resumed: str, sentence: str
) -> None:
    checkpoints(tmp_path, written).save(WrittenEngine(b"p", b"o"), best, progress(3))
    engine, out, target = WrittenEngine(optimizer=b"fresh"), io.StringIO(), tmp_path / "taken"
    assert checkpoints(tmp_path, resumed, out).resume(engine, target) == Resumed(progress(3))
    assert (engine.parameters, engine.optimizer) == (b"p", b"fresh")
    assert target.read_bytes() == best.read_bytes()
    assert (
        f"{sentence}, which cannot read what its optimizer remembers: the parameters and the progress are taken, and "
        "the optimizer begins anew."
    ) in out.getvalue()


def test_a_checkpoint_names_its_engine_and_an_older_one_is_mxnets(tmp_path: Path, best: Path) -> None:
    checkpoints(tmp_path, "pytorch").save(WrittenEngine(b"p", b"o"), best, progress(1))
    state = json.loads(state_file(tmp_path, 1).read_text())
    assert state.pop("engine") == "pytorch"
    state_file(tmp_path, 1).write_text(json.dumps(state))
    engine = WrittenEngine()
    checkpoints(tmp_path, "mxnet").resume(engine, best)
    assert engine.optimizer == b"o"


def test_a_file_of_an_unknown_kind_is_left_to_the_engine(tmp_path: Path, best: Path) -> None:
    kept = checkpoints(tmp_path)
    kept.save(OtherEngine(), best, progress(1))
    with pytest.raises(ModelError, match=r"parameters\.params must be a file of MXNet parameters"):
        kept.resume(WrittenEngine(), best)


SAFETENSORS = b'{"x":{"dtype":"U8","shape":[400],"data_offsets":[0,400]}}'


def replace(path: Path, content: bytes) -> None:
    """Writes a new file: the old one may have other names."""
    path.unlink()
    path.write_bytes(content)


def cut(path: Path) -> None:
    """Cuts a file of a checkpoint off, as MXNet does on a full disk: its checksum is that of what is left."""
    replace(path, path.read_bytes()[:-5])
    own_checksum(path)


def own_checksum(path: Path) -> None:
    state = json.loads(path.with_name("state.json").read_text())
    state["sha256"][path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_name("state.json").write_text(json.dumps(state))


@pytest.mark.parametrize("name", ["parameters.params", "optimizer.params", "model_best.params"])
def test_a_checkpoint_with_a_cut_file_of_the_right_checksum_is_passed_over_for_the_one_before(
    tmp_path: Path, best: Path, name: str
) -> None:
    out = io.StringIO()
    kept = checkpoints(tmp_path, out=out)
    for epochs in (1, 2):
        kept.save(WrittenEngine(b"p%d" % epochs, b"o"), best, progress(epochs))
    newest = tmp_path / "checkpoints" / "epoch-0002"
    cut(newest / name)
    engine = WrittenEngine()
    assert kept.resume(engine, tmp_path / "taken") == Resumed(progress(1))
    assert engine.parameters == b"p1"
    assert f"Checkpoint {newest} is not whole and passed over: {name} cannot be read: {name} must be" in out.getvalue()


@pytest.mark.parametrize(("lost", "epochs"), [(0, 2), (1, 1)])
def test_a_cut_file_of_safetensors_is_passed_over_too(tmp_path: Path, best: Path, lost: int, epochs: int) -> None:
    kept = checkpoints(tmp_path)
    for number in (1, 2):
        kept.save(WrittenEngine(b"p", b"o"), best, progress(number))
    optimizer = tmp_path / "checkpoints" / "epoch-0002" / "optimizer.params"
    optimizer.write_bytes(len(SAFETENSORS).to_bytes(8, "little") + SAFETENSORS + bytes(400 - lost))
    own_checksum(optimizer)

    class Tolerant(WrittenEngine):
        def load_optimizer(self, path: Path) -> dict[str, np.ndarray]:
            return {}

    assert kept.resume(Tolerant(), best) == Resumed(progress(epochs))


def test_a_checkpoint_under_the_name_of_another_is_passed_over(tmp_path: Path, best: Path) -> None:
    kept = checkpoints(tmp_path)
    kept.save(WrittenEngine(b"p"), best, progress(1))
    (tmp_path / "checkpoints" / "epoch-0001").rename(tmp_path / "checkpoints" / "epoch-0007")
    assert kept.resume(WrittenEngine(), best) is None


WITHIN = CheckpointProgress(2, 25, 0.5, 0.25, 1, steps=5, loss_batches=4, loss_total=0.1 + 0.2)


def test_a_checkpoint_within_an_epoch_comes_back_with_what_is_kept_beside_the_optimizer(
    tmp_path: Path, best: Path
) -> None:
    kept, out = {"own.loss": np.array([[0.1, 7.0]]), "batches.begun": np.array([2])}, io.StringIO()
    saved = checkpoints(tmp_path)
    for point in (progress(1), progress(2), WITHIN):
        saved.save(WrittenEngine(b"p", b"o"), best, point, kept)
    assert names(tmp_path) == ["epoch-0002", "epoch-0002-step-000005"]
    found = checkpoints(tmp_path, out=out).resume(WrittenEngine(), best)
    assert found is not None
    assert found.progress == WITHIN
    assert {name: array.tolist() for name, array in found.kept.items()} == {
        "own.loss": [[0.1, 7.0]],
        "batches.begun": [2],
    }
    assert "epoch-0002-step-000005: 2 epochs and 5 steps are done." in out.getvalue()


def test_before_the_first_validation_there_are_no_best_parameters(tmp_path: Path) -> None:
    point = CheckpointProgress(0, 5, None, None, 0, steps=5)
    checkpoints(tmp_path).save(WrittenEngine(b"p", b"o"), tmp_path / "none", point)
    assert checkpoints(tmp_path).resume(WrittenEngine(), tmp_path / "taken") == Resumed(point)
    assert not (tmp_path / "taken").exists()


def test_the_best_parameters_are_no_second_copy(tmp_path: Path, best: Path) -> None:
    kept = checkpoints(tmp_path)
    kept.save(WrittenEngine(b"p", b"o"), best, progress(1))
    kept.save(WrittenEngine(b"not asked", b"o"), best, progress(2), is_best=True)
    first, second = (tmp_path / "checkpoints" / f"epoch-000{number}" for number in (1, 2))
    inode = best.stat().st_ino
    assert (first / "model_best.params").stat().st_ino == (second / "model_best.params").stat().st_ino == inode
    assert (second / "parameters.params").stat().st_ino == inode
    assert (first / "parameters.params").stat().st_ino != inode
    engine = WrittenEngine()
    kept.resume(engine, tmp_path / "taken")
    assert engine.parameters == b"best"
    assert (tmp_path / "taken").stat().st_ino == inode


def test_a_checkpoint_of_version_0_3_0_is_gone_on_from(tmp_path: Path, best: Path) -> None:
    checkpoints(tmp_path).save(WrittenEngine(b"p", b"o"), best, progress(1))
    state = json.loads(state_file(tmp_path, 1).read_text())
    del state["planned_epochs"]
    for name in ("steps", "loss_batches", "loss_total"):
        del state["progress"][name]
    state_file(tmp_path, 1).write_text(json.dumps(state))
    assert checkpoints(tmp_path).resume(WrittenEngine(), best) == Resumed(progress(1))


def test_more_epochs_than_before_are_told(tmp_path: Path, best: Path) -> None:
    out = io.StringIO()
    checkpoints(tmp_path, epochs="3").save(WrittenEngine(), best, progress(3))
    checkpoints(tmp_path, epochs="3", out=out).resume(WrittenEngine(), best)
    assert "epochs now" not in out.getvalue()
    checkpoints(tmp_path, epochs="5", out=out).resume(WrittenEngine(), best)
    assert "The job has 5 epochs now and had 3: from here on the learning rate follows the new number." in (
        out.getvalue()
    )


class FullDisk(WrittenEngine):
    """Writes the first of its files in part, and finds the disk full."""

    is_full = True

    def save_optimizer(self, path: Path, kept: Mapping[str, np.ndarray] | None = None) -> None:
        super().save_optimizer(path, kept)
        if self.is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def test_a_checkpoint_that_has_no_room_is_given_up_with_one_warning(tmp_path: Path, best: Path) -> None:
    out, engine = io.StringIO(), FullDisk(b"p", b"o")
    kept = checkpoints(tmp_path, out=out)
    kept.save(WrittenEngine(b"p", b"o"), best, progress(1))
    for epochs in (2, 3):
        kept.save(engine, best, progress(epochs))
    assert names(tmp_path) == ["epoch-0001"]
    assert out.getvalue().count("WARNING") == 1
    sentence = f"A checkpoint cannot be saved: {tmp_path}/checkpoints could not be written, because its disk is full: "
    assert sentence in out.getvalue()
    assert " free now" in out.getvalue()
    assert ". The job goes on, and keeps the checkpoints that it has." in out.getvalue()
    engine.is_full = False
    kept.save(engine, best, progress(4))
    engine.is_full = True
    kept.save(engine, best, progress(5))
    assert names(tmp_path) == ["epoch-0001", "epoch-0004"]
    assert out.getvalue().count("WARNING") == 2


def test_what_a_job_that_was_killed_was_writing_is_removed_at_the_next_start(tmp_path: Path, best: Path) -> None:
    checkpoints(tmp_path).save(WrittenEngine(), best, progress(1))
    (tmp_path / "checkpoints" / f".epoch-0002.{'0a' * 16}.part").mkdir()
    checkpoints(tmp_path)
    assert names(tmp_path) == ["epoch-0001"]


def test_a_checkpoint_has_its_name_only_once_it_is_whole_and_loses_it_before_its_first_file(
    tmp_path: Path, best: Path
) -> None:
    seen: list[list[str]] = []

    class Watching(WrittenEngine):
        def save_optimizer(self, path: Path, kept: Mapping[str, np.ndarray] | None = None) -> None:
            seen.append([name for name in names(tmp_path) if not name.startswith(".")])
            super().save_optimizer(path, kept)

    kept = checkpoints(tmp_path)
    for epochs in (1, 2, 2, 3):
        kept.save(Watching(b"p", b"o"), best, progress(epochs))
    assert seen == [[], ["epoch-0001"], ["epoch-0001", "epoch-0002"], ["epoch-0001", "epoch-0002"]]
    assert names(tmp_path) == ["epoch-0002", "epoch-0003"]
