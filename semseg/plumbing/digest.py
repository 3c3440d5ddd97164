"""Digests of a file's content: SHA-256 to be sure of it, BLAKE2 to know equal ones."""

from __future__ import annotations

import hashlib
from pathlib import Path

from semseg.plumbing.regular_file import open_regular

BLOCK = 2**20  # bytes read at once
SHORT = 16  # bytes of a digest that tells files apart which nobody made to be taken for others


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


def blake2b(data: bytes) -> bytes:
    """Returns a digest of 16 bytes, equal for equal data."""
    return hashlib.blake2b(data, digest_size=SHORT).digest()
