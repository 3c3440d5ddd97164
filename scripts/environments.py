"""What several scripts need: the Pythons of this machine, fresh environments, and copies of parts of the clone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGE = ("semseg", "pyproject.toml", "setup.py", "setup.cfg", "README.md", "LICENSE")  # what pip installs semseg from


def interpreter_of(version: str) -> str | None:
    """Returns a Python of this version that starts, among pyenv's or on the PATH; None where there is none.

    A shim on the PATH may stand for one that is not there.
    """
    pyenv_root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    pyenv = sorted(pyenv_root.glob(f"versions/{version}.*/bin/python"))
    for candidate in (*map(str, pyenv), shutil.which(f"python{version}")):
        if candidate and subprocess.run([candidate, "--version"], capture_output=True, check=False).returncode == 0:
            return candidate
    return None


def make_environment(folder: Path, *requirements: str, interpreter: str = sys.executable) -> Path:
    """Makes an environment in a folder, installs these requirements there, and returns its Python."""
    subprocess.run([interpreter, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    install(python, *requirements)
    return python


def install(python: Path, *arguments: str) -> None:
    """Lets pip install into the environment of a Python."""
    subprocess.run([python, "-m", "pip", "install", "-q", *arguments], check=True)


def copy_from_clone(names: Iterable[str], target: Path) -> None:
    """Copies files and folders of the clone. With a copy, the clone gets no build folder and is not imported."""
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target / name)
