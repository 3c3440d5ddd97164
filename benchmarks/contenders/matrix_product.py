"""A matrix product on this machine: numpy's in float32 on the processor, PyTorch's in bfloat16 on a GPU.

    python -m benchmarks.contenders.matrix_product cpu 3072

A turn has ``count``, the number of products; the answer has the ``seconds`` that they took.
"""

from __future__ import annotations

import sys
import time
from typing import Any, Callable

import numpy as np

from benchmarks.contenders.turns import Turns

Multiply = Callable[[int], None]  # a number of products; returns when all are done


def main(device: str, side: str) -> None:
    turns = Turns()
    multiply = by_torch(device, int(side)) if device == "cuda" else by_numpy(int(side))
    multiply(1)

    def work(turn: dict[str, Any]) -> dict[str, float]:
        began = time.perf_counter()
        multiply(turn["count"])
        return {"seconds": time.perf_counter() - began}

    turns.answer_each(work)


def by_numpy(side: int) -> Multiply:
    rng = np.random.default_rng(0)
    left, right = (rng.standard_normal((side, side), np.float32) for _ in range(2))
    product = np.empty_like(left)

    def multiply(count: int) -> None:
        for _ in range(count):
            np.matmul(left, right, out=product)

    return multiply


def by_torch(device: str, side: int) -> Multiply:
    import torch

    left, right = (torch.randn(side, side, device=device, dtype=torch.bfloat16) for _ in range(2))
    product = torch.empty_like(left)

    def multiply(count: int) -> None:
        for _ in range(count):
            torch.matmul(left, right, out=product)
        torch.cuda.synchronize()

    return multiply


if __name__ == "__main__":
    main(*sys.argv[1:])
