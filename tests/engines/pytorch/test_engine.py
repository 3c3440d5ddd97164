from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from semseg.archive.mxnet_parameters import read_parameters, write_parameters
from semseg.engines.group import ALONE, Group
from semseg.errors import ModelError
from tests.engines.gluon.test_networks import hyperparameters, random_pictures
from tests.engines.onnx.random_parameters import GLUON_WIDTH, random_parameters

if TYPE_CHECKING:
    from semseg.engines.engine import Engine
    from semseg.engines.pytorch.engine import PyTorchEngine

pytestmark = pytest.mark.pytorch

Values = dict[str, np.ndarray]  # of the parameters of a network, by their names


def engine_with_dropout(group: Group = ALONE, **strings: str) -> PyTorchEngine:
    import torch

    from semseg.engines.pytorch.engine import PyTorchEngine

    return PyTorchEngine(hyperparameters(**strings), torch.device("cpu"), group)


def engine_in_group(seed: int, group: Group) -> PyTorchEngine:
    """One process's engine for batches of two samples a process. Is called in each, by its name."""
    return engine_of(group, seed=str(seed), mini_batch_size=str(2 * group.size))


def engine_of(group: Group = ALONE, **strings: str) -> PyTorchEngine:
    """An engine on the CPU without dropout, which each library draws otherwise."""
    from torch import nn

    engine = engine_with_dropout(group, **strings)
    for module in engine.network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0
    return engine


def gluon_engine_of(**strings: str) -> Engine:
    from tests.engines.gluon.test_engine import engine_on

    engine: Engine = engine_on(1, **strings)
    return engine


def values(engine: Engine, folder: Path) -> Values:
    engine.save(folder / "values")
    return read_parameters(folder / "values")


def unlike(ours: Values, others: Values) -> float:
    assert ours.keys() == others.keys()
    return max(float(np.abs(ours[name] - others[name]).max()) for name in ours)


def masks_with_holes(count: int, seed: int = 5) -> np.ndarray:
    masks = np.random.default_rng(seed).integers(0, 3, (count, 32, 32)).astype(np.uint8)
    masks[0, :20] = 255
    return masks


def losses(engine: Engine, steps: int, samples: int, rate: float = 0.0001) -> list[float]:
    """The loss of each of so many steps, at a rate that falls to 0 as "poly" has it."""
    taken = []
    for step in range(steps):
        images, masks = random_pictures(samples, 32, 32, seed=step), masks_with_holes(samples, seed=step)
        engine.step(images, masks, rate * (1 - step / steps) ** 0.9)
        taken.append(engine.take_loss())
    return taken


@pytest.fixture(scope="module")
def shared() -> PyTorchEngine:
    """One engine, as it begins, for tests that do not train it and leave it as it was."""
    return engine_of()


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.parametrize(("algorithm", "steps"), [("fcn", 20), ("psp", 6), ("deeplab", 6)])
def test_steps_give_the_losses_and_parameters_of_mxnet(algorithm: str, steps: int, tmp_path: Path) -> None:
    ours = engine_of(algorithm=algorithm, mini_batch_size="4")
    theirs = gluon_engine_of(algorithm=algorithm, mini_batch_size="4")
    start = values(ours, tmp_path)
    assert unlike(start, values(theirs, tmp_path)) == 0
    np.testing.assert_allclose(losses(ours, steps, 4), losses(theirs, steps, 4), rtol=1e-4)
    trained, expected = values(ours, tmp_path), values(theirs, tmp_path)
    assert unlike(trained, start) > 0.001
    for name, array in expected.items():
        distance = float(np.linalg.norm(trained[name] - array))
        assert distance <= 1e-4 * max(1, float(np.linalg.norm(array))), name


@pytest.mark.slow
@pytest.mark.engine
@pytest.mark.parametrize("algorithm", ["psp", "deeplab"])
def test_one_sample_a_step_trains_as_mxnet_does_where_the_picture_is_pooled_to_one_value(
    algorithm: str, tmp_path: Path
) -> None:
    ours = engine_of(algorithm=algorithm, mini_batch_size="1")
    theirs = gluon_engine_of(algorithm=algorithm, mini_batch_size="1")
    np.testing.assert_allclose(losses(ours, 2, 1), losses(theirs, 2, 1), rtol=1e-4)
    assert unlike(values(ours, tmp_path), values(theirs, tmp_path)) < 1e-4


@pytest.mark.slow
@pytest.mark.engine
def test_each_engine_answers_with_the_probabilities_of_the_others_parameters(tmp_path: Path) -> None:
    import torch

    from semseg.engines.gluon.engine import load_network as load_in_gluon
    from semseg.engines.pytorch.engine import load_network

    engine = engine_of(algorithm="deeplab")
    losses(engine, 2, 2)
    engine.save(tmp_path / "ours.params")
    gluon = load_in_gluon("deeplab", "resnet-50", 3, tmp_path / "ours.params")
    gluon.network.save_parameters(str(tmp_path / "theirs.params"))
    served = load_network("deeplab", "resnet-50", 3, tmp_path / "theirs.params", torch.device("cpu"))
    images = random_pictures(2, 41, 30)
    for network in (gluon, served):
        np.testing.assert_allclose(
            network.probabilities(images, (41, 30)), engine.probabilities(images, (41, 30)), rtol=1e-4, atol=1e-6
        )
        assert np.array_equal(network.mask(images, (60, 50)), engine.mask(images, (60, 50)))


def test_a_step_draws_the_same_dropout_whether_or_not_others_went_before(tmp_path: Path) -> None:
    engine = engine_with_dropout(momentum="1e-9")  # what it remembers of a step hardly counts
    engine.save(tmp_path / "start")

    def values_after(*steps: tuple[int, int]) -> Values:
        engine.load(tmp_path / "start")
        for step in steps:
            engine.begin_step(*step)
        engine.step(random_pictures(2, 32, 32), masks_with_holes(2), 0.0001)
        return values(engine, tmp_path)

    fifth = values_after((2, 5))
    assert unlike(fifth, values_after((2, 4), (2, 5))) < 1e-6
    assert unlike(fifth, values_after((2, 4))) > 1e-6


def test_a_batch_without_any_label_changes_no_weight(tmp_path: Path) -> None:
    engine = engine_of(weight_decay="1e-9", momentum="1e-9")
    before = values(engine, tmp_path)
    engine.step(random_pictures(2, 32, 32), np.full((2, 32, 32), 255, dtype=np.uint8), 0.001)
    after = values(engine, tmp_path)
    weights = [name for name in before if not name.endswith(("running_mean", "running_var"))]
    assert max(np.abs(before[name] - after[name]).max() for name in weights) < 1e-9
    assert engine.take_loss() == 0


@pytest.mark.parametrize("algorithm", ["fcn", "psp", "deeplab"])
def test_a_process_without_a_sample_of_the_batch_changes_nothing_by_itself(algorithm: str, tmp_path: Path) -> None:
    engine = engine_of(algorithm=algorithm, weight_decay="1e-9")
    before = values(engine, tmp_path)
    engine.step(np.empty((0, 32, 32, 3), np.uint8), np.empty((0, 32, 32), np.uint8), 0.001)
    assert unlike(values(engine, tmp_path), before) < 1e-9
    assert engine.take_loss() == 0


def test_answers_between_steps_change_nothing(tmp_path: Path) -> None:
    engine = engine_of(momentum="1e-9")
    engine.save(tmp_path / "start")
    trained = []
    for is_asked in (True, False):
        engine.load(tmp_path / "start")
        losses(engine, 1, 2)
        if is_asked:
            engine.mask(random_pictures(1, 40, 24), (40, 24))
        losses(engine, 1, 2)
        trained.append(values(engine, tmp_path))
    assert unlike(*trained) < 1e-6


def test_an_auxiliary_head_is_left_out_where_the_job_says_so(tmp_path: Path) -> None:
    engine = engine_of(_aux_loss="False")
    losses(engine, 1, 2)
    assert not any(name.startswith("auxlayer") for name in values(engine, tmp_path))


def test_pretrained_weights_fill_the_encoder_and_leave_the_head(shared: PyTorchEngine, tmp_path: Path) -> None:
    arrays = random_parameters("fcn", width=GLUON_WIDTH)
    encoder = {name: array for name, array in arrays.items() if not name.startswith("head.")}
    write_parameters(tmp_path / "weights.params", encoder)
    fresh = values(shared, tmp_path)
    engine = engine_of(use_pretrained_model="True", pretrained_weights=str(tmp_path / "weights.params"))
    assert unlike(values(engine, tmp_path), {**fresh, **encoder}) == 0
    assert engine.pretrained is not None
    assert {name.partition(".")[0] for name in engine.pretrained.anew} == {"head", "auxlayer"}


def test_the_first_of_equal_classes_wins_as_it_does_in_numpy(shared: PyTorchEngine, tmp_path: Path) -> None:
    before = values(shared, tmp_path)
    equal = {n: a * 0 if n.startswith("head.block.4.") else a for n, a in before.items()}
    from semseg.engines.pytorch import parameters

    parameters.fill(shared.network, equal)
    assert shared.mask(random_pictures(1, 24, 24), (24, 24)).max() == 0
    parameters.fill(shared.network, before)


def test_pictures_that_cannot_be_written_to_or_are_turned_are_answered(shared: PyTorchEngine) -> None:
    pictures = random_pictures(1, 24, 32)
    turned = np.ascontiguousarray(pictures.transpose(0, 2, 1, 3)).transpose(0, 2, 1, 3)
    turned.flags.writeable = False
    assert np.array_equal(shared.mask(turned, (24, 32)), shared.mask(pictures, (24, 32)))


def test_a_file_that_is_cut_off_or_of_another_network_is_not_served(shared: PyTorchEngine, tmp_path: Path) -> None:
    import torch

    from semseg.engines.pytorch.engine import load_network

    cpu = torch.device("cpu")
    shared.save(tmp_path / "whole.params")
    (tmp_path / "cut.params").write_bytes((tmp_path / "whole.params").read_bytes()[:5000])
    with pytest.raises(ModelError, match=r"cut.params must be a whole file of MXNet parameters"):
        load_network("fcn", "resnet-50", 3, tmp_path / "cut.params", cpu)
    with pytest.raises(ModelError, match=r"whole.params holds head.block.4.weight as \(3, 512, 1, 1\) where"):
        load_network("fcn", "resnet-50", 5, tmp_path / "whole.params", cpu)
