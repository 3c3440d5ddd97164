"""The sum of the gradients of all processes, added up while the backward pass still computes the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import torch
from torch import nn

from semseg.engines.pytorch.gradients import gradient_of
from semseg.engines.pytorch.process_group import ProcessGroup

BUCKET = 25_000_000  # bytes that travel together: enough to be fast, few enough that the first ones leave early


class GradientSum:
    """Makes of each process's gradients their sum over the group.

    The loss of each process is the sum over its labelled pixels, divided by how many the whole batch has. A step is
    ``backward()``, once for each of its parts, then :meth:`finish`. A process with an empty share may leave
    ``backward()`` out, unless batch norm is synchronised: what has no gradient counts as zero.

    PyTorch's DistributedDataParallel does as much, and divides by the number of processes. But it takes 2 seconds to
    import, wants a backward pass in each process, and its error for a dead process cannot be told from others.

    Args:
        parameters: all that are trained, in the same order in each process. They keep their memory layout from here on.
        group: the processes.
        bucket: bytes that travel together.

    Attributes:
        is_last_part: whether the next ``backward()`` is the step's last one; gradients travel in that one alone.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], group: ProcessGroup, bucket: int = BUCKET) -> None:
        self._group = group
        self.is_last_part = True
        # the last layers have their gradients first
        self._buckets = list(_in_buckets(list(parameters)[::-1], bucket))
        self._bucket_of = {id(member): number for number, members in enumerate(self._buckets) for member in members}
        self._hooks = [
            parameter.register_post_accumulate_grad_hook(self._arrived)
            for members in self._buckets
            for parameter in members
        ]
        self._begin()

    def close(self) -> None:
        """Leaves the parameters alone from here on, so that others can be added up. Nothing is under way."""
        for hook in self._hooks:
            hook.remove()

    def finish(self) -> None:
        """Waits until every gradient is the sum over the group; on a GPU, lets its stream wait.

        Raises:
            PlatformError: a process of the group has ended, or does not answer.
        """
        while len(self._under_way) < len(self._buckets):
            self._start_next()
        for members, (values, wait) in zip(self._buckets, self._under_way):
            wait()
            for parameter, part in zip(members, values.split([member.numel() for member in members])):
                parameter.grad = part.as_strided(parameter.size(), parameter.stride())
        self._begin()

    def _begin(self) -> None:
        self._missing = [len(members) for members in self._buckets]
        self._under_way: list[tuple[torch.Tensor, Callable[[], None]]] = []

    def _arrived(self, parameter: torch.Tensor) -> None:
        """Is called in the backward pass, once for each parameter. All processes send the buckets in the same order."""
        if not self.is_last_part:
            return
        self._missing[self._bucket_of[id(parameter)]] -= 1
        while 0 in self._missing[len(self._under_way) : len(self._under_way) + 1]:
            self._start_next()

    def _start_next(self) -> None:
        members = self._buckets[len(self._under_way)]
        values = torch.cat([gradient_of(parameter).as_strided((parameter.numel(),), (1,)) for parameter in members])
        self._under_way.append((values, self._group.start_sum(values)))


def _in_buckets(parameters: list[nn.Parameter], size: int) -> Iterator[list[nn.Parameter]]:
    """Yields the parameters in groups of about so many bytes, at least one each."""
    members: list[nn.Parameter] = []
    for parameter in parameters:
        members.append(parameter)
        if sum(member.nbytes for member in members) >= size:
            yield members
            members = []
    if members:
        yield members
