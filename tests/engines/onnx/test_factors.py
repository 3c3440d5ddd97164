"""Convolutions as chains of narrower ones, counted by hand where that is possible."""

from __future__ import annotations

import numpy as np
import pytest

from semseg.engines.onnx.factors import (
    Chain,
    Factoring,
    Moments,
    Ranks,
    reduced_inputs,
    reduced_outputs,
    reduced_sides,
)

RNG = np.random.default_rng(3)


def moments_of(values: np.ndarray) -> Moments:
    moments = Moments(len(values))
    moments.add(values[:, :5].astype(np.float32))
    moments.add(values[:, 5:].astype(np.float32))
    return moments


def answer(chain: Chain, x: np.ndarray) -> np.ndarray:
    """What a chain of kernels of 1 x 1 makes of (I, P)."""
    for part in (chain.narrow, chain.middle, chain.wide):
        if part is not None:
            x = part.weight[:, :, 0, 0] @ x + (0 if part.bias is None else part.bias[:, np.newaxis])
    return x


def test_moments_are_those_of_all_parts_together() -> None:
    moments = moments_of(np.array([[1, 2, 3, 4, 5, 9], [0, 0, 0, 0, 0, 6]]))
    assert moments.count == 6
    assert moments.mean.tolist() == [4, 1]  # 24 / 6, 6 / 6
    # products: (1 + 4 + 9 + 16 + 25 + 81) / 6, 9 x 6 / 6, 36 / 6
    assert moments.products.tolist() == [[136 / 6, 9], [9, 6]]
    assert moments.covariance == pytest.approx(np.array([[136 / 6 - 16, 5], [5, 5]]))


def test_outputs_lose_the_variance_of_the_components_that_are_left_out() -> None:
    # variances 4 and 1 along the axes, in the middle of (10, 20)
    values = np.array([[12, 8, 10, 10], [20, 20, 21, 19]]).repeat(4, axis=1)
    reduction = reduced_outputs(moments_of(values))
    assert reduction.lost == pytest.approx([1, 0.2, 0])  # 2 and 0.5 of 2.5
    down, up, offset = reduction.at(1)
    assert up @ down @ np.array([12, 21]) + offset == pytest.approx([12, 20], abs=1e-5)


@pytest.mark.parametrize("ranks", [Ranks(), Ranks(inputs=16), Ranks(outputs=16), Ranks(16, 16)])
def test_a_layer_that_sees_few_directions_becomes_a_chain_that_answers_as_it_does(ranks: Ranks) -> None:
    weight, bias = RNG.standard_normal((48, 40, 1, 1)), RNG.standard_normal(48)
    x = RNG.standard_normal((40, 7)) @ RNG.standard_normal((7, 200)) + RNG.standard_normal((40, 1))
    y = weight[:, :, 0, 0] @ x + bias[:, np.newaxis]
    inputs, outputs = reduced_inputs(weight, moments_of(x)), reduced_outputs(moments_of(y))
    chain = Factoring(weight, bias, inputs, outputs, (1, 1)).chain(ranks)
    assert (chain.narrow is None, chain.wide is None) == (ranks.inputs is None, ranks.outputs is None)
    assert chain.middle.weight.shape == (ranks.outputs or 48, ranks.inputs or 40, 1, 1)
    assert answer(chain, x) == pytest.approx(y, abs=1e-2)


def test_the_channels_in_the_middle_of_a_chain_vary_alike() -> None:
    x = RNG.standard_normal((32, 500)) * np.geomspace(1, 0.01, 32)[:, np.newaxis]
    reduction = reduced_outputs(moments_of(x))
    middle = (reduction.at(16)[0] @ x).std(axis=1)
    assert x.std(axis=1).max() / x.std(axis=1).min() > 50
    assert middle.max() / middle.min() < 8


def test_a_channel_that_was_never_seen_to_vary_does_no_harm() -> None:
    weight = RNG.standard_normal((64, 32, 1, 1))
    x = RNG.standard_normal((32, 100))
    x[16:] = 0
    reduction = reduced_inputs(weight, moments_of(x))
    down, up, _ = reduction.at(16)
    assert np.isfinite(reduction.lost).all()
    assert reduction.lost[16] == pytest.approx(0, abs=2e-3)
    assert np.abs(up @ down).max() < 2


def test_operations_are_counted_at_the_places_where_they_are_done() -> None:
    values = moments_of(RNG.standard_normal((32, 64)))
    weight, bias = RNG.standard_normal((32, 32, 3, 3)).astype(np.float32), np.zeros(32, np.float32)
    layer = Factoring(weight, bias, reduced_inputs(weight, values, 1.0), reduced_outputs(values), (400, 100))
    assert layer.operations == layer.operations_with(Ranks()) == 32 * 32 * 9 * 100
    # narrow at the 400 places of the inputs, the rest at the 100 of the outputs
    assert layer.operations_with(Ranks(16, None)) == 32 * 16 * 400 + 16 * 32 * 9 * 100
    assert layer.operations_with(Ranks(None, 16)) == 32 * 16 * 9 * 100 + 16 * 32 * 100
    assert layer.operations_with(Ranks(16, 16)) == 32 * 16 * 400 + 16 * 16 * 9 * 100 + 16 * 32 * 100


def test_what_costs_nothing_is_kept_whole_and_what_is_dear_is_made_small() -> None:
    values = moments_of(RNG.standard_normal((64, 300)))
    weight = RNG.standard_normal((64, 64, 3, 3)).astype(np.float32)
    inputs, outputs = reduced_inputs(weight, values, values.variance), reduced_outputs(values)
    layer = Factoring(weight, np.zeros(64), inputs, outputs, (9, 9))
    assert layer.ranks(0.0) == Ranks()
    assert layer.ranks(1e9) == Ranks(16, 16)


@pytest.mark.parametrize(
    ("shape", "sides"),
    [
        ((512, 2048, 3, 3), (True, True)),
        ((512, 4096, 3, 3), (False, True)),  # PSP's: too wide to find the directions of its inputs in short time
        ((512, 2048, 1, 1), (False, True)),
        ((2048, 512, 1, 1), (True, False)),
        ((11, 512, 1, 1), (False, False)),
        ((64, 3, 3, 3), (False, True)),
        ((8, 64, 3, 3), (False, False)),
    ],
)
def test_of_a_kernel_of_one_pixel_the_smaller_side_is_reduced(
    shape: tuple[int, int, int, int], sides: tuple[bool, bool]
) -> None:
    assert reduced_sides(np.empty(shape, np.float32)) == sides
