"""Stands in for the IPython of a notebook's kernel: prints what is displayed and updated."""

from __future__ import annotations

from pathlib import Path

PACKAGE = """
class Shell:
    kernel = object()

def get_ipython():
    return Shell()
"""
DISPLAY = """
class Handle:
    def update(self, state, raw):
        print("update", state["text/plain"])

def display(state, raw, display_id):
    print("display", state["text/plain"])
    return Handle()
"""


def kernel_at(folder: Path) -> str:
    """Makes the package in a folder, and returns the beginning of a program that a kernel would run."""
    (folder / "IPython").mkdir()
    (folder / "IPython" / "__init__.py").write_text(PACKAGE)
    (folder / "IPython" / "display.py").write_text(DISPLAY)
    # a kernel has imported it before any cell runs
    return f"import sys; sys.path.insert(0, {str(folder)!r}); import IPython\n"
