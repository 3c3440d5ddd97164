"""Commands that run a module of semseg in a process of its own: ``python python_command.py <module> <arguments ...>``.

As ``python -m <module>``, but nothing is imported from the current folder: a ``queue.py`` beside a user's notebook is
not meant for the training process. The package is the one that this file belongs to, wherever it lies, so that parent
and child run the same code. The user's PYTHONPATH is used, except entries that mean the current folder.

This file is started by its path, and imports nothing before the search path is in order but what Python has loaded by
then. Python's own option for it, -P, is there since Python 3.11 only; -I would ignore PYTHONPATH.
"""

import os
import sys

PACKAGE = "semseg"
FOLDER = os.path.dirname(os.path.abspath(__file__))
PACKAGE_FOLDER = os.path.dirname(FOLDER)


def python_command(module: str, *arguments: str) -> "tuple[str, ...]":
    """Returns the command that runs a module of semseg, such as ``semseg.container.train``, with these arguments."""
    return (sys.executable, os.path.join(FOLDER, os.path.basename(__file__)), module, *arguments)


def main() -> None:
    """Runs the module that the command line names, with the arguments after it."""
    sys.path[:] = search_path(sys.path, os.environ.get("PYTHONPATH", ""))
    import runpy

    load_package()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def search_path(path: "list[str]", python_path: str) -> "list[str]":
    """Returns ``path`` without the folder of this file, which Python puts in front, and without the current folder.

    The current folder stays if an entry of ``python_path`` names it in full.
    """
    entries = python_path.split(os.pathsep) if python_path else []
    own = [FOLDER, "", os.curdir]
    if any(is_current_folder(entry) for entry in entries):
        own.append(os.getcwd())  # Python has put this in place of the entry
    named = [os.path.normpath(entry) for entry in entries if os.path.isabs(entry)]
    return [entry for entry in path if entry not in own or entry in named]


def is_current_folder(entry: str) -> bool:
    """Returns whether an entry of PYTHONPATH stands for the current folder: it is empty, "." or the like."""
    return os.path.normpath(entry) == os.curdir


def load_package() -> None:
    """Imports semseg from the folder of this file, even if that is nowhere on the search path."""
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location(
        PACKAGE, os.path.join(PACKAGE_FOLDER, "__init__.py"), submodule_search_locations=[PACKAGE_FOLDER]
    )
    assert spec is not None  # it is a .py file
    assert spec.loader is not None
    package = module_from_spec(spec)
    sys.modules[PACKAGE] = package
    spec.loader.exec_module(package)


if __name__ == "__main__":
    main()
