"""The optimizer of a job as MXNet has it, and the one rule that MXNet does not have: AdamW."""

from __future__ import annotations

import math
from typing import Any

import mxnet as mx
from mxnet import gluon

from semseg.contract.hyperparameters import Hyperparameters

Arguments = dict[str, Any]


@mx.optimizer.register
class AdamW(mx.optimizer.Adam):
    """Adam with a decay that is not part of the gradient: each step takes rate * wd of a parameter from it first.

    As in PyTorch's ``AdamW``, epsilon is added after the correction for the first steps.
    Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019.
    """

    def update(self, index: int, weight: mx.nd.NDArray, grad: mx.nd.NDArray, state: Any) -> None:
        """Updates a parameter in place, and what is remembered of it: the means of the gradient and of its square."""
        self._update_count(index)
        rate, count = self._get_lr(index), self._index_update_count[index]
        root = math.sqrt(1 - self.beta2**count)
        weight *= 1 - rate * self._get_wd(index)
        mx.nd.adam_update(
            weight,
            grad,
            *state,
            out=weight,
            lr=rate * root / (1 - self.beta1**count),
            beta1=self.beta1,
            beta2=self.beta2,
            epsilon=self.epsilon * root,
            wd=0,
            rescale_grad=self.rescale_grad,
        )


def name_and_arguments(hyperparameters: Hyperparameters) -> tuple[str, Arguments]:
    """Returns MXNet's name of the optimizer and its arguments; weight decay, momentum and the gammas are given only to
    optimizers that have them.
    """
    descent = {"momentum": hyperparameters.momentum, "wd": hyperparameters.weight_decay}
    arguments: dict[str, Arguments] = {
        "sgd": {**descent},
        "nag": {**descent},
        "rmsprop": {"gamma1": hyperparameters.gamma1, "gamma2": hyperparameters.gamma2, "centered": True},
        "adam": {},
        "adamw": {"wd": hyperparameters.weight_decay},
        "adagrad": {},
    }
    return hyperparameters.optimizer, {
        "learning_rate": hyperparameters.learning_rate,
        **arguments[hyperparameters.optimizer],
    }


def make(network: gluon.HybridBlock, hyperparameters: Hyperparameters) -> gluon.Trainer:
    """Returns what moves the parameters of a network, before its first step."""
    return gluon.Trainer(
        network.collect_params(),
        *name_and_arguments(hyperparameters),
        kvstore=hyperparameters.kvstore,
        update_on_kvstore=False if hyperparameters.gradient_clip else None,  # None leaves it to MXNet
    )


def move(trainer: gluon.Trainer, divisor: float, longest: float) -> None:
    """Moves every parameter once; does not wait for the devices.

    Args:
        divisor: what the gradients, summed over the devices, are divided by.
        longest: the greatest L2 norm of what they are then; 0: any. The trainer is one that :func:`make` made for it.
    """
    if not longest:
        trainer.step(divisor)
        return
    trainer.allreduce_grads()
    trained = [parameter.list_grad() for parameter in trainer._params if parameter.grad_req != "null"]
    for gradients in zip(*trained):  # of one device, which now has the sums
        gluon.utils.clip_global_norm(gradients, longest * divisor, check_isfinite=False)
    trainer.update(divisor)
