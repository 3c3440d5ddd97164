"""The rules by which parameters are updated: five as MXNet 1.9.1 computes them, and AdamW as PyTorch does.

Of the five PyTorch's own optimizers differ a little: in where the rate stands in a momentum, and in whether epsilon is
added before or after a root. Their kernels are used where an argument makes them agree. Source: MXNet's
``optimizer_op-inl.h``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import torch
from torch.optim.adam import adam
from torch.optim.adamw import adamw
from torch.optim.sgd import sgd

from semseg.contract.hyperparameters import Hyperparameters


@dataclass(frozen=True)
class ParameterGroup:
    """Parameters that move at one rate, and what is remembered of them.

    Attributes:
        parameters: float32, all on one device.
        arrays: by its name, what a rule remembers: one array a parameter, of the same shape and strides.
        counts: how many steps each parameter has made, (), float32; PyTorch's kernels count them up themselves.
    """

    parameters: list[torch.Tensor]
    arrays: dict[str, list[torch.Tensor]]
    counts: list[torch.Tensor]


@dataclass(frozen=True)
class Step:
    """One step of an optimizer.

    Attributes:
        rate: the learning rate.
        number: which step it is, from 1 on.
        overflow: 1 where the gradients are void and nothing may move, else 0; (), float32, on the device. None where
            the gradients are float32 from the beginning.
    """

    rate: float
    number: int
    overflow: torch.Tensor | None = None

    def is_void(self) -> bool:
        """Returns whether nothing may move; waits for the device where there is an overflow to ask it for."""
        return self.overflow is not None and bool(self.overflow.item())


class Rule(Protocol):
    """How parameters move, given their gradients.

    Attributes:
        first_values: the names of the arrays that are remembered, and what these are filled with before the first step.
    """

    first_values: ClassVar[dict[str, float]]

    def move(self, group: ParameterGroup, gradients: list[torch.Tensor], step: Step) -> None:
        """Updates the group in place.

        Args:
            group: the parameters, and what is remembered of them.
            gradients: one a parameter, with the same strides: the kernels do not look at them. Their values are lost.
            step: which one it is, and at which rate.
        """
        ...


@dataclass(frozen=True)
class SGD:
    """Descent with a momentum of movements, not of gradients: m = mu m + rate (g + wd w); w = w - m."""

    momentum: float
    weight_decay: float
    first_values: ClassVar[dict[str, float]] = {"momentum": 0.0}

    def move(self, group: ParameterGroup, gradients: list[torch.Tensor], step: Step) -> None:
        """Moves by PyTorch's kernel at a rate of 1: the rate is multiplied into gradients and decay before."""
        torch._foreach_mul_(gradients, step.rate)
        sgd(
            group.parameters,
            gradients,
            list(group.arrays["momentum"]),
            fused=True,
            found_inf=step.overflow,
            lr=1.0,
            momentum=self.momentum,
            weight_decay=step.rate * self.weight_decay,
            dampening=0.0,
            nesterov=False,
            maximize=False,
        )


@dataclass(frozen=True)
class NAG:
    """Nesterov's momentum. The decay that the momentum takes up is that of the parameters after the step."""

    momentum: float
    weight_decay: float
    first_values: ClassVar[dict[str, float]] = {"momentum": 0.0}

    def move(self, group: ParameterGroup, gradients: list[torch.Tensor], step: Step) -> None:
        """Moves by m = mu m; w = w + mu m - (1 + mu) rate (g + wd w); m = m - rate (g + wd w)."""
        if step.is_void():
            return
        parameters, momentum = group.parameters, group.arrays["momentum"]
        decayed = torch._foreach_add(gradients, parameters, alpha=self.weight_decay)
        torch._foreach_mul_(momentum, self.momentum)
        torch._foreach_add_(parameters, momentum, alpha=self.momentum)
        torch._foreach_add_(parameters, decayed, alpha=-(1 + self.momentum) * step.rate)
        torch._foreach_add_(momentum, gradients, alpha=-step.rate)
        torch._foreach_add_(momentum, parameters, alpha=-step.rate * self.weight_decay)


@dataclass(frozen=True)
class RMSProp:
    """The centred form: the gradient over its standard deviation, with a momentum of movements."""

    decay: float
    momentum: float
    epsilon: float = 1e-8
    first_values: ClassVar[dict[str, float]] = {"mean_square": 0.0, "mean": 0.0, "movement": 0.0}

    def move(self, group: ParameterGroup, gradients: list[torch.Tensor], step: Step) -> None:
        """Moves by d = mu d - rate g / sqrt(mean of g^2 - (mean of g)^2 + epsilon); w = w + d."""
        if step.is_void():
            return
        squares, means, movements = (group.arrays[name] for name in self.first_values)
        torch._foreach_mul_(squares, self.decay)
        torch._foreach_addcmul_(squares, gradients, gradients, 1 - self.decay)
        torch._foreach_mul_(means, self.decay)
        torch._foreach_add_(means, gradients, alpha=1 - self.decay)
        deviations = torch._foreach_sub(squares, torch._foreach_mul(means, means))
        torch._foreach_add_(deviations, self.epsilon)
        torch._foreach_sqrt_(deviations)
        torch._foreach_mul_(movements, self.momentum)
        torch._foreach_addcdiv_(movements, gradients, deviations, -step.rate)
        torch._foreach_add_(group.parameters, movements)


@dataclass(frozen=True)
class Adam:
    """Adam, whose epsilon is added to the root before the correction for the first steps, not after it."""

    decay: float = 0.9
    decay_of_squares: float = 0.999
    epsilon: float = 1e-8
    first_values: ClassVar[dict[str, float]] = {"mean": 0.0, "mean_square": 0.0}

    def move(self, group: ParameterGroup, gradients: list[torch.Tensor], step: Step) -> None:
        """Moves by PyTorch's kernel, with the epsilon that gives the same quotient in this step."""
        epsilon = self.epsilon / math.sqrt(1 - self.decay_of_squares**step.number)
        adam(group.parameters, gradients, **_moments(self, group, step), eps=epsilon, weight_decay=0.0)


@dataclass(frozen=True)
class AdamW:
    """Adam with a decay that is not part of the gradient: w = (1 - rate wd) w, and then Adam's step.

    Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019.
    """

    weight_decay: float
    decay: float = 0.9
    decay_of_squares: float = 0.999
    epsilon: float = 1e-8
    first_values: ClassVar[dict[str, float]] = {"mean": 0.0, "mean_square": 0.0}

    def move(self, group: ParameterGroup, gradients: list[torch.Tensor], step: Step) -> None:
        """Moves by PyTorch's kernel."""
        moments = _moments(self, group, step)
        adamw(group.parameters, gradients, **moments, eps=self.epsilon, weight_decay=self.weight_decay)


def _moments(rule: Adam | AdamW, group: ParameterGroup, step: Step) -> dict[str, Any]:
    """Returns what PyTorch's kernels of both take alike."""
    return {
        "exp_avgs": group.arrays["mean"],
        "exp_avg_sqs": group.arrays["mean_square"],
        "max_exp_avg_sqs": [],
        "state_steps": group.counts,
        "fused": True,
        "found_inf": step.overflow,
        "lr": step.rate,
        "beta1": rule.decay,
        "beta2": rule.decay_of_squares,
        "amsgrad": False,
        "maximize": False,
    }


@dataclass(frozen=True)
class AdaGrad:
    """The gradient over the root of the sum of its squares. The sum begins at the epsilon that MXNet adds to it."""

    first_values: ClassVar[dict[str, float]] = {"sum_of_squares": 1e-7}

    def move(self, group: ParameterGroup, gradients: list[torch.Tensor], step: Step) -> None:
        """Moves by h = h + g^2; w = w - rate g / sqrt(h). Not all PyTorch versions have a kernel of it for GPUs."""
        if step.is_void():
            return
        sums = group.arrays["sum_of_squares"]
        torch._foreach_addcmul_(sums, gradients, gradients, 1.0)
        torch._foreach_addcdiv_(group.parameters, gradients, torch._foreach_sqrt(sums), -step.rate)


def rule_of(hyperparameters: Hyperparameters) -> Rule:
    """Returns the rule that a job asks for. Momentum, weight decay and the gammas are only of those that have them."""
    descent = (hyperparameters.momentum, hyperparameters.weight_decay)
    rules: dict[str, Rule] = {
        "sgd": SGD(*descent),
        "nag": NAG(*descent),
        "rmsprop": RMSProp(hyperparameters.gamma1, hyperparameters.gamma2),
        "adam": Adam(),
        "adamw": AdamW(hyperparameters.weight_decay),
        "adagrad": AdaGrad(),
    }
    return rules[hyperparameters.optimizer]
