"""The moving average of a network's parameters, beside the parameters on their device."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import torch

from semseg.engines.moving_average import KeptAverage, new_share, taken_out


class MovingAverage:
    """Follows the tensors of a network, running statistics of batch norm included, from step to step.

    Args:
        tensors: the tensors themselves by their names, float32, in the same order in each process of a group. They keep
            their device and memory layout from here on.
        decay: what is kept of the average in a step, above 0 and below 1.
    """

    def __init__(self, tensors: Mapping[str, torch.Tensor], decay: float) -> None:
        self._tensors = dict(tensors)
        self._decay = decay
        self.forget()

    def forget(self) -> None:
        """Begins anew: the next step is the first one."""
        self._averages: list[torch.Tensor] = []
        self._updates = 0

    @torch.no_grad()
    def update(self) -> None:
        """Takes up the tensors as they are after a step; does not wait for the device."""
        tensors = list(self._tensors.values())
        if self._averages:
            torch._foreach_lerp_(self._averages, tensors, new_share(self._decay, self._updates))
        else:
            self._averages = [tensor.detach().clone() for tensor in tensors]
        self._updates += 1

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Lets the network have the averages while the block runs, once there was a step."""
        self._exchange()
        try:
            yield
        finally:
            self._exchange()

    def of(self, tensors: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """Returns the averages themselves of some of the tensors, in the order of all; none before the first step."""
        wanted = {id(tensor) for tensor in tensors}
        return [average for tensor, average in self._pairs() if id(tensor) in wanted]

    def arrays(self) -> dict[str, np.ndarray]:
        """Returns what a checkpoint keeps; nothing before the first step."""
        if not self._averages:
            return {}
        values = {name: average.cpu().numpy().copy() for name, average in zip(self._tensors, self._averages)}
        return KeptAverage(values, self._updates).arrays()

    def take(self, kept: Mapping[str, np.ndarray], source: str) -> dict[str, np.ndarray]:
        """Takes up what a checkpoint keeps, and returns its other arrays.

        Args:
            source: what an error calls the checkpoint's file.

        Raises:
            ModelError: the average is not that of this network.
        """
        shapes = {name: tuple(tensor.shape) for name, tensor in self._tensors.items()}
        average, others = taken_out(kept, shapes, source)
        self.forget()
        if average is not None:
            self._averages = [
                torch.empty_like(tensor, requires_grad=False).copy_(torch.from_numpy(average.values[name]))
                for name, tensor in self._tensors.items()
            ]
            self._updates = average.updates
        return others

    def _pairs(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        return zip(self._tensors.values(), self._averages)

    @torch.no_grad()
    def _exchange(self) -> None:
        for tensor, average in self._pairs():
            kept = tensor.clone()
            tensor.copy_(average)
            average.copy_(kept)
