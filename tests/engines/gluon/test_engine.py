from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pytest

from semseg.errors import ModelError, UserError
from tests.engines.gluon.test_networks import hyperparameters, random_pictures

if TYPE_CHECKING:
    import mxnet
    from mxnet import gluon

    from semseg.engines.gluon.engine import GluonEngine

pytestmark = pytest.mark.engine
REPOSITORY = Path(__file__).resolve().parents[3]


Values = dict[str, np.ndarray]  # of the parameters of a network, by their names


def engine_on(devices: int, **strings: str) -> GluonEngine:
    """An engine on so many CPU contexts, without dropout, which draws other numbers on each device."""
    engine = engine_with_dropout_on(devices, **strings)
    switch_off_dropout(engine.network)
    return engine


def engine_with_dropout_on(devices: int, **strings: str) -> GluonEngine:
    import mxnet as mx

    from semseg.engines.gluon.engine import GluonEngine

    return GluonEngine(hyperparameters(**strings), [mx.cpu(number) for number in range(devices)])


def switch_off_dropout(block: gluon.Block) -> None:
    for child in block._children.values():
        if type(child).__name__ == "Dropout":
            child._rate = 0
        switch_off_dropout(child)


def values(engine: GluonEngine) -> Values:
    parameters = engine.network._collect_params_with_prefix()
    return {name: parameter.data(engine.devices[0]).asnumpy() for name, parameter in parameters.items()}


def unlike(ours: Values, others: Values) -> float:
    return max(float(np.abs(ours[name] - others[name]).max()) for name in ours)


def masks_with_holes(count: int) -> np.ndarray:
    """Labelled pixels differ in number from mask to mask: a mean of device means would not be the mean."""
    masks = np.random.default_rng(5).integers(0, 3, (count, 32, 32)).astype(np.uint8)
    masks[0, :20] = 255
    return masks


def update_differences(ours: Values, others: Values, start: Values) -> list[float]:
    """For each parameter, how far two updates are apart, as a share of the update's own length."""
    return [
        float(np.linalg.norm(ours[name] - others[name]) / (np.linalg.norm(ours[name] - start[name]) + 1e-12))
        for name in ours
    ]


@pytest.mark.slow
def test_two_devices_that_share_a_batch_give_the_parameters_of_one_also_by_another_optimizer() -> None:
    one = engine_on(1, mini_batch_size="2", optimizer="nag")
    two = engine_on(2, mini_batch_size="4", optimizer="nag")
    start = values(one)
    assert unlike(start, values(two)) == 0
    pair, masks = random_pictures(2, 32, 32), masks_with_holes(2)
    one.step(pair, masks, 0.0001)
    # each device sees the same pair, so that batch norm, which each keeps to itself, sees what the one device sees
    two.step(np.concatenate([pair, pair]), np.concatenate([masks, masks]), 0.0001)
    assert one.take_loss() == pytest.approx(two.take_loss(), rel=1e-5)
    assert max(update_differences(values(one), values(two), start)) < 0.005


@pytest.fixture(scope="module")
def shared() -> GluonEngine:
    """One engine for tests that leave nothing in it that others see: what it remembers of a step hardly counts."""
    return engine_on(1, weight_decay="1e-9", momentum="1e-9")


@pytest.fixture(scope="module")
def start(shared: GluonEngine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The parameters with which every engine here begins."""
    file = tmp_path_factory.mktemp("start") / "model_best.params"
    shared.save(file)
    return file


def test_a_device_with_more_labelled_pixels_counts_for_more(shared: GluonEngine, start: Path) -> None:
    """The loss is that of the labelled pixels of the whole batch, not the mean of the devices' means."""
    engine = engine_on(2, mini_batch_size="2")
    images = random_pictures(2, 32, 32)
    masks = masks_with_holes(2)  # 12 labelled rows on the first device, 32 on the second
    engine.step(images, masks, 0.0001)
    both = engine.take_loss()
    losses = []
    for device in range(2):
        shared.load(start)
        shared.step(images[device : device + 1], masks[device : device + 1], 0.0001)
        losses.append(shared.take_loss())
    assert both == pytest.approx((12 * losses[0] + 32 * losses[1]) / 44, rel=1e-4)


@pytest.mark.slow
def test_synchronised_batch_norm_over_two_devices_gives_the_loss_and_statistics_of_one() -> None:
    # CPU contexts share their scratch memory, and MXNet has four pieces of it by default: too few where one device
    # waits for another with a piece in its hands. GPUs have their own.
    environment = {**os.environ, "MXNET_CPU_TEMP_COPY": "512"}
    run = subprocess.run(
        [sys.executable, "-m", "tests.engines.gluon.compare_synchronised_devices"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    compared = json.loads(run.stdout.splitlines()[-1])
    assert compared["loss_with"] == pytest.approx(compared["loss_of_one"], rel=1e-4)
    assert compared["loss_without"] != pytest.approx(compared["loss_of_one"], rel=1e-3)
    assert compared["statistics_with"] < 0.01
    assert compared["statistics_without"] > 0.02
    assert compared["head_update_with"] < 0.01


def test_three_devices_share_a_batch_that_does_not_divide_evenly() -> None:
    engine = engine_on(3, mini_batch_size="4")
    engine.step(random_pictures(4, 32, 32), masks_with_holes(4), 0.001)
    assert np.isfinite(engine.take_loss())
    assert engine.mask(np.zeros((4, 32, 32, 3), np.uint8), (32, 32)).shape == (4, 32, 32)
    assert engine.mask(np.zeros((1, 32, 32, 3), np.uint8), (32, 32)).shape == (1, 32, 32)


def test_a_step_draws_the_same_dropout_whether_or_not_others_went_before(start: Path) -> None:
    engine = engine_with_dropout_on(1, momentum="1e-9")

    def values_after(*steps: tuple[int, int]) -> Values:
        engine.load(start)
        for step in steps:
            engine.begin_step(*step)
        engine.step(random_pictures(2, 32, 32), masks_with_holes(2), 0.0001)
        return values(engine)

    fifth = values_after((2, 5))
    assert unlike(fifth, values_after((2, 4), (2, 5))) < 1e-6
    assert unlike(fifth, values_after((2, 4))) > 1e-6


def test_more_devices_than_samples_in_a_batch_are_refused() -> None:
    with pytest.raises(UserError, match="mini_batch_size must be at least the number of devices, 3, got 2"):
        engine_on(3, mini_batch_size="2")


def test_the_loss_is_the_mean_over_labelled_pixels_of_main_and_half_the_auxiliary(mx: ModuleType) -> None:
    from mxnet import gluon

    from semseg.engines.gluon.losses import LossSums
    from semseg.engines.loss_terms import LossTerms

    class FixedScores(gluon.HybridBlock):
        aux = True

        def hybrid_forward(self, F: ModuleType, images: mxnet.sym.Symbol) -> tuple[mxnet.sym.Symbol, mxnet.sym.Symbol]:
            return F.zeros_like(images), F.zeros_like(images)

    loss = LossSums(FixedScores(), LossTerms(("cross_entropy",), 3), 0.5, [mx.cpu()])
    masks = np.array([[[0, 1], [2, 255]]], dtype=np.float32)
    total = loss(mx.nd.zeros((1, 3, 2, 2)), mx.nd.array(masks)).asscalar()
    # three labelled pixels, three equal scores: log 3 each, and half of that again
    assert total == pytest.approx(3 * np.log(3) * 1.5, rel=1e-6)


def test_a_batch_without_any_label_changes_no_weight(shared: GluonEngine, start: Path) -> None:
    shared.load(start)
    before = values(shared)
    shared.step(random_pictures(2, 32, 32), np.full((2, 32, 32), 255, dtype=np.uint8), 0.001)
    after = values(shared)
    weights = [name for name in before if not name.endswith(("running_mean", "running_var"))]
    assert max(np.abs(before[name] - after[name]).max() for name in weights) < 1e-9
    assert shared.take_loss() == 0


@pytest.mark.parametrize(
    ("optimizer", "kind", "settings"),
    [
        ("sgd", "SGD", {"momentum": 0.8, "wd": 0.01}),
        ("nag", "NAG", {"momentum": 0.8, "wd": 0.01}),
        ("rmsprop", "RMSProp", {"gamma1": 0.7, "gamma2": 0.6, "centered": True, "wd": 0.0}),
        ("adam", "Adam", {"wd": 0.0}),
        ("adagrad", "AdaGrad", {"wd": 0.0}),
    ],
)
def test_each_optimizer_gets_its_own_hyperparameters_and_no_others(
    optimizer: str, kind: str, settings: dict[str, float], mx: ModuleType
) -> None:
    from semseg.engines.gluon.optimizers import name_and_arguments

    told = {"momentum": "0.8", "weight_decay": "0.01", "gamma1": "0.7", "gamma2": "0.6", "learning_rate": "0.05"}
    name, arguments = name_and_arguments(hyperparameters(optimizer=optimizer, **told))
    made = mx.optimizer.create(name, **arguments)
    assert type(made).__name__ == kind
    assert {name: getattr(made, name) for name in settings} == settings
    assert made.learning_rate == 0.05


def test_heads_learn_ten_times_as_fast_as_the_backbone() -> None:
    from semseg.engines.gluon.networks import build_network

    network = build_network("psp", "resnet-50", 3, aux=True)
    factors = {name: p.lr_mult for name, p in network._collect_params_with_prefix().items()}
    assert {f for name, f in factors.items() if name.startswith(("head.", "auxlayer."))} == {10}
    assert {f for name, f in factors.items() if not name.startswith(("head.", "auxlayer."))} == {1}


def test_a_step_uses_the_rate_that_it_is_given(shared: GluonEngine) -> None:
    shared.step(random_pictures(2, 32, 32), masks_with_holes(2), 0.0125)
    assert shared._trainer.learning_rate == 0.0125


def test_an_auxiliary_head_is_left_out_where_the_job_says_so(tmp_path: Path) -> None:
    engine = engine_on(1, _aux_loss="False")
    engine.step(random_pictures(2, 32, 32), masks_with_holes(2), 0.001)
    engine.save(tmp_path / "model_best.params")
    assert not any(name.startswith("auxlayer") for name in values(engine))


def test_a_file_of_another_network_is_refused_with_its_first_difference(start: Path) -> None:
    from semseg.engines.gluon.engine import load_network

    with pytest.raises(ModelError, match=r"model_best.params holds head.block.4.weight as \(3, 512, 1, 1\) where"):
        load_network("fcn", "resnet-50", 5, start)
    with pytest.raises(ModelError, match=r"model_best.params has no parameter head.psp"):
        load_network("psp", "resnet-50", 3, start)
    with pytest.raises(ModelError, match=r"layer3\.6"):
        load_network("fcn", "resnet-101", 3, start)


@pytest.mark.slow
def test_serving_needs_no_package_that_only_finds_pretrained_weights(tmp_path: Path) -> None:
    engine_on(1).save(tmp_path / "model_best.params")
    hidden = "import sys; sys.modules['huggingface_hub'] = sys.modules['safetensors'] = None"
    load = (
        "from semseg.engines.gluon.engine import load_network; load_network('fcn', 'resnet-50', 3, Path(sys.argv[1]))"
    )
    code = f"{hidden}; from pathlib import Path; {load}"
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "model_best.params")],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")


def test_a_cut_off_file_is_refused(shared: GluonEngine, start: Path, tmp_path: Path) -> None:
    from semseg.engines.gluon.engine import load_parameters

    (tmp_path / "cut.params").write_bytes(start.read_bytes()[:5000])
    with pytest.raises(ModelError, match=r"cut.params is not a file of MXNet parameters, or it is cut off"):
        load_parameters(shared.network, tmp_path / "cut.params")


def test_parameters_are_written_as_mxnet_itself_writes_them(shared: GluonEngine, tmp_path: Path) -> None:
    shared.step(random_pictures(2, 32, 32), masks_with_holes(2), 0.001)
    shared.save(tmp_path / "ours")
    shared.network.save_parameters(str(tmp_path / "theirs"))
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()
