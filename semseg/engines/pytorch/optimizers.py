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
from semseg.engines.pytorch.gradients import clip, gradient_of
from semseg.engines.pytorch.loss_scale import LossScale
from semseg.engines.pytorch.update_rules import ParameterGroup, Rule, Step, rule_of
from semseg.errors import ModelError

ENCODER, HEADS = "encoder", "heads"
STEPS = "steps"  # (1,) int64: how many steps were made, void ones included
HELD = "held_steps"  # (2,) int64: in how many of them the encoder did not move, and how many of these were void
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
    return Optimizer(
        hyperparameters.optimizer,
        rule_of(hyperparameters),
        {ENCODER: encoder, HEADS: heads},
        scale,
        hyperparameters.gradient_clip,
        holds_encoder=hyperparameters.freeze_backbone_epochs > 0,
    )


class Optimizer:
    """Moves parameters by the gradients that lie on them. They keep their device and memory layout from here on.

    Args:
        name: of the rule.
        parameters: of the encoder and of the heads.
        scale: what the loss is multiplied by, in float16.
        longest: the greatest L2 norm of the gradient of a step; 0: any.
        holds_encoder: whether there are steps in which the encoder does not move.
    """

    def __init__(
        self,
        name: str,
        rule: Rule,
        parameters: Mapping[str, list[nn.Parameter]],
        scale: LossScale | None = None,
        longest: float = 0.0,
        holds_encoder: bool = False,
    ) -> None:
        self._name = name
        self._rule = rule
        self._scale = scale
        self._groups = {group: _fresh(rule, list(members)) for group, members in parameters.items()}
        self._steps = 0
        self._longest = longest
        self._held = _HeldSteps(_device_of(parameters)) if holds_encoder else None

    def scaled(self, loss: torch.Tensor) -> torch.Tensor:
        """Returns the loss that the gradients must be of: times the scale, if there is one."""
        return loss if self._scale is None else self._scale.scaled(loss)

    @torch.no_grad()
    def step(self, rate: float, encoder_is_held: bool = False) -> None:
        """Moves every parameter once, and sets the gradients to None. Does not wait for the device, but in float16 for
        all rules except sgd, adam and adamw.

        Args:
            rate: of the encoder; the heads take ten times this.
            encoder_is_held: whether the encoder is left as it is, and has no gradients.
        """
        self._steps += 1
        groups = {HEADS: self._groups[HEADS]} if encoder_is_held else self._groups
        gradients = {name: [gradient_of(each) for each in group.parameters] for name, group in groups.items()}
        every = [*chain.from_iterable(gradients.values())]
        overflow = None if self._scale is None else self._scale.take_off(every)
        if self._longest:
            clip(every, self._longest)
        if self._held is not None and encoder_is_held:
            self._held.add(overflow)
        for name, group in groups.items():
            group_rate = rate * HEAD_RATE_FACTOR if name == HEADS else rate
            self._rule.move(group, gradients[name], Step(group_rate, self._steps_of(name), overflow))
            for parameter in group.parameters:
                parameter.grad = None

    def arrays(self) -> dict[str, torch.Tensor]:
        """Returns what the optimizer remembers, on the processor: float32 arrays named like ``encoder.0.momentum``, and
        the int64 ``steps``.
        """
        arrays = {name: array.cpu().contiguous() for name, array in self._named()}
        return {**arrays, **self._numbers()}

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
        own = {**dict(self._named()), **self._numbers()}
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
        if self._held is not None:
            self._held.take(arrays[HELD])
        void = 0 if self._scale is None else self._scale.void_steps()
        for name, group in self._groups.items():
            held_and_void = self._held.void() if self._held is not None and name == ENCODER else 0
            for count in group.counts:
                count.fill_(self._steps_of(name) - (void - held_and_void))

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

    def _steps_of(self, name: str) -> int:
        """Returns how many steps a group was to move in, void ones included."""
        return self._steps - (self._held.steps if self._held is not None and name == ENCODER else 0)

    def _numbers(self) -> dict[str, torch.Tensor]:
        held = {} if self._held is None else {HELD: self._held.array()}
        return {STEPS: torch.tensor([self._steps]), **held}

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
        if void is not None and STEPS in plain:
            plain[STEPS] = plain[STEPS] - void.sum()
        if HELD in plain:
            steps, held_and_void = plain[HELD].tolist()
            plain[HELD] = torch.tensor([steps - held_and_void, 0])
        return plain


class _HeldSteps:
    """Counts the steps in which the encoder did not move; those of them that were void are counted on the device."""

    def __init__(self, device: torch.device) -> None:
        self.steps = 0
        self._void = torch.zeros((), dtype=torch.int64, device=device)

    def add(self, overflow: torch.Tensor | None) -> None:
        """Counts one more; ``overflow`` says whether it is void."""
        self.steps += 1
        if overflow is not None:
            self._void += overflow.long()

    def void(self) -> int:
        """Returns how many were void; waits for the device."""
        return int(self._void)

    def array(self) -> torch.Tensor:
        """Returns both numbers, (2,) int64."""
        return torch.tensor([self.steps, self.void()])

    def take(self, array: torch.Tensor) -> None:
        """Takes up what :meth:`array` returned."""
        self.steps, void = (int(number) for number in array)
        self._void.fill_(void)


def _device_of(parameters: Mapping[str, list[nn.Parameter]]) -> torch.device:
    return parameters[HEADS][0].device


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
