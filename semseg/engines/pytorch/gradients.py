"""Gradients, in the form that kernels and sums over processes need, and no longer than they may be."""

from __future__ import annotations

from collections.abc import Sequence

import torch

EPSILON = 1e-6  # as PyTorch's clip_grad_norm_ has it


def gradient_of(parameter: torch.Tensor) -> torch.Tensor:
    """Returns the gradient with the parameter's strides, for whoever takes the values as they lie in memory.

    Returns:
        The gradient itself if it has these strides; zeros if there is none, for then the loss does not depend on it.
    """
    if parameter.grad is None:
        return torch.zeros_like(parameter)
    if parameter.grad.stride() == parameter.stride():
        return parameter.grad
    return torch.empty_like(parameter).copy_(parameter.grad)


def clip(gradients: Sequence[torch.Tensor], longest: float) -> None:
    """Shortens gradients, in place, whose L2 norm over all of them is greater than ``longest``; does not wait for the
    device.

    It is PyTorch's ``clip_grad_norm_`` for gradients that do not lie on their parameters.
    """
    norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(list(gradients))))
    torch._foreach_mul_(list(gradients), (longest / (norm + EPSILON)).clamp(max=1.0))
