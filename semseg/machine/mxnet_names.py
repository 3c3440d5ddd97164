"""Makes ``import mxnet`` work beside today's numpy and SciPy, which have dropped names that MXNet 1.9.1 asks for.

``import semseg`` calls :func:`restore_on_import`, so that scripts may import MXNet themselves. Until a script does,
numpy and SciPy are neither changed nor imported.
"""

from __future__ import annotations

import sys
import warnings
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

MXNET = "mxnet"

INFINITY = float("inf")

# numpy 2 dropped these, and MXNet 1.9.1 names them while it is imported. A string is the name that numpy 2 has for it.
DROPPED_BY_NUMPY_2: dict[str, str | float | None] = {
    "PZERO": 0.0,
    "NZERO": -0.0,
    "PINF": INFINITY,
    "NINF": -INFINITY,
    "NAN": "nan",
    "NaN": "nan",
    "Inf": INFINITY,
    "infty": INFINITY,
    "Infinity": INFINITY,
    "float_": "float64",
    "product": "prod",
    "sometrue": "any",
    "alltrue": "all",
    "cumproduct": "cumprod",
    "round_": "round",
    "in1d": "isin",
    "row_stack": "vstack",
    "asfarray": "asarray",
    "msort": "sort",
    "trapz": "trapezoid",
    # financial functions, removed in numpy 1.20; MXNet names them and nobody calls them
    **dict.fromkeys(("fv", "ipmt", "irr", "mirr", "nper", "npv", "pmt", "ppmt", "pv", "rate")),
}


def restore_on_import() -> None:
    """Makes the first ``import mxnet`` of this process restore the names. A second call does nothing."""
    watched = any(isinstance(finder, MXNetFinder) for finder in sys.meta_path)
    if MXNET not in sys.modules and not watched:
        sys.meta_path.insert(0, MXNetFinder())


def restore() -> None:
    """Gives numpy and SciPy back the names that MXNet asks for; names that they have are left as they are."""
    import numpy

    give_numpy_its_names_back(numpy)
    give_scipy_its_name_back()


def give_numpy_its_names_back(numpy: ModuleType) -> None:
    """Adds the names that numpy lacks. Looks in vars(), because hasattr() would make numpy warn about its old names."""
    names = vars(numpy)
    names.setdefault("bool", bool)  # dropped by numpy 1.24, back in numpy 2
    if int(numpy.__version__.split(".")[0]) >= 2:
        for name, value in DROPPED_BY_NUMPY_2.items():
            names.setdefault(name, getattr(numpy, value, None) if isinstance(value, str) else value)


def give_scipy_its_name_back() -> None:
    """Adds ``scipy.sparse.csr.csr_matrix``. MXNet asks for it each time it takes a numpy array, and SciPy would warn
    each time.
    """
    try:
        import scipy.sparse
    except ImportError:  # MXNet works without it
        return
    vars(scipy.sparse.csr)["csr_matrix"] = scipy.sparse.csr_matrix


class MXNetFinder(MetaPathFinder):
    """Finds MXNet where Python's own finder does, and has it loaded by :class:`_Loader`."""

    def find_spec(self, name: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        """Returns the spec of MXNet, and None for every other module. Nothing is changed before MXNet is loaded."""
        if name != MXNET:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(self, spec.loader.name, spec.loader.path)
        return spec


class _Loader(SourceFileLoader):
    """Loads MXNet as Python does, with the names restored before."""

    def __init__(self, finder: MXNetFinder, name: str, path: str) -> None:
        super().__init__(name, path)
        self._finder = finder

    def exec_module(self, module: ModuleType) -> None:
        with warnings.catch_warnings():
            # they are about old spellings in MXNet and what it imports, which no user can correct
            warnings.simplefilter("ignore")
            restore()
            super().exec_module(module)
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
