"""The trials of scripts/try_training, with a trainer that only plays one: what they find, and that they find a loss."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from semseg.local.jobs.job_folder import JobFolder
from tests.faults import job_processes, played_training
from tests.faults.findings import BEGIN, END, Finding, save, table
from tests.faults.full_disk import untold
from tests.faults.hostile_data import one_name, refused
from tests.faults.job_processes import BOTH, SUPERVISOR, TRAINER
from tests.faults.small_disk import NoSmallDiskError, SmallDisk, small_disk
from tests.faults.training_kills import GOES_ON, after_the_kill
from tests.faults.training_stage import Outcome, TrainingStage
from tests.local.fakes import channels_at, wait_for_line


def stage_at(folder: Path, **environment: str) -> TrainingStage:
    """A stage whose trainer is played_training.py, with these variables."""
    channels, settings = channels_at(folder / "data"), {"num_training_samples": 3}
    train = (sys.executable, played_training.__file__)
    return TrainingStage(folder, "mxnet", channels, train, environment=environment, settings=settings)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> TrainingStage:
    """A stage that keeps what its undisturbed job made, for all tests."""
    return stage_at(tmp_path_factory.mktemp("stage"))


def test_findings_that_are_alike_are_one_row_with_their_number() -> None:
    kill = Finding("mxnet", "kill", "goes on", detail="after 1 s")
    assert table(
        [kill, Finding("mxnet", "kill", "goes on", detail="after 2 s"), Finding("mxnet", "a | b", "c\n c", "d")]
    ) == [
        "| engine | asked | seen | lost |",
        "|---|---|---|---|",
        "| mxnet | kill, 2 times | goes on | nothing |",
        "| mxnet | a / b | c c | d |",
    ]
    assert kill.line() == "mxnet: kill: goes on (after 1 s)"


def test_the_table_is_put_between_its_marks(tmp_path: Path) -> None:
    document = tmp_path / "a.md"
    document.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    save([Finding("mxnet", "kill", "goes on")], document)
    rows = "| engine | asked | seen | lost |\n|---|---|---|---|\n| mxnet | kill | goes on | nothing |"
    assert document.read_text() == f"before\n{BEGIN}\n{rows}\n{END}\nafter\n"
    document.write_text("no marks")
    with pytest.raises(ValueError, match=r"must have the lines"):
        save([], document)


def test_outcomes_differ_by_what_one_of_them_lacks_or_has_otherwise() -> None:
    one, other = Outcome({"a": "1", "b": "2", "c": "3"}), Outcome({"a": "1", "b": "3"})
    assert one.difference(one) == ""
    assert one.difference(other) == other.difference(one) == "b, c"


def test_a_new_job_is_compared_from_the_epoch_on_in_which_its_checkpoint_was_saved() -> None:
    whole = Outcome({"best": "a", "train loss of epoch 0": "2.0", "train loss of epoch 1": "1.5"})
    resumed = Outcome({"best": "a", "train loss of epoch 1": "1.5"})
    assert whole.difference(resumed) == "train loss of epoch 0"
    assert whole.from_epoch(1).difference(resumed) == ""
    assert whole.from_epoch(1).difference(Outcome({"best": "a"})) == "train loss of epoch 1"


def test_the_processes_of_a_job_are_found_by_its_folder(tmp_path: Path) -> None:
    job = stage_at(tmp_path, EPOCH_SECONDS="60").start("job")
    wait_for_line(job.folder.log, "epoch: 0, train loss")
    found = [job_processes.members(job.root, which) for which in (SUPERVISOR, TRAINER, BOTH)]
    supervisor, trainer = job.folder.log.read_text().split()[:2]
    assert found == [[int(supervisor)], [int(trainer)], [int(supervisor), int(trainer)]]
    assert job_processes.members(JobFolder(tmp_path / "other").root, BOTH) == []
    job.end()
    assert not job.root.exists()


@pytest.mark.parametrize(
    ("forgets", "lost"), [("", ""), ("yes", "not bit for bit the undisturbed job: model_algo-1 in the archive")]
)
def test_a_killed_job_is_resumed_and_compared_with_an_undisturbed_one(
    stage: TrainingStage, tmp_path: Path, forgets: str, lost: str
) -> None:
    job = stage_at(tmp_path, FORGETS=forgets).start("killed")
    wait_for_line(job.folder.log, "epoch: 1, train loss")
    job.kill(BOTH)
    found = after_the_kill(stage, job, "kill -9 of both", "in the third epoch")
    assert found.lost == lost
    assert found.seen == (GOES_ON if not lost else "resumed and completed")


def test_of_fits_with_one_name_one_wins(stage: TrainingStage) -> None:
    (found,) = one_name(stage, fits=2)
    assert found.lost == ""
    assert found.detail.startswith("refused: ")


def test_a_fifo_that_a_job_takes_is_a_loss(tmp_path: Path) -> None:
    stage = stage_at(tmp_path)
    path = Path(stage.channels["train"]) / "odd.jpg"
    os.mkfifo(path)
    assert refused(stage, "a FIFO", stage.channels, path).lost == "it is not named: "  # this trainer reads no pictures


def test_a_reason_of_a_full_disk_that_lacks_something_is_a_loss(tmp_path: Path) -> None:
    disk = SmallDisk(tmp_path, "a folder")
    assert untold(f"{tmp_path}/model could not be written: its disk is full: 0 B free now", disk) == []
    (complaint,) = untold("it was killed", disk)
    assert complaint == "the reason lacks that the disk is full, the path, the free space: it was killed"


def test_a_small_disk_is_filled_and_emptied_again(tmp_path: Path) -> None:
    try:
        with small_disk(tmp_path, 32) as disk:
            disk.fill(leave=2**20)
            assert 2**20 <= disk.free() < 2**20 + 2**16
            disk.fill()
            with pytest.raises(OSError, match="No space left"):
                (disk.path / "a").write_bytes(b"1" * 4096)
            disk.make_room()
            (disk.path / "a").write_bytes(b"1" * 2**20)
    except NoSmallDiskError as error:
        pytest.skip(str(error))
    assert list(tmp_path.iterdir()) == []
