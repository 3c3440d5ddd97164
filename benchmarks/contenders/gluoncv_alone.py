"""Makes GluonCV importable as it comes, by this import alone; nothing of semseg is in it.

MXNet 1.9.1 needs the name ``numpy.bool`` back. GluonCV imports PyTorch where it finds it, needs it for nothing here,
and raises on every version from 2.0 on.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from typing import Any

import numpy as np


class WithoutPyTorch(MetaPathFinder):
    """Says of PyTorch that it is not installed."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> None:
        if name == "torch":
            raise ModuleNotFoundError("PyTorch is hidden from GluonCV", name=name)


vars(np).setdefault("bool", bool)
sys.meta_path.insert(0, WithoutPyTorch())
