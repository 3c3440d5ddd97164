"""The running statistics of batch norm, over the parts of a step."""

from __future__ import annotations

import mxnet as mx
from mxnet import gluon

RUNNING = ("running_mean", "running_var")  # what the names of these parameters end with


class RunningStatistics:
    """Makes of what each part of a step moved the running statistics by the mean over all parts, on each device. What
    no part moved stays as it was, to the bit.

    MXNet moves them in the forward pass, unseen by its scheduler: so the devices are waited for after each part.

    Args:
        network: has its values on its devices.
    """

    def __init__(self, network: gluon.HybridBlock) -> None:
        named = network._collect_params_with_prefix().items()
        self._parameters = [parameter for name, parameter in named if name.endswith(RUNNING)]
        self._before: list[mx.nd.NDArray] = []
        self._sums: list[mx.nd.NDArray] = []

    def begin(self) -> None:
        """Remembers the statistics before a step."""
        mx.nd.waitall()
        self._before = [array.copy() for array in self._arrays()]
        self._sums = [mx.nd.zeros_like(array) for array in self._before]

    def add(self) -> None:
        """Takes up what a part moved, and puts back what was there before the step."""
        mx.nd.waitall()
        self._sums = [
            total + (array - before) for total, array, before in zip(self._sums, self._arrays(), self._before)
        ]
        for array, before in zip(self._arrays(), self._before):
            array[:] = before
        mx.nd.waitall()

    def update(self, parts: int) -> None:
        """Sets the statistics to the mean over so many parts that were added."""
        for array, before, total in zip(self._arrays(), self._before, self._sums):
            array[:] = before + total / parts
        self._before, self._sums = [], []

    def _arrays(self) -> list[mx.nd.NDArray]:
        return [array for parameter in self._parameters for array in parameter.list_data()]
