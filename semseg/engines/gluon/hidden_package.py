"""A package that is hidden while another one is imported.

GluonCV 0.10.5 imports PyTorch where it can find it, and raises RuntimeError for every version from 2.0 on. It needs
none of it for the networks here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from typing import Any


@contextmanager
def hidden(name: str) -> Iterator[None]:
    """Makes ``import name`` raise ModuleNotFoundError in the block, whether or not the package is imported already.

    ``sys.modules[name] = None`` would do the same, but SciPy takes what is there for the package.
    """
    imported = sys.modules.pop(name, None)
    finder = _Hider(name)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        if imported is not None:
            sys.modules[name] = imported


class _Hider(MetaPathFinder):
    """Says of one package that it is not installed."""

    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(self, name: str, path: Any, target: Any = None) -> None:
        """Raises ModuleNotFoundError for the package, and leaves all others to the next finder."""
        if name == self._name:
            raise ModuleNotFoundError(f"{name} is hidden from what is imported now", name=name)
