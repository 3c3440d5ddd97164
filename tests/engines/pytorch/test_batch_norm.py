from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.pytorch

Statistics = dict[str, np.ndarray]
SHAPES = [(4, 3, 5, 6), (2, 3, 1, 1), (1, 3, 1, 1), (1, 3, 4, 1)]


def random_input(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(2, 3, shape).astype(np.float32)


def trained_here(inputs: list[np.ndarray], summed: bool = False) -> Statistics:
    """What two steps leave, forward and backward, of a norm with weights 2 and biases 1."""
    import torch

    from semseg.engines.pytorch.batch_norm import BatchNorm, RunningStatistics

    norm = BatchNorm(inputs[0].shape[1])
    running = RunningStatistics([norm])
    if summed:
        norm.sum_over_group = torch.clone
    torch.nn.init.constant_(norm.weight, 2)
    torch.nn.init.constant_(norm.bias, 1)
    for array in inputs:
        x = torch.from_numpy(array).requires_grad_()
        y = norm(x)
        (y * torch.from_numpy(random_input(array.shape, seed=9))).sum().backward()
        running.update()
    assert x.grad is not None
    assert norm.weight.grad is not None
    assert norm.bias.grad is not None
    return {
        "output": y.detach().numpy(),
        "gradient": x.grad.numpy(),
        "gamma": norm.weight.grad.numpy(),
        "beta": norm.bias.grad.numpy(),
        "running_mean": norm.running_mean.numpy(),
        "running_var": norm.running_var.numpy(),
    }


def trained_by_mxnet(inputs: list[np.ndarray]) -> Statistics:
    import semseg.engines.gluon.runtime  # noqa: F401 it makes MXNet importable
    import mxnet as mx  # isort: skip

    norm = mx.gluon.nn.BatchNorm(in_channels=inputs[0].shape[1], gamma_initializer=mx.init.Constant(2),
                                 beta_initializer=mx.init.One())  # fmt: skip
    norm.initialize()
    norm.collect_params().setattr("grad_req", "add")
    norm.running_mean.grad_req = norm.running_var.grad_req = "null"
    for array in inputs:
        x = mx.nd.array(array)
        x.attach_grad()
        with mx.autograd.record():
            y = norm(x)
            loss = (y * mx.nd.array(random_input(array.shape, seed=9))).sum()
        loss.backward()
        mx.nd.waitall()
    return {
        "output": y.asnumpy(),
        "gradient": x.grad.asnumpy(),
        "gamma": norm.gamma.grad().asnumpy(),
        "beta": norm.beta.grad().asnumpy(),
        "running_mean": norm.running_mean.data().asnumpy(),
        "running_var": norm.running_var.data().asnumpy(),
    }


@pytest.mark.engine
@pytest.mark.parametrize("summed", [False, True], ids=["of the batch", "by sums"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_outputs_gradients_and_running_statistics_are_mxnets(shape: tuple[int, ...], summed: bool) -> None:
    inputs = [random_input(shape, seed) for seed in (1, 2)]
    ours, theirs = trained_here(inputs, summed), trained_by_mxnet(inputs)
    for name, values in theirs.items():
        np.testing.assert_allclose(ours[name], values, rtol=1e-4, atol=2e-5, err_msg=name)


def test_the_running_variance_is_that_of_the_batch_itself() -> None:
    # (0, 4): mean 2, variance 4, which PyTorch's own module would keep as 8
    found = trained_here([np.array([0, 4], np.float32).reshape(2, 1, 1, 1)])
    assert found["running_mean"] == pytest.approx(0.1 * 2)
    assert found["running_var"] == pytest.approx(0.9 * 1 + 0.1 * 4)


def test_one_value_in_a_channel_gives_the_bias() -> None:
    found = trained_here([np.full((1, 3, 1, 1), 7, np.float32)])
    assert np.array_equal(found["output"], np.ones((1, 3, 1, 1)))
    assert np.array_equal(found["gradient"], np.zeros((1, 3, 1, 1)))
    assert found["running_var"] == pytest.approx(0.9)


def test_a_served_network_uses_the_running_statistics() -> None:
    import torch

    from semseg.engines.pytorch.batch_norm import BatchNorm

    norm = BatchNorm(1).eval()
    norm.running_mean.fill_(3)
    norm.running_var.fill_(4)
    y = norm(torch.full((1, 1, 1, 1), 5.0))
    assert y.item() == pytest.approx(1, rel=1e-5)  # (5 - 3) / 2


def test_a_held_norm_uses_its_running_statistics_in_training_and_keeps_them() -> None:
    import torch

    from semseg.engines.pytorch.batch_norm import BatchNorm, RunningStatistics

    norm = BatchNorm(1)
    running = RunningStatistics([norm])
    norm.running_mean.fill_(3)
    norm.running_var.fill_(4)
    norm.is_held = True
    norm.train()
    x = torch.full((2, 1, 1, 1), 5.0, requires_grad=True)
    norm(x).sum().backward()
    running.update()
    assert norm(x)[0].item() == pytest.approx(1, rel=1e-5)  # (5 - 3) / 2
    assert x.grad is not None
    assert x.grad[0].item() == pytest.approx(0.5, rel=1e-5)
    assert (norm.running_mean.item(), norm.running_var.item()) == (3, 4)
    norm.is_held = False
    norm.train()
    assert norm(x)[0].item() == pytest.approx(0, abs=1e-3)


def test_the_batch_is_taken_up_once_and_not_before_it_is_asked_for() -> None:
    import torch

    from semseg.engines.pytorch.batch_norm import BatchNorm, RunningStatistics

    first, second = BatchNorm(1), BatchNorm(1)
    running = RunningStatistics([first, second])
    first(torch.tensor([0.0, 4.0]).reshape(2, 1, 1, 1))
    assert first.running_mean.item() == 0
    running.update()
    running.update()
    assert first.running_mean.item() == pytest.approx(0.2)
    assert first.running_var.item() == pytest.approx(0.9 + 0.4)
    assert (second.running_mean.item(), second.running_var.item()) == (0, 1)  # it saw no batch


def test_memory_that_holds_no_values_yet_does_not_reach_the_statistics() -> None:
    import torch

    from semseg.engines.pytorch.batch_norm import BatchNorm, RunningStatistics

    norm = BatchNorm(1)
    norm.batch_mean.fill_(float("nan"))
    norm.batch_var.fill_(float("nan"))
    running = RunningStatistics([norm])
    norm(torch.tensor([0.0, 4.0]).reshape(2, 1, 1, 1))
    running.update()
    assert norm.running_var.item() == pytest.approx(1.3)


def test_a_share_without_a_sample_leaves_the_statistics_and_has_gradients_of_zero() -> None:
    found = trained_here([np.empty((0, 1, 2, 2), np.float32)])
    assert [found[name].item() for name in ("running_mean", "running_var")] == [0, 1]
    assert [found[name].item() for name in ("gamma", "beta")] == [0, 0]


def test_the_statistics_of_a_batch_in_bfloat16_are_float32() -> None:
    import torch

    from semseg.engines.pytorch.batch_norm import BatchNorm, RunningStatistics

    norm = BatchNorm(3)
    running = RunningStatistics([norm])
    x = torch.from_numpy(random_input((4, 3, 5, 6))).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        assert norm(x).dtype == torch.bfloat16
    running.update()
    assert norm.running_var.dtype == torch.float32
    torch.testing.assert_close(norm.running_mean, 0.1 * x.float().mean((0, 2, 3)), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(
        norm.running_var, 0.9 + 0.1 * x.float().var((0, 2, 3), correction=0), rtol=1e-5, atol=1e-6
    )
