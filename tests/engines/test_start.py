"""What a network takes from the file of another one."""

from __future__ import annotations

import functools

import pytest

from semseg.engines.start import OWN_STEM, STEM, Start, has_own_stem, start_from
from semseg.errors import ModelError
from tests.engines.onnx.random_parameters import random_parameters

Shapes = dict[str, tuple[int, ...]]


@functools.cache
def shapes(algorithm: str = "fcn", num_classes: int = 3, aux: bool = True, backbone: str = "resnet-50") -> Shapes:
    """Those of a narrow network; not to be changed, for they are kept."""
    parameters = random_parameters(algorithm, backbone, num_classes, aux=aux)
    return {name: array.shape for name, array in parameters.items()}


def start(found: Shapes, wanted: Shapes) -> Start:
    return start_from("a.params", "resnet-50", found, wanted)


def of_layers(names: tuple[str, ...]) -> list[str]:
    """The layers of parameters, each once."""
    return list(dict.fromkeys(name.rpartition(".")[0] for name in names))


@pytest.mark.parametrize("algorithm", ["fcn", "psp", "deeplab"])
def test_an_equal_network_takes_all(algorithm: str) -> None:
    found = start(shapes(algorithm), shapes(algorithm))
    assert found == Start("a.params", tuple(shapes(algorithm)), (), ())


@pytest.mark.parametrize("algorithm", ["fcn", "psp", "deeplab"])
def test_with_other_classes_only_the_last_layers_are_drawn_anew(algorithm: str) -> None:
    found = start(shapes(algorithm, 3), shapes(algorithm, 5))
    last = ("head.block.4.weight", "head.block.4.bias", "auxlayer.block.4.weight", "auxlayer.block.4.bias")
    assert (found.anew, found.left_out) == (last, ())
    assert len(found.taken) == len(shapes(algorithm)) - 4


@pytest.mark.parametrize(("was", "now"), [("fcn", "psp"), ("psp", "fcn"), ("fcn", "deeplab"), ("deeplab", "psp")])
def test_another_decoder_is_drawn_anew_even_where_a_layer_of_it_has_the_same_name_and_shape(was: str, now: str) -> None:
    found = start(shapes(was), shapes(now))
    assert found.anew == tuple(name for name in shapes(now) if name.startswith("head."))
    # 275 of the encoder, and 7 of the auxiliary decoder: a convolution, its batch norm of 4, weight and bias
    assert len(found.taken) == 282
    assert found.left_out == tuple(name for name in shapes(was) if name.startswith("head.") and name not in shapes(now))


def test_an_auxiliary_decoder_is_drawn_anew_or_left_out_where_only_one_has_it() -> None:
    without, with_it = shapes(aux=False), shapes()
    assert of_layers(start(without, with_it).anew) == ["auxlayer.block.0", "auxlayer.block.1", "auxlayer.block.4"]
    assert of_layers(start(with_it, without).left_out) == ["auxlayer.block.0", "auxlayer.block.1", "auxlayer.block.4"]


def of_another_stem() -> Shapes:
    """An encoder that begins with one convolution of 7 x 7, of half as many channels, as torchvision's."""
    wanted = shapes(aux=False)
    found = {name: shape for name, shape in wanted.items() if not name.startswith(("conv1.", "head."))}
    first = {"conv1.weight": (4, 3, 7, 7), "layer1.0.conv1.weight": (4, 4, 1, 1)}
    norm = {f"bn1.{kind}": (4,) for kind in ("gamma", "beta", "running_mean", "running_var")}
    return {**found, **first, **norm, "layer1.0.downsample.0.weight": (16, 4, 1, 1)}


def test_another_stem_is_drawn_anew_as_a_whole_with_the_two_convolutions_that_read_it() -> None:
    found = start(of_another_stem(), shapes(aux=False))
    stem = ["conv1.0", "conv1.1", "conv1.3", "conv1.4", "conv1.6", "bn1"]
    readers = ["layer1.0.conv1", "layer1.0.bn1", "layer1.0.downsample.0", "layer1.0.downsample.1"]
    assert of_layers(found.anew)[:10] == stem + readers
    # five convolutions, each with a batch norm of 4, and the 7 of the decoder
    assert (len(found.anew), len(found.taken)) == (5 * 5 + 7, 275 - 25)
    assert found.left_out == ("conv1.weight",)


@pytest.mark.parametrize(
    ("found", "fault"),
    [
        (shapes(backbone="resnet-101"), "it holds 'layer3.6.conv1.weight', which such an encoder has not"),
        ({**of_another_stem(), "layer2.4.conv1.weight": (1,)}, "it holds 'layer2.4.conv1.weight', which such an"),
        ({**shapes(), "fc.bias": (5,)}, "it holds 'fc.bias', which such an encoder has not"),
        ({**shapes(), "conv1.weight": (4, 3, 7, 7)}, "it holds 'conv1.weight', which such an encoder has not"),
        (
            {**shapes(), "layer2.0.conv2.weight": (9, 8, 3, 3)},
            r"'layer2.0.conv2.weight' must have the shape \(8, 8, 3, 3\), got \(9, 8, 3, 3\)",
        ),
        (
            {name: shape for name, shape in shapes().items() if name != "layer2.0.bn1.gamma"},
            "it holds no 'layer2.0.bn1.gamma'",
        ),
        ({}, "it holds no 'layer1.0.conv2.weight'"),
    ],
)
def test_another_encoder_is_refused_with_its_first_difference(found: Shapes, fault: str) -> None:
    with pytest.raises(ModelError, match=f"^a.params cannot fill a resnet-50 encoder: {fault}"):
        start(found, shapes())


def test_a_shallower_encoder_is_refused() -> None:
    with pytest.raises(ModelError, match=r"it holds no 'layer3\.6\.conv1\.weight'"):
        start(shapes(), shapes(backbone="resnet-101"))


def test_a_file_with_the_first_layers_of_our_encoders_has_our_stem() -> None:
    assert set(OWN_STEM) == {name for name in shapes() if name.startswith(STEM)}
    assert has_own_stem({**shapes(), **OWN_STEM})
    assert not has_own_stem(shapes())  # as narrow as no encoder of ours
    assert not has_own_stem({"conv1.weight": (64, 3, 7, 7)})
