"""An engine that is not MXNet's trains, is scored, saved, loaded, resumed and served; alone and as a group of two."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.archive.mxnet_parameters import read_parameters
from semseg.contract import png_mask
from semseg.engines.engine import Engine
from semseg.engines.group import ALONE, Group, share
from semseg.errors import ModelError, PlatformError
from tests.engines.group_of_two import GroupOfTwo
from tests.engines.nearest_mean import NearestMean
from tests.engines.train_nearest_mean import train
from tests.serving.running import png, serving

REPOSITORY = Path(__file__).resolve().parents[2]
COLOURS = np.array([[200, 40, 40], [40, 200, 40], [40, 40, 200]], np.uint8)  # of class 0, 1 and 2
SECONDS = 60


def truth_of(number: int) -> np.ndarray:
    """Three stripes, 8 + 10 + 14 pixels wide, of which the last two rows of an odd picture are ignored."""
    mask = np.zeros((24, 32), np.uint8)
    mask[:, 8:18], mask[:, 18:] = 1, 2
    if number % 2:
        mask[-2:] = 255
    return mask


def picture_of(number: int) -> np.ndarray:
    noise = np.random.default_rng(number).integers(-30, 31, (24, 32, 3))
    colours = COLOURS[np.minimum(truth_of(0), 2)]
    return np.clip(colours + noise, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for name in ("train", "train_annotation"):
        (folder / name).mkdir()
    for number in range(5):
        Image.fromarray(picture_of(number)).save(folder / "train" / f"{number}.png")
        Image.fromarray(truth_of(number)).save(folder / "train_annotation" / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def trained(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of a job of one process."""
    out = tmp_path_factory.mktemp("alone")
    train(pictures, out, ALONE)
    return out


def means(out: Path, name: str = "model_best.params") -> np.ndarray:
    return read_parameters(out / "model" / name)["means"]


def evaluation(out: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((out / "output" / "evaluation.json").read_text())
    return found


def test_the_second_engine_keeps_the_protocol() -> None:
    engine: Engine = NearestMean(3)  # mypy holds this line
    assert engine.num_classes == 3


def test_it_learns_the_colours_and_is_scored_on_whole_pictures(trained: Path) -> None:
    assert np.abs(means(trained, "model_algo-1") * 255 - COLOURS).max() < 15
    found = evaluation(trained)
    assert found["mIOU"] == 1
    # 5 pictures of 24 rows, of which 2 rows of 2 pictures are ignored: 116 rows of 8, 10 and 14 pixels
    assert found["confusion_matrix"] == [[928, 0, 0], [0, 1160, 0], [0, 0, 1624]]


def test_a_job_that_was_cut_short_ends_as_one_that_was_not(pictures: Path, trained: Path, tmp_path: Path) -> None:
    train(pictures, tmp_path, ALONE, epochs=8)
    for late in ("epoch-0007", "epoch-0008"):
        assert (tmp_path / "checkpoints" / late / "state.json").is_file()
    (tmp_path / "checkpoints" / "epoch-0008" / "state.json").unlink()  # as if it had ended while that was written
    train(pictures, tmp_path, ALONE, epochs=8)
    assert np.array_equal(means(tmp_path, "model_algo-1"), means(trained, "model_algo-1"))


def test_parameters_of_another_network_are_refused(trained: Path) -> None:
    with pytest.raises(ModelError, match="must hold means of 4 classes"):
        NearestMean(4).load(trained / "model" / "model_best.params")


class Served(NearestMean):
    """The network of the file that the environment names, as an engine process makes it."""

    def __init__(self) -> None:
        super().__init__(3)
        self.load(Path(os.environ["NEAREST_MEAN"]))


def test_it_is_served_and_answers_what_was_scored(trained: Path) -> None:
    with serving(Served, NEAREST_MEAN=str(trained / "model" / "model_best.params")) as server:
        reply = server.segment(png(picture_of(7)))
    assert reply.status == 200
    assert np.array_equal(png_mask.decode(reply.body), truth_of(0))


def start_pair(pictures: Path, out: Path) -> list[subprocess.Popen[str]]:
    """Two processes that train together."""
    ends = socket.socketpair()
    command = [sys.executable, "-m", "tests.engines.train_nearest_mean", str(pictures), str(out)]
    processes = [
        subprocess.Popen(
            [*command, str(rank), str(end.fileno())],
            cwd=REPOSITORY,
            pass_fds=(end.fileno(),),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank, end in enumerate(ends)
    ]
    for end in ends:
        end.close()
    return processes


def test_two_processes_give_the_parameters_and_scores_of_one(pictures: Path, trained: Path, tmp_path: Path) -> None:
    processes = start_pair(pictures, tmp_path)
    outputs = [process.communicate(timeout=SECONDS) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    # 8 epochs of float32 sums in another order
    for name in ("model_best.params", "model_algo-1"):
        np.testing.assert_allclose(means(tmp_path, name), means(trained, name), rtol=1e-6)
    assert evaluation(tmp_path) == evaluation(trained)
    written, silent = (output for output, _ in outputs)
    assert written.count("Saved checkpoint") == 8
    assert silent == ""  # rank 1 writes and logs nothing


def test_a_group_whose_other_process_is_gone_says_so() -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    group: Group = GroupOfTwo(0, ours)
    with ours, pytest.raises((PlatformError, BrokenPipeError)):
        group.barrier()


@pytest.mark.parametrize(("size", "lengths"), [(1, [8]), (2, [4, 4]), (3, [3, 3, 2]), (5, [2, 2, 2, 1, 1])])
def test_a_batch_of_eight_is_shared_out_without_gaps(size: int, lengths: list[int]) -> None:
    class Member:
        def __init__(self, rank: int) -> None:
            self.rank, self.size = rank, size

        def sum(self, array: np.ndarray) -> np.ndarray:
            return array

        def barrier(self) -> None: ...

    shares = [list(range(8))[share(8, Member(rank))] for rank in range(size)]
    assert [len(part) for part in shares] == lengths
    assert [number for part in shares for number in part] == list(range(8))
