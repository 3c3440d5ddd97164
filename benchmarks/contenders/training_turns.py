"""The inside of a contender that trains: its process waits for its turn, and works while nothing else does.

It imports nothing of semseg, so that others can be measured as they come. A turn has ``seconds``, about how long to
train, and ``fed``: whether the batches come from files, or the same one is given again and again. The answer has
``images`` and the ``seconds`` that they took, and the process's highest memory so far in GiB: ``resident`` on the
processor, ``gpu`` on a GPU.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from benchmarks.contenders.turns import Turns

Batch = TypeVar("Batch")
EPOCH = 10_000  # samples at least: the samples are repeated, so that no turn runs out of them


@dataclass(frozen=True)
class Work:
    """What all contenders train.

    Attributes:
        algorithm: fcn or deeplab, on ResNet-50 with the auxiliary head.
        samples: a folder with ``train`` and ``train_annotation``; a pair of files has one name but for the suffix.
        device: cpu or cuda.
        workers: threads or processes that read samples.
    """

    algorithm: str
    num_classes: int
    base_size: int
    crop_size: int
    batch_size: int
    samples: str
    device: str
    workers: int

    def files(self) -> list[tuple[Path, Path]]:
        """Returns the picture and the mask of each sample, the mask with 255 = ignore, as often as makes an epoch."""
        folder = Path(self.samples)
        pictures = sorted((folder / "train").iterdir())
        pairs = [(picture, folder / "train_annotation" / f"{picture.stem}.png") for picture in pictures]
        return pairs * -(-EPOCH // len(pairs))


class Loop(Protocol, Generic[Batch]):
    """A training loop, cut into its parts."""

    def batches(self) -> Generator[Batch, None, None]:
        """Yields batches read from the files, anew with each call; it is closed before its end."""
        ...

    def step(self, batch: Batch) -> None:
        """Trains on a batch; need not wait for the device."""
        ...

    def wait(self) -> None:
        """Returns when the device has finished all steps."""
        ...


def work_of(text: str) -> Work:
    """Returns what the first argument of a contender describes."""
    return Work(**json.loads(text))


def take(turns: Turns, loop: Loop[Any], batch_size: int) -> None:
    """Warms up, then answers until standard input ends."""
    with closing(loop.batches()) as batches:
        kept = next(batches)
    train(loop, iter([kept] * 2))  # memory is taken, and kernels are chosen or compiled, in the first steps
    one = train(loop, iter([kept]))

    def work(turn: dict[str, Any]) -> dict[str, float]:
        count = max(1, round(turn["seconds"] / one))
        took = fed(loop, count) if turn["fed"] else train(loop, iter([kept] * count))
        return {"images": count * batch_size, "seconds": took, "resident": resident(), "gpu": gpu_memory()}

    turns.answer_each(work)


def fed(loop: Loop[Any], count: int) -> float:
    """Returns the seconds of ``count`` steps. One step goes before, in which reading ahead gets under way."""
    with closing(loop.batches()) as batches:
        loop.step(next(batches))
        loop.wait()
        return train(loop, (next(batches) for _ in range(count)))


def train(loop: Loop[Any], batches: Iterator[Any]) -> float:
    """Returns the seconds from the first batch's begin to the last step's end."""
    began = time.perf_counter()
    for batch in batches:
        loop.step(batch)
    loop.wait()
    return time.perf_counter() - began


def resident() -> float:
    """Returns the highest resident memory of this process alone, in GiB."""
    unit = 1 if sys.platform == "darwin" else 2**10  # bytes in what getrusage counts in
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30


def gpu_memory() -> float:
    """Returns the highest memory of PyTorch's tensors on the GPU so far, in GiB; 0 where it uses none."""
    torch = sys.modules.get("torch")
    return torch.cuda.max_memory_allocated() / 2**30 if torch is not None and torch.cuda.is_initialized() else 0.0
