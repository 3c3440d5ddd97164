"""The facts of files that were read by earlier jobs, so that a file that did not change is not read again.

A file is known by its device and number, its size, and when it and its entry in the file system changed, in
nanoseconds. They are kept in files of lines, each with a key and the facts as JSON, and before them a digest of all.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import stat
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from semseg.data.file_check import Facts
from semseg.data.labels.colour_table import ColourTable
from semseg.data.pictures.facts import ImageFacts, MaskFacts
from semseg.data.pictures.picture import Picture
from semseg.plumbing.digest import blake2b
from semseg.plumbing.whole_file import beside

YOUNG_SECONDS = 2.0  # a file that changed later may change again within one tick of its clock
MOST_BYTES = 2**21  # of one file of facts
PARTS = 64  # into which all facts are divided by their keys
_FORMAT = "2"

Told = TypeVar("Told")
# A kind of file, what reads its facts, what makes a row of them, and what makes facts of a row.
_Way = tuple[str, Callable[[Picture, str], Told], Callable[[Told], Sequence[Any]], Callable[[Any], Told]]


class FactStore:
    """Facts by their keys, as JSON, in a folder. May be used from several threads at once.

    Args:
        folder: made where it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts: dict[int, _Part] = {}
        self._lock = threading.Lock()

    def find(self, key: str, from_row: Callable[[Any], Told]) -> Told | None:
        """Returns what ``from_row`` makes of what is kept under a key; None where there is nothing, or it is broken."""
        return self._part(key).find(key, from_row)

    def add(self, key: str, row: Sequence[Any]) -> None:
        """Takes in facts; :meth:`save` keeps them."""
        self._part(key).add(key, row)

    def save(self) -> None:
        """Writes what was added; not being able to is no fault of whoever asks."""
        for part in self._parts.values():
            with contextlib.suppress(OSError):
                part.save()

    def _part(self, key: str) -> _Part:
        number = int(key[:4], 16) % PARTS
        with self._lock:
            if number not in self._parts:
                self._parts[number] = _Part(self._folder / f"{number:02}.txt")
            return self._parts[number]


class KeptFacts:
    """Facts of files that did not change since an earlier job read them; of others they are read, and kept.

    May be asked from several threads at once.

    Args:
        store: where they are kept.
        read: reads the facts of a file.
        rule: all that the facts depend on beside the file, in any words.
        now: returns the time in seconds since 1970.

    Attributes:
        known: how many files were not read.
    """

    def __init__(self, store: FactStore, read: Facts, rule: str, now: Callable[[], float] = time.time) -> None:
        self.known = 0
        self._store = store
        self._read = read
        self._rule = f"{_FORMAT} {_versions()} {rule}"
        self._now = now
        self._lock = threading.Lock()

    def image(self, picture: Picture, name: str) -> ImageFacts:
        """Returns the facts of an image; raises ImageError where it cannot be read."""
        return self._facts(("image", self._read.image, _image_row, _image), picture, name)

    def mask(self, picture: Picture, name: str, colours: ColourTable | None) -> MaskFacts:
        """Returns the facts of a mask, as it is read by colours or by its values; raises ImageError where it cannot be
        read.
        """
        kind = "mask" if colours is None else f"mask by {colours.entries}"
        return self._facts((kind, partial(self._read.mask, colours=colours), _mask_row, _mask), picture, name)

    def _facts(self, way: _Way[Told], picture: Picture, name: str) -> Told:
        kind, read, to_row, from_row = way
        key = self._key(kind, picture)
        if key is None:
            return read(picture, name)
        facts = self._store.find(key, from_row)
        if facts is not None:
            with self._lock:
                self.known += 1
            return facts
        facts = read(picture, name)
        if self._key(kind, picture) == key:  # else it changed while it was read
            self._store.add(key, to_row(facts))
        return facts

    def _key(self, kind: str, picture: Picture) -> str | None:
        """Returns what the facts of a file are kept under; None for what is no file, or may just be changing."""
        if not isinstance(picture, Path):
            return None
        try:
            found = os.stat(picture)
        except OSError:
            return None
        # Of a file with several names it changes with each of them: that of a download with each job.
        changed = found.st_ctime_ns if found.st_nlink == 1 else 0
        age = self._now() - max(found.st_mtime_ns, changed) / 1e9
        if not stat.S_ISREG(found.st_mode) or age < YOUNG_SECONDS:
            return None
        seen = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, changed)
        return blake2b(json.dumps([self._rule, kind, *seen]).encode()).hex()


class _Part:
    """One of the files in which facts are kept."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept = _lines(path)
        self._used: dict[str, str] = {}
        self._new: dict[str, str] = {}

    def find(self, key: str, from_row: Callable[[Any], Told]) -> Told | None:
        line = self._kept.get(key)
        if line is None:
            return None
        try:
            facts = from_row(json.loads(line))
        except (ValueError, TypeError, KeyError, zlib.error):
            return None
        self._used[key] = line
        return facts

    def add(self, key: str, row: Sequence[Any]) -> None:
        self._new[key] = json.dumps(row, separators=(",", ":"))

    def save(self) -> None:
        """Writes the file anew where there is something new: the facts that were used longest ago are left out."""
        if not self._new:
            return
        unused = {key: line for key, line in self._kept.items() if key not in self._used}
        lines, size = [], 0
        for key, line in reversed({**unused, **self._used, **self._new}.items()):
            size += len(key) + len(line) + 2
            if size > MOST_BYTES:
                break
            lines.append(f"{key} {line}\n")
        content = "".join(reversed(lines)).encode()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with beside(self._path, forced=False) as part:
            part.write_bytes(f"{blake2b(content).hex()}\n".encode() + content)


def _lines(path: Path) -> dict[str, str]:
    """Returns the lines of a file by their keys; none where it is not there, or not whole."""
    try:
        if path.stat().st_size > 2 * MOST_BYTES:
            return {}
        digest, _, content = path.read_bytes().partition(b"\n")
    except OSError:
        return {}
    if digest != blake2b(content).hex().encode():
        return {}
    return dict(line.split(" ", 1) for line in content.decode().splitlines())


def _versions() -> str:
    """Returns the versions of what reads files."""
    found = []
    for package in ("semseg", "pillow"):
        try:
            found.append(version(package))
        except PackageNotFoundError:
            found.append("")
    return " ".join(found)


def _image_row(facts: ImageFacts) -> Sequence[Any]:
    return [facts.width, facts.height, facts.orientation, facts.bits, facts.highest, facts.digest.hex()]


def _image(row: Any) -> ImageFacts:
    width, height, orientation, bits, highest, digest = row
    return ImageFacts(width, height, orientation, bits, highest, bytes.fromhex(digest))


def _mask_row(facts: MaskFacts) -> Sequence[Any]:
    values = np.flatnonzero(facts.counts)
    palette = None if facts.palette is None else base64.b64encode(zlib.compress(facts.palette)).decode()
    squares = None if facts.squares is None else facts.squares[values].tolist()
    return [facts.width, facts.height, values.tolist(), facts.counts[values].tolist(), palette, squares]


def _mask(row: Any) -> MaskFacts:
    width, height, values, pixels, packed, of_squares = row
    palette = None if packed is None else zlib.decompress(base64.b64decode(packed))
    squares = None if of_squares is None else _spread(values, of_squares)
    return MaskFacts(width, height, _spread(values, pixels), palette, squares)


def _spread(values: Sequence[int], numbers: Sequence[int]) -> np.ndarray:
    """Returns the numbers at their places, (256,) int64, and 0 elsewhere."""
    spread = np.zeros(256, np.int64)
    spread[values] = numbers
    return spread
