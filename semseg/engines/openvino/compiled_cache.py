"""Compiled networks, kept in a folder, because to compile one takes longer than to read it.

A file is what OpenVINO exports of a compiled network, and the SHA-256 of that at its end, 32 bytes. The cache only
saves time: a damaged file is made again, and if the folder cannot be written, nothing is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import time
from pathlib import Path

import openvino as ov

from semseg.plumbing.whole_file import PART, beside

SUFFIX = ".compiled"
KEPT = 8  # entries; the least recently used go first
ABANDONED = 3600  # seconds after which an unfinished file is removed
DIGEST_BYTES = 32

log = logging.getLogger(__name__)


class CompiledCache:
    """The entries of one folder, by their keys; a key is made of letters, digits and dashes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, key: str) -> ov.Tensor | None:
        """Returns what :meth:`write` was given, (n,) uint8; None if there is no entry, or a damaged one."""
        path = self._path(key)
        try:
            content = _read(path)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            log.warning("the cached network %s cannot be used, and is made anew: %s", path, error)
            return None
        with contextlib.suppress(OSError):  # a read-only folder
            os.utime(path)  # marks it as used now
        return content

    def write(self, key: str, content: memoryview) -> None:
        """Keeps ``content``, and of the older entries those that were used last."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._write(key, content)
            self._make_room()
        except OSError as error:
            log.warning("%s keeps no compiled network, so the next start takes longer: %s", self.folder, error)

    def _write(self, key: str, content: memoryview) -> None:
        with beside(self._path(key), forced=False) as part, part.open("xb") as stream:
            stream.write(content)
            stream.write(hashlib.sha256(content).digest())

    def _make_room(self) -> None:
        entries = sorted(self.folder.glob(f"*{SUFFIX}"), key=_used, reverse=True)
        unfinished = [path for path in self.folder.glob(f"*{PART}") if time.time() - _used(path) > ABANDONED]
        for path in (*entries[KEPT:], *unfinished):
            path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}{SUFFIX}"


def _read(path: Path) -> ov.Tensor:
    """Reads a file into memory of OpenVINO's own, which it goes on using after the network is loaded."""
    with path.open("rb") as file:
        length = os.fstat(file.fileno()).st_size - DIGEST_BYTES
        if length <= 0:
            raise ValueError("it is cut off")
        content = ov.Tensor(ov.Type.u8, ov.Shape([length]))
        if file.readinto(memoryview(content.data)) != length:
            raise ValueError("it is cut off")
        if hashlib.sha256(memoryview(content.data)).digest() != file.read():
            raise ValueError("its content is not what was written")
    return content


def _used(path: Path) -> float:
    """Returns when a file was last used, in seconds; 0 if it no longer exists."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0
