"""Batch norm by MXNet's rule, which differs from PyTorch's in what it keeps of the variance.

Both normalise by the variance of the batch. MXNet keeps that same number for serving; PyTorch's own module keeps it
times n / (n - 1), for n values in a channel, and refuses n = 1: a picture that is pooled to one value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional

EPSILON = 1e-5  # both as GluonCV's networks have them
NEW_SHARE = 0.1  # of a batch in the running statistics

# Adds up a tensor over all processes that train together, and is differentiable.
SumOverGroup = Callable[[torch.Tensor], torch.Tensor]


class BatchNorm(nn.Module):
    """Normalises each channel by the statistics of the batch, and in ``eval()`` by the running ones.

    The statistics of a batch get into the running ones by :class:`RunningStatistics`. A norm that is held uses the
    running ones in training too.

    Args:
        channels: C of the input, (N, C, H, W).

    Attributes:
        sum_over_group: where it is given, the statistics are those of the batches of the whole group together.
        batch_mean, batch_var: (C,), of the last batch; the variance is without the factor below.
        biased_share: what ``batch_var`` must be multiplied by; None where no batch has come since it was asked for.
        is_held: whether it uses its running statistics and keeps them; seen by ``train()``.
    """

    weight: nn.Parameter
    bias: nn.Parameter
    running_mean: torch.Tensor
    running_var: torch.Tensor
    batch_mean: torch.Tensor
    batch_var: torch.Tensor
    sum_over_group: SumOverGroup | None
    biased_share: float | None
    is_held: bool

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))
        self.register_buffer("batch_mean", torch.zeros(channels), persistent=False)
        self.register_buffer("batch_var", torch.zeros(channels), persistent=False)
        self.sum_over_group = None
        self.biased_share = None
        self.is_held = False

    def train(self, mode: bool = True) -> BatchNorm:
        """Lets it normalise by the statistics of the batch from here on, but not where it is held."""
        return super().train(mode and not self.is_held)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Returns the normalised input, of the same shape."""
        if not self.training:
            return functional.batch_norm(
                x, self.running_mean, self.running_var, self.weight, self.bias, training=False, eps=EPSILON
            )
        count = x.shape[0] * x.shape[2] * x.shape[3]
        if self.sum_over_group is not None or count == 1:
            return self._by_sums(x, self.sum_over_group or _alone)
        if count == 0:  # a process that has no share of the batch: nothing to learn from, and gradients of zero
            return x * self.weight[:, None, None] + self.bias[:, None, None]
        return self._by_the_batch(x, count)

    def _by_the_batch(self, x: torch.Tensor, count: int) -> torch.Tensor:
        """Normalises by PyTorch's own function, which is the fastest; it needs two values in a channel."""
        self.biased_share = (count - 1) / count
        return functional.batch_norm(
            x, self.batch_mean, self.batch_var, self.weight, self.bias, training=True, momentum=1.0, eps=EPSILON
        )

    def _by_sums(self, x: torch.Tensor, sum_over_group: SumOverGroup) -> torch.Tensor:
        """Normalises by sums that can be added up over processes.

        One value in a channel is its own mean and has no variance: what comes out is the bias.
        """
        values = x.float()
        count = sum_over_group(values.new_full((1,), float(x.shape[0] * x.shape[2] * x.shape[3])))
        mean = sum_over_group(values.sum((0, 2, 3))) / count
        centred = values - mean[:, None, None]
        variance = sum_over_group((centred * centred).sum((0, 2, 3))) / count
        self.biased_share = 1.0
        self.batch_mean.copy_(mean.detach())
        self.batch_var.copy_(variance.detach())
        factor = self.weight * torch.rsqrt(variance + EPSILON)
        return (centred * factor[:, None, None] + self.bias[:, None, None]).to(x.dtype)


class RunningStatistics:
    """The running statistics of all batch norms of a network, updated together: layer by layer it would take a GPU
    longer to be told than to do.

    Args:
        norms: on their device, which they keep from here on.
    """

    def __init__(self, norms: Iterable[BatchNorm]) -> None:
        self._norms = list(norms)
        for norm in self._norms:  # PyTorch multiplies what was there by 0, and memory without values may hold NaN
            norm.batch_mean.zero_()
            norm.batch_var.zero_()
        self._parts: list[_Statistics] = []  # of the step, without its last one

    @torch.no_grad()
    def add(self) -> None:
        """Takes up the part of a batch that was last normalised, and after which another one follows. As for
        :meth:`update`, its backward pass must be over.
        """
        seen = self._last()
        if seen is not None:
            self._parts.append(_Statistics(seen.norms, *([each.clone() for each in values] for values in seen[1:])))

    @torch.no_grad()
    def update(self) -> None:
        """Takes up the batch that was last normalised, or the mean over its parts. Call it after the backward pass,
        which needs the statistics of the batch as they are; it changes them.
        """
        last = self._last()
        parts = self._parts if last is None else [*self._parts, last]
        self._parts = []
        if not parts:
            return
        norms, means, variances = parts[0]
        for part in parts[1:]:
            torch._foreach_add_(means, part.means)
            torch._foreach_add_(variances, part.variances)
        if len(parts) > 1:
            torch._foreach_div_([*means, *variances], len(parts))
        torch._foreach_lerp_([norm.running_var for norm in norms], variances, NEW_SHARE)
        torch._foreach_lerp_([norm.running_mean for norm in norms], means, NEW_SHARE)

    def forget(self) -> None:
        """Takes up nothing of a step that was given up."""
        self._last()
        self._parts = []

    def _last(self) -> _Statistics | None:
        """Returns the statistics themselves of what was last normalised, once; None where nothing was."""
        seen = [(norm, norm.biased_share) for norm in self._norms if norm.biased_share is not None]
        if not seen:
            return None
        norms = [norm for norm, _ in seen]
        variances = [norm.batch_var for norm in norms]
        torch._foreach_mul_(variances, [share for _, share in seen])
        for norm in norms:
            norm.biased_share = None
        return _Statistics(norms, [norm.batch_mean for norm in norms], variances)


class _Statistics(NamedTuple):
    """The statistics of what norms have normalised, (C,) each."""

    norms: list[BatchNorm]
    means: list[torch.Tensor]
    variances: list[torch.Tensor]


def _alone(tensor: torch.Tensor) -> torch.Tensor:
    return tensor
