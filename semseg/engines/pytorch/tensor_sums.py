"""Tensors over all processes: sums that gradients flow through, for batch norm, and the mean of what each keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch

from semseg.engines.pytorch.process_group import ProcessGroup


def sum_over(group: ProcessGroup) -> Callable[[torch.Tensor], torch.Tensor]:
    """Returns the function that gives the sum of a tensor over the processes, through which gradients flow.

    Each process of the group calls it equally often and in the same order, forward and backward. It raises
    PlatformError where a process has ended, or does not answer.
    """
    return partial(_Sum.apply, group)


@torch.no_grad()
def average(tensors: Sequence[torch.Tensor], group: ProcessGroup) -> None:
    """Makes of tensors, such as the running statistics of batch norm, their mean over the processes.

    Args:
        tensors: float32, of one device, in the same order in each process.
        group: the processes; all of them call this.

    Raises:
        PlatformError: a process of the group has ended, or does not answer.
    """
    means = group.sum_of(torch.cat([tensor.flatten() for tensor in tensors])) / group.size
    for tensor, part in zip(tensors, means.split([tensor.numel() for tensor in tensors])):
        tensor.copy_(part.view_as(tensor))


class _Sum(torch.autograd.Function):
    """A sum over the group. What a process gave counts in the losses of all, so the gradients are added up too."""

    @staticmethod
    def forward(context: Any, group: ProcessGroup, tensor: torch.Tensor) -> torch.Tensor:
        context.group = group
        return group.sum_of(tensor)

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> tuple[None, torch.Tensor]:
        return None, context.group.sum_of(gradient)
