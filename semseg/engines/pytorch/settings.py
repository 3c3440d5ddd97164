"""PyTorch's settings, which are those of the whole process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache

import torch

from semseg.contract.environment import OMP_NUM_THREADS
from semseg.machine.facts import usable_cores


@lru_cache
def settle(device_type: str) -> None:
    """Sets once what computing on a device of this type ("cpu", "cuda" or "mps") needs.

    On the processor that is a thread for each core, unless OMP_NUM_THREADS says otherwise: PyTorch itself takes no
    account of a container's quota. On CUDA it is that float32 means float32. PyTorch's default for convolutions, TF32,
    keeps 10 of the 23 bits of a mantissa, and a model's masks then differ from those of the other engines.
    """
    if device_type == "cuda":
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cuda.matmul.allow_tf32 = False
    if not OMP_NUM_THREADS.read(os.environ):
        torch.set_num_threads(usable_cores())
    with suppress(RuntimeError):  # said where it is too late, because something was computed before
        torch.set_num_interop_threads(1)  # of operators beside each other, which nothing here uses


@contextmanager
def fastest_convolutions() -> Iterator[None]:
    """Lets cuDNN try which algorithm is the fastest for each shape that it meets for the first time, and keep to that.

    That pays in training, where all batches have one shape; whole pictures have many.
    """
    before = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = True
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = before
