"""How a file of MXNet parameters begins, and how large it may be; known without numpy, as unpacking needs it."""

from __future__ import annotations

import struct
from pathlib import Path

from semseg.errors import ModelError

START = struct.pack("<Q", 0x112)
MAX_FILE = 2 * 2**30  # bytes, of a file that is read, and of each file in an archive


def check_start(path: Path, start: bytes) -> None:
    """Raises ModelError where the first eight bytes of a file are not those of MXNet's parameter files."""
    if start != START:
        raise ModelError(
            f"{path.name} must be a file of MXNet parameters, which begin with {START.hex()}, "
            f"but it begins with {start.hex() or 'nothing'}"
        )
