"""The optimizer: moves the encoder and the heads by one rule, and saves what it remembers, without pickle."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

import numpy as np
import safetensors
import safetensors.torch
import torch
from torch import nn

from semseg.archive.parameter_file_start import START
from semseg.contract.hyperparameters import Hyperparameters
from semseg.engines.engine import HEAD_RATE_FACTOR
from semseg.engines.pytorch.gradients import gradient_of
from semseg.engines.pytorch.loss_scale import LossScale
from semseg.engines.pytorch.update_rules import ParameterGroup, Rule, Step, rule_of
from semseg.errors import ModelError

STEPS = "steps"  # (1,) int64: how many steps were made, void ones included
SCALE = "loss_scale."  # what the names of the loss scale's arrays begin with
KEPT = "kept."  # what the names of arrays begin with that are not the optimizer's own
RULE = "optimizer"  # the name of the rule, in the file's metadata


def make(
    hyperparameters: Hyperparameters,
    encoder: list[nn.Parameter],
    heads: list[nn.Parameter],
    scale: LossScale | None = None,
) -> Optimizer:
    """Returns the optimizer of a job, before its first step.

    Args:
        hyperparameters: name the rule and its numbers.
        encoder: the parameters that move at the learning rate.
        heads: those that move at ten times the learning rate, the auxiliary head's too.
        scale: what the loss is multiplied by, in float16.
    """
    return Optimizer(hyperparameters.optimizer, rule_of(hyperparameters), {"encoder": encoder, "heads": heads}, scale)


class Optimizer:
    """Moves parameters by the gradients that lie on them. They keep their device and memory layout from here on."""

    def __init__(
        self, name: str, rule: Rule, parameters: Mapping[str, list[nn.Parameter]], scale: LossScale | None = None
    ) -> None:
        self._name = name
        self._rule = rule
        self._scale = scale
        self._groups = {group: _fresh(rule, list(members)) for group, members in parameters.items()}
        self._steps = 0

    def scaled(self, loss: torch.Tensor) -> torch.Tensor:
        """Returns the loss that the gradients must be of: times the scale, if there is one."""
        return loss if self._scale is None else self._scale.scaled(loss)

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Moves every parameter once, and sets the gradients to None. Does not wait for the device, but in float16 for
        all rules except sgd and adam.

        Args:
            rate: of the encoder; the heads take ten times this.
        """
        self._steps += 1
        gradients = {name: [gradient_of(each) for each in group.parameters] for name, group in self._groups.items()}
        overflow = None if self._scale is None else self._scale.take_off([*chain.from_iterable(gradients.values())])
        for name, group in self._groups.items():
            group_rate = rate * HEAD_RATE_FACTOR if name == "heads" else rate
            self._rule.move(group, gradients[name], Step(group_rate, self._steps, overflow))
            for parameter in group.parameters:
                parameter.grad = None

    def arrays(self) -> dict[str, torch.Tensor]:
        """Returns what the optimizer remembers, on the processor: float32 arrays named like ``encoder.0.momentum``, and
        the int64 ``steps``.
        """
        arrays = {name: array.cpu().contiguous() for name, array in self._named()}
        return {**arrays, STEPS: torch.tensor([self._steps])}

    @torch.no_grad()
    def take(self, arrays: Mapping[str, torch.Tensor], source: str = "the state of the optimizer") -> None:
        """Takes up what :meth:`arrays` returned for the same network and rule, in whatever precision: a scale that is
        not needed is left out, and one that is missing begins anew.

        Args:
            arrays: the arrays by their names.
            source: what an error calls them.

        Raises:
            ModelError: an array is missing, unknown or of another shape or type; nothing was taken then.
        """
        arrays = self._in_own_precision(arrays)
        own = {**dict(self._named()), STEPS: torch.tensor([self._steps])}
        for name in sorted(own.keys() | arrays.keys()):
            found, needed = _form(arrays.get(name)), _form(own.get(name))
            if found != needed:
                raise ModelError(
                    f"{source} holds {name} as {found} where this network and optimizer need {needed}: "
                    "it is of another job"
                )
        steps = int(arrays[STEPS])
        if steps < 0:
            raise ModelError(f"{source} must say how many steps were made, at least 0, and says {steps}")
        for name, array in self._named():
            array.copy_(arrays[name])
        self._steps = steps
        moves = steps - (0 if self._scale is None else self._scale.void_steps())
        for group in self._groups.values():
            for count in group.counts:
                count.fill_(moves)

    def save(self, path: Path, kept: Mapping[str, np.ndarray] | None = None) -> None:
        """Writes what the optimizer remembers as a file of safetensors.

        Args:
            kept: other arrays for the same file.

        Raises:
            OSError: it cannot be written.
        """
        others = {f"{KEPT}{name}": torch.from_numpy(np.array(array)) for name, array in (kept or {}).items()}
        try:
            safetensors.torch.save_file(
                {**self.arrays(), **others}, path, metadata={"engine": "pytorch", RULE: self._name}
            )
        except safetensors.SafetensorError as error:
            raise _as_os_error(error, path) from error

    def load(self, path: Path) -> dict[str, np.ndarray]:
        """Takes up what :meth:`save` wrote for the same network and rule, and returns the other arrays of the file.

        Raises:
            ModelError: the file is damaged, or another engine, another network or another rule wrote it.
        """
        arrays, rule = _read(path)
        if rule != self._name:
            raise ModelError(f"{path.name} must be of the optimizer {self._name}, and is of {rule or 'none'}")
        kept = {name[len(KEPT) :]: arrays.pop(name).numpy() for name in list(arrays) if name.startswith(KEPT)}
        self.take(arrays, path.name)
        return kept

    def _named(self) -> Iterator[tuple[str, torch.Tensor]]:
        for name, group in self._groups.items():
            for kind, arrays in group.arrays.items():
                for index, array in enumerate(arrays):
                    yield f"{name}.{index}.{kind}", array
        if self._scale is not None:
            for kind, array in self._scale.arrays().items():
                yield f"{SCALE}{kind}", array

    def _in_own_precision(self, arrays: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Returns the arrays with the scale that this optimizer has, or with none and without its void steps."""
        if self._scale is not None:
            has_scale = any(name.startswith(SCALE) for name in arrays)
            fresh = {} if has_scale else {f"{SCALE}{kind}": array for kind, array in self._scale.arrays().items()}
            return {**arrays, **fresh}
        plain = {name: array for name, array in arrays.items() if not name.startswith(SCALE)}
        void = arrays.get(f"{SCALE}void_steps")
        return plain if void is None or STEPS not in plain else {**plain, STEPS: plain[STEPS] - void.sum()}


def _fresh(rule: Rule, parameters: list[torch.Tensor]) -> ParameterGroup:
    arrays = {
        kind: [torch.full_like(parameter, value, requires_grad=False) for parameter in parameters]
        for kind, value in rule.first_values.items()
    }
    return ParameterGroup(parameters, arrays, [torch.zeros((), device=parameter.device) for parameter in parameters])


def _form(array: torch.Tensor | None) -> str:
    """Returns how an error tells of an array: its shape, and its type where it is not float32."""
    if array is None:
        return "nothing"
    kind = "" if array.dtype == torch.float32 else f" {str(array.dtype).split('.')[-1]}"
    return f"{tuple(array.shape)}{kind}"


def _as_os_error(error: safetensors.SafetensorError, path: Path) -> OSError:
    """Returns what the system said where a file could not be written, which safetensors hands on as text alone."""
    number = re.search(r"os error (\d+)", str(error))
    return OSError(int(number[1]), os.strerror(int(number[1])), str(path)) if number else OSError(f"{path}: {error}")


def _read(path: Path) -> tuple[dict[str, torch.Tensor], str | None]:
    """Returns the arrays of a saved optimizer, and the name of its rule if the file says it.

    Raises:
        ModelError: the file cannot be read, or it is not of this engine.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(len(START))
        if start == START:
            raise ModelError(
                f"{path.name} was written by the engine mxnet, and pytorch cannot go on from it: "
                "resume with the engine mxnet, or start a new job"
            )
        with safetensors.safe_open(path, framework="pt") as file:
            names = file.keys()
            return {name: file.get_tensor(name) for name in names}, (file.metadata() or {}).get(RULE)
    except OSError as error:
        raise ModelError(f"{path.name} cannot be read: {error.strerror}") from error
    except safetensors.SafetensorError as error:
        raise ModelError(f"{path.name} is not a file of safetensors, or it is cut off: {error}") from error
