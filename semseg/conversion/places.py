"""The files that an annotation file names: they lie in the folder that the caller gave, and nowhere else."""

from __future__ import annotations

from pathlib import Path, PurePosixPath, PureWindowsPath

from semseg.contract.pairing import IMAGE_SUFFIXES, is_hidden, written_suffixes
from semseg.conversion.conversion_problems import Unusable
from semseg.conversion.untrusted import shown


def file_in(folder: Path, name: str) -> Path:
    """Returns the file of a name, which must be a path in ``folder`` and lead to a file there.

    Args:
        name: with ``/`` or, from Windows, ``\\`` between its parts.

    Raises:
        Unusable: it leads out of the folder, also by a link, or to no regular file.
    """
    posix = name.replace("\\", "/")
    parts = posix.split("/")
    if not posix or "\0" in name or posix.startswith("/") or PureWindowsPath(name).drive or ".." in parts:
        raise Unusable(f"a picture must be named by a path in {folder}, got {shown(name)}")
    path = folder / PurePosixPath(posix)
    try:
        if not path.is_file():
            raise Unusable(f"there must be a file {posix[:200]!r} in {folder}: put it there, or name another folder")
        if not path.resolve().is_relative_to(folder.resolve()):
            raise Unusable(f"{posix[:200]!r} is a link that leads out of {folder}: put the file itself there")
    except (OSError, ValueError) as error:  # too long, or half of a surrogate pair
        raise Unusable(f"a picture must be named by a path in {folder}, got {shown(name)}") from error
    return path


def sample_name(picture: Path, folder: Path) -> str:
    """Returns the name of a picture as a sample: its path in ``folder`` without the suffix.

    Raises:
        Unusable: a job would leave it out: it is hidden, or of a format that no channel may hold.
    """
    path = PurePosixPath(picture.relative_to(folder).as_posix())
    if is_hidden(str(path)):
        raise Unusable(f"{path} must not be hidden: a job leaves out names that begin with a full stop")
    if path.suffix.lower() not in IMAGE_SUFFIXES:
        raise Unusable(f"a picture must be a {written_suffixes(IMAGE_SUFFIXES)} file, got {shown(path.name)}")
    return path.with_suffix("").as_posix()


def folder_at(path: Path, what: str) -> Path:
    """Returns a folder that is there.

    Raises:
        Unusable: there is none; ``what`` is the name of the argument.
    """
    if not path.is_dir():
        raise Unusable(f"{what} must be a folder, got {path}")
    return path
