from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from semseg.archive.mxnet_parameters import START as PARAMETERS_START
from semseg.contract.hyperparameters import Hyperparameters
from semseg.errors import ModelError, UserError
from semseg.training.checkpoints import CheckpointProgress, Checkpoints
from semseg.training.job_log import JobLog


class WrittenEngine:
    """Its parameters and its optimizer are one text each."""

    def __init__(self, parameters: bytes = b"", optimizer: bytes = b"", start: bytes = PARAMETERS_START) -> None:
        self.parameters, self.optimizer, self.start = parameters, optimizer, start

    def save(self, path: Path) -> None:
        path.write_bytes(self.start + self.parameters)

    def load(self, path: Path) -> None:
        if not path.read_bytes().startswith(self.start):
            raise ModelError(f"{path.name} is not of this engine")
        self.parameters = path.read_bytes()[len(self.start) :]

    def save_optimizer(self, path: Path) -> None:
        path.write_bytes(self.start + self.optimizer)

    def load_optimizer(self, path: Path) -> None:
        self.optimizer = path.read_bytes()[len(self.start) :]


@pytest.fixture
def best(tmp_path: Path) -> Path:
    path = tmp_path / "model_best.params"
    path.write_bytes(PARAMETERS_START + b"best")
    return path


def checkpoints(tmp_path: Path, engine: str = "mxnet", out: io.StringIO | None = None, **strings: str) -> Checkpoints:
    folder = tmp_path / "checkpoints"
    folder.mkdir(exist_ok=True)
    given = {"num_classes": "3", "num_training_samples": "4", **strings}
    return Checkpoints(folder, Hyperparameters.from_strings(given), JobLog(out or io.StringIO()), engine)


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
    assert checkpoints(tmp_path, epochs="20").resume(engine, target) == progress(10)
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
    path.write_bytes(path.read_bytes()[:-1])
    engine = WrittenEngine()
    assert kept.resume(engine, best) == progress(1)
    assert engine.parameters == b"old"
    path.unlink()
    assert kept.resume(engine, best) == progress(1)


def test_later_checkpoints_that_were_passed_over_do_not_push_out_the_whole_ones(tmp_path: Path, best: Path) -> None:
    kept = checkpoints(tmp_path)
    kept.save(WrittenEngine(b"whole"), best, progress(5))
    for name in ("epoch-0007", "epoch-0009"):
        (tmp_path / "checkpoints" / name).mkdir()
    assert kept.resume(WrittenEngine(), best) == progress(5)
    kept.save(WrittenEngine(b"next"), best, progress(6))
    assert names(tmp_path) == ["epoch-0005", "epoch-0006"]
    assert kept.resume(WrittenEngine(), best) == progress(6)


@pytest.mark.parametrize(("name", "value"), [("epochs", -1), ("epochs", "2"), ("best", 7), ("best", None)])
def test_numbers_that_make_no_sense_are_passed_over(tmp_path: Path, best: Path, name: str, value: object) -> None:
    kept = checkpoints(tmp_path)
    kept.save(WrittenEngine(), best, progress(1))
    path = tmp_path / "checkpoints" / "epoch-0001" / "state.json"
    state = json.loads(path.read_text())
    state["progress"][name] = value
    path.write_text(json.dumps(state))
    assert kept.resume(WrittenEngine(), best) is None


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
    assert checkpoints(tmp_path, resumed, out).resume(engine, target) == progress(3)
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


def test_what_is_wrong_with_a_file_is_asked_of_the_engine(tmp_path: Path, best: Path) -> None:
    kept = checkpoints(tmp_path)
    kept.save(WrittenEngine(start=b"\x80\x04"), best, progress(1))
    with pytest.raises(ModelError, match="of this engine"):
        kept.resume(WrittenEngine(), best)
