"""What the processes of a group do in the tests; each function is called in each of them, at the same time."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from semseg.engines.group import share
from semseg.engines.pytorch.gradient_sum import GradientSum
from semseg.engines.pytorch.process_group import ProcessGroup
from semseg.engines.pytorch.tensor_sums import average, sum_over
from semseg.errors import PlatformError

BATCH, SIDE, IGNORE = 8, 9, 255
LISTENING = "0A"  # a socket's state


def arrays_of_all_kinds(group: ProcessGroup) -> list[Any]:
    """Sums of a count, a matrix that begins with the rank, a number without dimension, and nothing at all."""
    group.barrier()
    given = [
        np.array([group.rank + 1]),
        np.arange(6, dtype=np.float32).reshape(2, 3).T + group.rank,
        np.array(0.5),
        np.zeros((0, 4)),
    ]
    before = [array.copy() for array in given]
    sums = [group.sum(array) for array in given]
    assert all(np.array_equal(array, copy) for array, copy in zip(given, before))
    return [[array.tolist(), str(array.dtype), list(array.shape)] for array in sums]


def addresses_listened_at(group: ProcessGroup) -> list[str]:
    """The addresses of all sockets at which this process listens, as Linux writes them; none on other systems."""
    if sys.platform != "linux":
        return []
    group.barrier()
    own = {os.readlink(path) for path in Path("/proc/self/fd").iterdir() if path.exists() or path.is_symlink()}
    lines = [
        line.split() for table in ("tcp", "tcp6") for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    ]
    found = {line[1].split(":")[0] for line in lines if line[3] == LISTENING and f"socket:[{line[9]}]" in own}
    group.barrier()
    return sorted(found)


def third_ends(group: ProcessGroup, end: int = signal.SIGKILL) -> None:
    """Process 2 ends in the third sum."""
    for turn in range(4):
        if (group.rank, turn) == (2, 2):
            os.kill(os.getpid(), end)
        group.sum(np.ones(1000))


def third_fails(group: ProcessGroup) -> None:
    """Process 2 leaves by an error of its own, as a process that runs out of memory does."""
    if group.rank == 2:
        raise SystemExit(1)
    group.barrier()


def last_says_why(group: ProcessGroup) -> None:
    """The last process fails by an error with a sentence."""
    if group.rank == group.size - 1:
        raise PlatformError("the memory of the GPU is full")
    group.barrier()


def last_is_late(group: ProcessGroup) -> float:
    """The last process lets the others wait for longer than they wait before they look after it."""
    if group.rank == group.size - 1:
        time.sleep(7)
    return float(group.sum(np.ones(1))[0])


def killed_in_backward(group: ProcessGroup) -> None:
    """Process 1 is killed in the middle of its backward pass."""
    network, images, masks = Network(group), *batch()
    sums = GradientSum(network.parameters(), group, bucket=1)
    if group.rank == 1:
        network.last.weight.register_hook(lambda _: os.kill(os.getpid(), signal.SIGKILL))
    loss_of(network, images, masks, 1).backward()
    sums.finish()


class Network(torch.nn.Module):
    """Convolution, normalisation by the statistics of the whole batch, ReLU, convolution; from one seed."""

    def __init__(self, group: ProcessGroup | None, channels_last: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first = torch.nn.Conv2d(3, 6, 3, padding=1, bias=False)
        self.last = torch.nn.Conv2d(6, 3, 3, padding=1)
        self.sum_over = sum_over(group) if group else torch.clone
        if channels_last:
            for convolution in (self.first, self.last):
                weight = convolution.weight
                weight.data = weight.data.contiguous(memory_format=torch.channels_last)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = self.first(images)
        count = self.sum_over(torch.tensor([float(x[:, 0].numel())]))
        mean = self.sum_over(x.sum((0, 2, 3))) / count
        centred = x - mean[:, None, None]
        variance = self.sum_over((centred**2).sum((0, 2, 3))) / count
        scores: torch.Tensor = self.last(torch.relu(centred * torch.rsqrt(variance + 1e-5)[:, None, None]))
        return scores


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    """Eight images and masks; of four of the masks most is ignored, and of one everything."""
    rng = np.random.default_rng(5)
    masks = rng.integers(0, 3, (BATCH, SIDE, SIDE))
    masks[:4, :7], masks[4] = IGNORE, IGNORE
    return torch.from_numpy(rng.normal(0, 1, (BATCH, 3, SIDE, SIDE)).astype(np.float32)), torch.from_numpy(masks)


def loss_of(network: torch.nn.Module, images: torch.Tensor, masks: torch.Tensor, labelled: int) -> torch.Tensor:
    """The sum over these labelled pixels, divided by how many the whole batch has."""
    loss = torch.nn.functional.cross_entropy(network(images), masks, ignore_index=IGNORE, reduction="sum")
    return loss / max(labelled, 1)


def train(network: Network, parts: list[slice], group: ProcessGroup | None, bucket: int = 500) -> list[list[float]]:
    """Three steps of plain descent, each on one part of the batch, shared out over the group; the parameters then."""
    sums = GradientSum(network.parameters(), group, bucket) if group else None
    for part in parts:
        images, masks = (whole[part] for whole in batch())
        labelled = int((masks != IGNORE).sum())
        own = share(len(images), group) if group else slice(None)
        loss_of(network, images[own], masks[own], labelled).backward()
        if sums:
            sums.finish()
        with torch.no_grad():
            for parameter in network.parameters():
                assert parameter.grad is not None
                parameter.sub_(parameter.grad, alpha=0.3)
                parameter.grad = None
    return [parameter.detach().flatten().tolist() for parameter in network.parameters()]


WHOLE = [slice(0, 8)] * 3
FEW = [slice(0, 2)] * 3  # fewer samples than processes


def train_in_many_ways(group: ProcessGroup) -> dict[str, list[list[float]]]:
    """The parameters after training on the whole batch, and after training on fewer samples than processes."""
    return {
        "whole": train(Network(group), WHOLE, group),
        "whole, in one bucket": train(Network(group), WHOLE, group, bucket=10**9),
        "whole, channels last": train(Network(group, channels_last=True), WHOLE, group),
        "few": train(Network(group), FEW, group),
    }


def gradient_without_backward(group: ProcessGroup) -> list[float]:
    """Process 0 alone computes anything: a loss whose gradient is 2 for each of three numbers."""
    parameters = [torch.nn.Parameter(torch.zeros(2)), torch.nn.Parameter(torch.zeros(1))]
    sums = GradientSum(parameters, group)
    if group.rank == 0:
        (2 * sum(parameter.sum() for parameter in parameters)).backward()  # type: ignore[union-attr]
    sums.finish()
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    return [float(value) for gradient in gradients for value in gradient]


def averages(group: ProcessGroup) -> list[list[float]]:
    """The means of (rank, rank + 1) and of (10 rank)."""
    tensors = [torch.tensor([float(group.rank), group.rank + 1.0]), torch.tensor([10.0 * group.rank])]
    average(tensors, group)
    return [tensor.tolist() for tensor in tensors]


def all_in_turn(group: ProcessGroup) -> dict[str, Any]:
    """What these tasks return, in processes that are started once."""
    tasks = (addresses_listened_at, arrays_of_all_kinds, train_in_many_ways, gradient_without_backward, averages)
    return {task.__name__: task(group) for task in tasks}


def second_leaves_a_gpu_waiting(group: ProcessGroup) -> None:
    """Process 1 stands still while process 0 waits for its GPU, which is never ready."""
    group.barrier()
    if group.rank == 1:
        os.kill(os.getpid(), signal.SIGSTOP)
    group.wait_until(lambda: False)


def gpu_fails(group: ProcessGroup) -> None:
    """A GPU is ready once it was looked at three times; then it fails."""
    looks = iter([False, False, True])
    group.wait_until(lambda: next(looks))

    def fail() -> bool:
        raise RuntimeError("[Rank 0] NCCL communicator was aborted. And more")

    group.wait_until(fail)


def third_stops(group: ProcessGroup) -> None:
    """Process 2 stands still in the third sum, as if its machine were cut off."""
    third_ends(group, signal.SIGSTOP)
