"""The folders below which the console may read and write files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from semseg.contract.channels import KNOWN
from semseg.errors import UserError


class Roots:
    """Folders that were named when the console was started; all else is out of its reach.

    Args:
        folders: of this machine.

    Attributes:
        folders: the same without symbolic links, each once, in their order.

    Raises:
        UserError: one of them is no folder, or there is none.
    """

    def __init__(self, folders: Iterable[str | os.PathLike[str]]) -> None:
        self.folders = tuple(dict.fromkeys(_root(Path(folder)) for folder in folders))
        if not self.folders:
            raise UserError("the console needs at least one folder to read data from, got none")

    def folder(self, place: str) -> Path:
        """Returns a folder below the roots, without symbolic links.

        Raises:
            UserError: it is not below them, or no folder. Of what is not below them nothing is told.
        """
        path = self._below(place)
        if not path.is_dir():
            raise UserError(f"{path} must be a folder: choose another one")
        return path

    def file(self, place: str) -> Path:
        """Returns a regular file below the roots, without symbolic links.

        Raises:
            UserError: it is not below them, or no regular file.
        """
        path = self._below(place)
        if not path.is_file():
            raise UserError(f"{path} must be a file: choose another one")
        return path

    def data(self, place: str) -> Path:
        """Returns a folder below the roots, like :meth:`folder`, of which no channel is a link that leads out of them.

        Raises:
            UserError: it is not below them, or a channel of it is not.
        """
        path = self.folder(place)
        out = next((name for name in KNOWN if not self.has(path / name)), None)
        if out is not None:
            raise UserError(f"{path / out} must lie below {self.listed()}, and is a link that leads out")
        return path

    def has(self, path: Path) -> bool:
        """Returns whether a path lies below a root, once its symbolic links are followed."""
        real = Path(os.path.realpath(path))
        return any(root == real or root in real.parents for root in self.folders)

    def root_of(self, path: Path) -> Path:
        """Returns the root that a path lies below, the nearest where there are several."""
        above = [root for root in self.folders if root == path or root in path.parents]
        return max(above, key=lambda root: len(root.parts))

    def _below(self, place: str) -> Path:
        real = None if "\0" in place else Path(os.path.realpath(os.path.expanduser(place)))
        if real is None or not self.has(real):
            raise UserError(f"a path must lie below {self.listed()}, got {place!r:.200}: start the console with --root")
        return real

    def listed(self) -> str:
        """Returns the roots as a sentence shows them."""
        return " or ".join(str(folder) for folder in self.folders)


def _root(folder: Path) -> Path:
    real = Path(os.path.realpath(folder.expanduser()))
    if not real.is_dir():
        raise UserError(f"--root must be a folder of this machine, got {str(folder)!r:.200}")
    return real
