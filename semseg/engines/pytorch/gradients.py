"""The gradient of a parameter, in the form that kernels and sums over processes need."""

from __future__ import annotations

import torch


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
