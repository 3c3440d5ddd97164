"""What every engine must do: one contract, held against each engine that there is.

A new engine joins by one more :class:`Candidate` in CANDIDATES.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from semseg.archive.mxnet_parameters import read_parameters, write_parameters
from semseg.engines.engine import Engine
from semseg.errors import ModelError
from tests.engines.nearest_mean import NearestMean

REPOSITORY = Path(__file__).parents[2]
CLASSES, SIDE = 3, 32
RATE = 0.0001


@dataclass(frozen=True)
class Candidate:
    """One engine.

    Attributes:
        make: gives an engine of 3 classes for this seed, on so many devices, for batches of two samples a device; what
            is random in a step is switched off.
        all_equal: changes its parameters, as ``save`` writes them, so that all classes are equally likely everywhere.
        loss_of_equal: the loss of a labelled pixel then, counted by hand.
        marks: of its tests.
    """

    make: Callable[[int, int], Engine]
    all_equal: Callable[[dict[str, np.ndarray]], None]
    loss_of_equal: float
    marks: Sequence[pytest.MarkDecorator] = ()


def make_nearest_mean(seed: int, devices: int) -> Engine:
    return NearestMean(CLASSES, seed)


def means_of_black(parameters: dict[str, np.ndarray]) -> None:
    parameters["means"] = np.zeros((CLASSES, 3), np.float32)


def make_gluon(seed: int, devices: int) -> Engine:
    from tests.engines.gluon.test_engine import engine_on

    engine: Engine = engine_on(devices, seed=str(seed), mini_batch_size=str(2 * devices))
    return engine


def scores_of_zero(parameters: dict[str, np.ndarray]) -> None:
    for name in list(parameters):
        if name.startswith(("head.block.4.", "auxlayer.block.4.")):
            parameters[name] = np.zeros_like(parameters[name])


def make_pytorch(seed: int, devices: int) -> Engine:
    from tests.engines.pytorch.engine_of_processes import EngineOfProcesses
    from tests.engines.pytorch.test_engine import engine_of

    if devices > 1:
        return EngineOfProcesses("tests.engines.pytorch.test_engine:engine_in_group", seed, devices)
    engine: Engine = engine_of(seed=str(seed), mini_batch_size="2")
    return engine


CANDIDATES = {
    # white pixels are (1, 1, 1) from black: a squared distance of 3
    "nearest mean": Candidate(make_nearest_mean, means_of_black, 3.0),
    # the cross entropy of three equal classes, and half of that of the auxiliary head
    "gluon": Candidate(make_gluon, scores_of_zero, 1.5 * float(np.log(3)), [pytest.mark.engine]),
    "pytorch": Candidate(make_pytorch, scores_of_zero, 1.5 * float(np.log(3)), [pytest.mark.pytorch]),
}


@pytest.fixture(
    scope="module", params=[pytest.param(one, id=name, marks=one.marks) for name, one in CANDIDATES.items()]
)
def candidate(request: pytest.FixtureRequest) -> Candidate:
    one: Candidate = request.param
    return one


@dataclass
class Trained:
    """An engine after three steps, and what it wrote on the way. Tests train it further, from the first step on.

    Attributes:
        before: the parameters with which it began.
        parameters, optimizer: what it saved after the first step.
        undisturbed: its parameters after all three.
    """

    engine: Engine
    before: dict[str, np.ndarray]
    parameters: Path
    optimizer: Path
    undisturbed: dict[str, np.ndarray]

    def after_first_step(self) -> Engine:
        """The engine as it was then."""
        self.engine.load(self.parameters)
        self.engine.load_optimizer(self.optimizer)
        self.engine.take_loss()
        return self.engine


@pytest.fixture(scope="module")
def shared(candidate: Candidate, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """An engine of seed 1: a network in its full width takes seconds to be made."""
    folder = tmp_path_factory.mktemp("shared")
    engine = candidate.make(1, 1)
    before = parameters_of(engine, folder)
    trained(engine, 1)
    engine.save(folder / "first")
    engine.save_optimizer(folder / "optimizer")
    trained(engine, 2, first=1)
    return Trained(engine, before, folder / "first", folder / "optimizer", parameters_of(engine, folder))


@pytest.fixture(scope="module")
def second(candidate: Candidate) -> Engine:
    """An engine of seed 2 in which each test loads what it needs."""
    return candidate.make(2, 1)


def pictures(count: int, height: int = SIDE, width: int = SIDE, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, height, width, 3)).astype(np.uint8)


def truth(count: int, seed: int = 0) -> np.ndarray:
    """Masks of all three classes, whose upper rows are ignored in the first one."""
    masks = np.random.default_rng(seed).integers(0, CLASSES, (count, SIDE, SIDE)).astype(np.uint8)
    masks[0, :20] = 255
    return masks


def parameters_of(engine: Engine, folder: Path) -> dict[str, np.ndarray]:
    engine.save(folder / "parameters")
    return read_parameters(folder / "parameters")


def difference(ours: dict[str, np.ndarray], others: dict[str, np.ndarray]) -> float:
    assert ours.keys() == others.keys()
    return max(float(np.abs(ours[name] - others[name]).max()) for name in ours)


def trained(engine: Engine, steps: int = 2, first: int = 0) -> Engine:
    for step in range(first, first + steps):
        engine.step(pictures(2, seed=step), truth(2, seed=step), RATE)
    return engine


def test_answers_have_the_size_that_is_asked_for_and_masks_are_their_arg_max(shared: Trained) -> None:
    engine = shared.engine
    for size in ((SIDE, SIDE), (45, 31)):
        probabilities = engine.probabilities(pictures(2), size)
        assert (probabilities.shape, probabilities.dtype) == ((2, CLASSES, *size), np.float32)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-4)
        mask = engine.mask(pictures(2), size)
        assert (mask.shape, mask.dtype) == ((2, *size), np.uint8)
        assert np.array_equal(mask, probabilities.argmax(axis=1))


def test_pictures_of_another_size_than_those_of_training_are_answered(shared: Trained) -> None:
    assert shared.engine.probabilities(pictures(1, 24, 40), (24, 40)).shape == (1, CLASSES, 24, 40)


def test_the_loss_is_the_mean_of_the_labelled_pixels(candidate: Candidate, shared: Trained, tmp_path: Path) -> None:
    engine, parameters = shared.after_first_step(), dict(shared.before)
    candidate.all_equal(parameters)
    write_parameters(tmp_path / "equal", parameters)
    engine.load(tmp_path / "equal")
    white = np.full((2, SIDE, SIDE, 3), 255, np.uint8)
    masks = np.full((2, SIDE, SIDE), 255, np.uint8)
    masks[0, 0, :5], masks[1, 3, :2] = 0, 1  # seven labelled pixels
    engine.step(white, masks, RATE)
    assert engine.take_loss() == pytest.approx(candidate.loss_of_equal, rel=1e-5)


def test_a_loss_is_taken_once(shared: Trained) -> None:
    engine = trained(shared.after_first_step(), 1)
    assert engine.take_loss() > 0
    assert engine.take_loss() == 0


def test_ignored_pixels_teach_nothing(shared: Trained, tmp_path: Path) -> None:
    masks = truth(2)
    shared.after_first_step().step(pictures(2), masks, RATE)
    ours = parameters_of(shared.engine, tmp_path)
    with_another_label = masks.copy()
    with_another_label[masks != 255] = (masks[masks != 255] + 1) % CLASSES
    shared.after_first_step().step(pictures(2), with_another_label, RATE)
    assert difference(ours, parameters_of(shared.engine, tmp_path)) > 0
    nothing = shared.after_first_step()
    nothing.step(pictures(2), np.full((2, SIDE, SIDE), 255, np.uint8), RATE)
    assert nothing.take_loss() == 0


def test_a_saved_network_answers_the_same_once_it_is_loaded(shared: Trained, second: Engine, tmp_path: Path) -> None:
    shared.engine.save(tmp_path / "model_best.params")
    assert [path.name for path in tmp_path.iterdir()] == ["model_best.params"]
    before = second.probabilities(pictures(1), (SIDE, SIDE))
    second.load(tmp_path / "model_best.params")
    after = second.probabilities(pictures(1), (SIDE, SIDE))
    assert np.array_equal(after, shared.engine.probabilities(pictures(1), (SIDE, SIDE)))
    assert not np.array_equal(after, before)


def test_a_network_that_starts_from_its_like_takes_all(shared: Trained, second: Engine, tmp_path: Path) -> None:
    start = second.start_from(shared.parameters)
    assert (start.file, start.anew, start.left_out) == ("first", (), ())
    assert set(start.taken) == shared.before.keys()
    assert difference(parameters_of(second, tmp_path), read_parameters(shared.parameters)) == 0


def test_a_file_that_is_cut_off_or_of_another_network_is_refused(
    shared: Trained, second: Engine, tmp_path: Path
) -> None:
    (tmp_path / "cut").write_bytes(shared.parameters.read_bytes()[:-40])
    write_parameters(tmp_path / "other", {"something": np.zeros((2, 2), np.float32)})
    for name in ("cut", "other"):
        with pytest.raises(ModelError, match=name):
            second.load(tmp_path / name)


def test_training_goes_on_from_saved_parameters_and_optimizer(
    candidate: Candidate, shared: Trained, tmp_path: Path
) -> None:
    forgetful, mindful = candidate.make(2, 1), candidate.make(2, 1)
    for engine in (forgetful, mindful):
        engine.load(shared.parameters)
    mindful.load_optimizer(shared.optimizer)
    distances = [
        difference(parameters_of(trained(engine, 2, first=1), tmp_path), shared.undisturbed)
        for engine in (mindful, forgetful)
    ]
    assert distances[0] < 1e-4
    assert distances[1] > distances[0]


def test_a_damaged_optimizer_is_refused(shared: Trained, second: Engine, tmp_path: Path) -> None:
    (tmp_path / "optimizer").write_bytes(shared.optimizer.read_bytes()[:40])
    with pytest.raises(ModelError, match="optimizer"):
        second.load_optimizer(tmp_path / "optimizer")


def test_the_same_seed_begins_with_the_same_parameters_and_another_with_others(
    candidate: Candidate, shared: Trained, tmp_path: Path
) -> None:
    again, other = (parameters_of(candidate.make(seed, 1), tmp_path) for seed in (1, 4))
    assert difference(shared.before, again) == 0
    assert difference(shared.before, other) > 0


def test_two_parts_of_a_batch_give_the_parameters_of_one_that_is_half_of_it_and_as_much_loss(
    shared: Trained, tmp_path: Path
) -> None:
    # each part is the same pair, so that batch norm sees what it sees of the one pair
    shared.after_first_step().step(pictures(2), truth(2), RATE)
    loss, ours = shared.engine.take_loss(), parameters_of(shared.engine, tmp_path)
    start = read_parameters(shared.parameters)
    engine = shared.after_first_step()
    engine.parts = 2
    for _ in range(2):  # the second time it begins with what the first one left of gradients
        engine = shared.after_first_step()
        engine.step(np.concatenate([pictures(2)] * 2), np.concatenate([truth(2)] * 2), RATE)
        assert engine.take_loss() == pytest.approx(loss, rel=1e-5)
        others = parameters_of(engine, tmp_path)
        for name, values in ours.items():
            length = np.linalg.norm(values - start[name])
            assert np.linalg.norm(values - others[name]) <= 0.005 * length + 1e-7, name
    engine.parts = 1


@pytest.mark.slow
def test_two_devices_give_the_parameters_of_one(candidate: Candidate, tmp_path: Path) -> None:
    one, two = candidate.make(1, 1), candidate.make(1, 2)
    start = parameters_of(one, tmp_path)
    # each device sees the same pair, so that batch norm, which each keeps to itself, sees what the one device sees
    one.step(pictures(2), truth(2), RATE)
    two.step(np.concatenate([pictures(2)] * 2), np.concatenate([truth(2)] * 2), RATE)
    assert one.take_loss() == pytest.approx(two.take_loss(), rel=1e-5)
    ours, others = parameters_of(one, tmp_path), parameters_of(two, tmp_path)
    for name, values in ours.items():
        length = np.linalg.norm(values - start[name])
        assert np.linalg.norm(values - others[name]) <= 0.005 * length + 1e-7, name


def test_what_a_process_alone_holds_comes_back_to_the_bit(shared: Trained, second: Engine) -> None:
    engine = trained(shared.after_first_step(), 2)
    state = engine.own_state()
    assert {array.dtype for array in state.values()} <= {np.dtype(np.float64), np.dtype(np.float32)}
    second.take_own_state(state)
    assert second.take_loss() == engine.take_loss() > 0
    again = second.own_state()
    assert {name: array.shape for name, array in again.items()} == {name: a.shape for name, a in state.items()}


def test_arrays_are_kept_beside_the_optimizer(shared: Trained, second: Engine, tmp_path: Path) -> None:
    kept = {
        "own.loss": np.array([[0.1, 2.0**40]]),
        "batches.begun": np.array([2]),
        "batches.images": pictures(2),
        "own.statistics": np.array([[0.1]], np.float32),
    }
    shared.engine.save_optimizer(tmp_path / "optimizer", kept)
    second.load(shared.parameters)
    found = second.load_optimizer(tmp_path / "optimizer")
    assert found.keys() == kept.keys()
    for name, array in kept.items():
        assert found[name].dtype == array.dtype, name
        np.testing.assert_array_equal(found[name], array)


SAVE = """
import errno, pathlib, resource, sys
from tests.engines.test_contract import CANDIDATES, trained
engine = trained(CANDIDATES[sys.argv[1]].make(1, 1), 1)
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (60, hard))
for save in (engine.save, engine.save_optimizer):
    try:
        save(pathlib.Path(sys.argv[2]))
    except OSError as error:
        print(errno.errorcode[error.errno])
    else:
        print("saved")
"""


@pytest.mark.slow
def test_a_file_that_has_no_room_is_told_as_such(candidate: Candidate, tmp_path: Path) -> None:
    """As on a full disk, but that the system says EFBIG instead of ENOSPC."""
    name = next(name for name, each in CANDIDATES.items() if each is candidate)
    command = [sys.executable, "-c", SAVE, name, str(tmp_path / "file")]
    answer = subprocess.run(command, check=True, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, timeout=120)
    assert answer.stdout.split() == ["EFBIG", "EFBIG"]
    assert not list(tmp_path.glob(".*"))
