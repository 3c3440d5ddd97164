"""Tells the errors of engines that had too little memory from all others."""

from __future__ import annotations

import re

from semseg.errors import PlatformError

# How MXNet, PyTorch, CUDA and the C++ library say that there is no memory left.
NO_MEMORY = re.compile(
    r"failed to allocate|can(?:no|')t allocate memory|not enough memory|out of memory|bad_alloc|ALLOC_FAILED",
    re.IGNORECASE,
)


class OutOfMemory(PlatformError):
    """Raised where a step has too little memory and cannot be computed in more parts; the engine is of no more use."""


def is_out_of_memory(error: BaseException) -> bool:
    """Returns whether an error says that there was too little memory."""
    return isinstance(error, MemoryError) or NO_MEMORY.search(str(error)) is not None
