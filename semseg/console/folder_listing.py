"""What a folder below the roots holds, for whoever looks for data."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from semseg.console.roots import Roots
from semseg.contract.channels import REQUIRED

MOST_ENTRIES = 500  # of a listing


@dataclass(frozen=True)
class FolderEntry:
    """A folder in a listing.

    Attributes:
        name: as it is shown.
        path: of the folder.
        is_data: whether it holds the folders of a data set.
    """

    name: str
    path: Path
    is_data: bool


@dataclass(frozen=True)
class Listing:
    """A folder and the folders in it.

    Attributes:
        path: of the folder.
        above: the folders above it, from its root down to itself.
        folders: those in it, the data sets first, then by name.
        more: how many there are beyond MOST_ENTRIES.
        files: how many files lie in it.
        is_data: whether it holds the folders of a data set.
    """

    path: Path
    above: tuple[FolderEntry, ...]
    folders: tuple[FolderEntry, ...]
    more: int
    files: int
    is_data: bool


def list_folder(roots: Roots, folder: Path) -> Listing:
    """Returns what a folder below the roots holds; hidden files and folders, and links that lead out, are left out."""
    names, files = [], 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if not entry.is_dir():
                files += 1
            elif not entry.is_symlink() or roots.has(Path(entry.path)):
                names.append(entry.name)
    names.sort(key=str.casefold)
    shown = [_entry(folder / name) for name in names[:MOST_ENTRIES]]
    shown.sort(key=lambda one: not one.is_data)
    root = roots.root_of(folder)
    above = [place for place in (*reversed(folder.parents), folder) if place == root or root in place.parents]
    crumbs = tuple(FolderEntry(str(root) if place == root else place.name, place, False) for place in above)
    return Listing(folder, crumbs, tuple(shown), max(0, len(names) - MOST_ENTRIES), files, is_data(folder))


def is_data(folder: Path) -> bool:
    """Returns whether a folder holds the folders of a data set."""
    return all((folder / name).is_dir() for name in REQUIRED)


def _entry(folder: Path) -> FolderEntry:
    return FolderEntry(folder.name, folder, is_data(folder))
