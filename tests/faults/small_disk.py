"""A file system of its own with little room, which is filled to its last block and emptied again."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

FILLER = "filler"
LARGEST_PIECE = 2**30  # bytes, of what a filler grows by at first
BLOCK = 4096


class NoSmallDiskError(Exception):
    """Raised if this machine cannot make a file system; the sentence says what was tried."""


@dataclass(frozen=True)
class SmallDisk:
    """A mounted file system.

    Attributes:
        path: where it is mounted.
        made_of: what it is, for people.
    """

    path: Path
    made_of: str

    def free(self) -> int:
        """Returns the bytes that a file may still take."""
        facts = os.statvfs(self.path)
        return facts.f_bavail * facts.f_frsize

    def fill(self, leave: int = 0) -> None:
        """Takes all room but ``leave`` bytes, within milliseconds."""
        taken, piece = 0, LARGEST_PIECE
        with (self.path / FILLER).open("ab") as file:
            while piece >= BLOCK:
                if self.free() - piece < leave or not _grown(file.fileno(), taken, piece):
                    piece //= 2
                    continue
                taken += piece

    def make_room(self) -> None:
        """Gives back what was taken."""
        (self.path / FILLER).unlink(missing_ok=True)


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Mounts a file system of this size below ``folder``: ext4 on a loop device, or one in memory.

    Needs root; that of a user namespace can have the one in memory alone.

    Raises:
        NoSmallDiskError: neither can be had.
    """
    place, image = folder / "disk", folder / "disk.img"
    place.mkdir()
    made_of = _mounted(place, image, megabytes)
    try:
        yield SmallDisk(place, made_of)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
        place.rmdir()
        image.unlink(missing_ok=True)


def _mounted(place: Path, image: Path, megabytes: int) -> str:
    with image.open("wb") as file:
        file.truncate(megabytes * 2**20)
    loop = (["mkfs.ext4", "-q", "-m", "0", str(image)], ["mount", "-o", "loop", str(image), str(place)])
    memory = (["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)],)
    tried = []
    for made_of, commands in (("ext4 on a loop device", loop), ("tmpfs", memory)):
        complaint = _run(commands)
        if complaint is None:
            return f"{made_of} of {megabytes} MB"
        tried.append(f"{made_of}: {complaint}")
    place.rmdir()
    image.unlink()
    raise NoSmallDiskError("; ".join(tried))


def _run(commands: Sequence[list[str]]) -> str | None:
    """Runs commands until one fails, and returns what that one said; None where all were done."""
    for command in commands:
        program = shutil.which(command[0], path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
        if program is None:
            return f"there is no {command[0]}"
        done = subprocess.run([program, *command[1:]], capture_output=True, text=True, check=False)
        if done.returncode:
            return " ".join(done.stderr.split()) or f"{command[0]} ended with {done.returncode}"
    return None


def _grown(descriptor: int, taken: int, piece: int) -> bool:
    """Takes a piece more of the disk; returns whether there was room."""
    try:
        os.posix_fallocate(descriptor, taken, piece)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False
    return True
