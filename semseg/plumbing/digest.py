"""The SHA-256 of a file's content."""

from __future__ import annotations

import hashlib
from pathlib import Path

from semseg.plumbing.regular_file import open_regular

BLOCK = 2**20  # bytes read at once


def sha256(path: Path) -> str:
    """Returns the SHA-256 of a file's content, 64 hexadecimal digits.

    Raises:
        OSError: the file cannot be read.
    """
    digest = hashlib.sha256()
    with open_regular(path) as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
