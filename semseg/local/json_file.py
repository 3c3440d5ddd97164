"""JSON files that are never seen half-written."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def write_json(path: Path, content: Any) -> None:
    """Write beside ``path``, then take its place; the folder is made where it is not there.

    The file is readable by its owner alone: an environment in it may hold a token.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
    os.replace(beside, path)


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
