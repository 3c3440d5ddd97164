"""Runs a program in a Python without what Windows does not have: ``python without_posix.py <program> <arguments ...>``.

This shows what is imported and called; how Windows itself behaves it does not.
"""

from __future__ import annotations

import importlib
import runpy
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Optional

MODULES = ("fcntl", "grp", "pwd", "resource", "termios")
NAMES = {
    "mmap": ("MAP_SHARED", "MAP_POPULATE"),
    "os": ("killpg", "memfd_create", "mkfifo", "O_NONBLOCK", "sched_getaffinity", "setsid", "statvfs"),
    "select": ("poll",),
    "signal": ("alarm", "pthread_sigmask", "SIGALRM", "SIGKILL"),
    "socket": ("recv_fds", "send_fds"),
}


class Hidden:
    """A finder to which modules are not there."""

    def find_spec(
        self, name: str, path: Optional[Sequence[str]] = None, target: Optional[ModuleType] = None
    ) -> Optional[ModuleSpec]:
        if name in MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


def hide() -> None:
    """Takes the modules and the names away."""
    sys.meta_path.insert(0, Hidden())
    for module in MODULES:
        sys.modules.pop(module, None)
    for module, names in NAMES.items():
        for name in names:
            if hasattr(importlib.import_module(module), name):  # memfd_create is new in some
                delattr(importlib.import_module(module), name)


if __name__ == "__main__":
    hide()
    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name="__main__")
