"""install_as_sagemaker: scripts that say ``from sagemaker.estimator import Estimator`` run on semseg's modules."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from semseg.errors import UserError

THEIRS = "sagemaker"
OURS = "semseg"


def install_as_sagemaker() -> None:
    """Makes ``import sagemaker``, and what lies below it, give semseg's modules from now on in this process.

    It is called once, before the first such import; a second call does nothing. What semseg lacks is a
    ModuleNotFoundError that says so, also where the ``sagemaker`` package is installed.

    Raises:
        UserError: the ``sagemaker`` package has been imported already.
    """
    if any(isinstance(finder, _Finder) for finder in sys.meta_path):
        return
    if THEIRS in sys.modules:
        raise UserError(
            f"install_as_sagemaker must be called before the first import of sagemaker, got {sys.modules[THEIRS]!r}: "
            "call it at the top of the script"
        )
    sys.meta_path.insert(0, _Finder())


def _our_name(name: str) -> str:
    return OURS + name[len(THEIRS) :]


class _Finder(MetaPathFinder):
    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name.split(".")[0] != THEIRS:
            return None
        if importlib.util.find_spec(_our_name(name)) is None:
            raise ModuleNotFoundError(
                f"semseg, which stands in for sagemaker here, has no module {_our_name(name)!r}", name=name
            )
        return ModuleSpec(name, _Loader())


class _Loader(Loader):
    """Gives the name to the module that is there already; the import system takes what it finds in sys.modules."""

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        sys.modules[name] = importlib.import_module(_our_name(name))
