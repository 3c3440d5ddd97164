"""The moving average of a network's parameters, beside the parameters on each device."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import mxnet as mx
import numpy as np
from mxnet import gluon

from semseg.engines.moving_average import KeptAverage, new_share, taken_out


class MovingAverage:
    """Follows the parameters of a network, running statistics of batch norm included, from step to step.

    Whoever calls it has waited for the devices: MXNet's scheduler does not see when running statistics change.

    Args:
        parameters: by their names.
        decay: what is kept of the average in a step, above 0 and below 1.
    """

    def __init__(self, parameters: Mapping[str, gluon.Parameter], decay: float) -> None:
        self._parameters = dict(parameters)
        self._decay = decay
        self.forget()

    def forget(self) -> None:
        """Begins anew: the next step is the first one."""
        self._averages: dict[str, list[mx.nd.NDArray]] = {}  # an array for each device
        self._updates = 0

    def update(self) -> None:
        """Takes up the parameters as they are after a step."""
        if not self._averages:
            self._averages = {
                name: [value.copy() for value in parameter.list_data()] for name, parameter in self._parameters.items()
            }
        share = new_share(self._decay, self._updates)
        for value, average in self._pairs():  # average - share (average - value), in one pass
            mx.nd.sgd_update(average, value, out=average, lr=share, wd=1, rescale_grad=-1)
        self._updates += 1

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Lets the network have the averages while the block runs, once there was a step."""
        self._exchange()
        try:
            yield
        finally:
            mx.nd.waitall()
            self._exchange()

    def arrays(self) -> dict[str, np.ndarray]:
        """Returns what a checkpoint keeps, the means over the devices; nothing before the first step."""
        if not self._averages:
            return {}
        values = {name: _mean(averages) for name, averages in self._averages.items()}
        return KeptAverage(values, self._updates).arrays()

    def take(self, kept: Mapping[str, np.ndarray], source: str) -> dict[str, np.ndarray]:
        """Takes up what a checkpoint keeps, and returns its other arrays.

        Args:
            source: what an error calls the checkpoint's file.

        Raises:
            ModelError: the average is not that of this network.
        """
        shapes = {name: tuple(parameter.shape) for name, parameter in self._parameters.items()}
        average, others = taken_out(kept, shapes, source)
        self.forget()
        if average is not None:
            self._averages = {
                name: [mx.nd.array(average.values[name], ctx=device) for device in parameter.list_ctx()]
                for name, parameter in self._parameters.items()
            }
            self._updates = average.updates
        return others

    def _pairs(self) -> Iterator[tuple[mx.nd.NDArray, mx.nd.NDArray]]:
        """Yields each parameter on each device, and its average there."""
        for name, averages in self._averages.items():
            yield from zip(self._parameters[name].list_data(), averages)

    def _exchange(self) -> None:
        for value, average in self._pairs():
            kept = value.copy()
            average.copyto(value)
            kept.copyto(average)
        mx.nd.waitall()


def _mean(arrays: list[mx.nd.NDArray]) -> np.ndarray:
    """Returns the mean over the devices, whose running statistics differ."""
    mean: np.ndarray = np.mean([array.asnumpy() for array in arrays], axis=0)
    return mean
