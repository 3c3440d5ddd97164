"""JSON files that are never seen half-written."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def write_json(path: Path, content: Any) -> None:
    """Write beside ``path``, then take its place; the folder is made where it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(json.dumps(content, indent=2), encoding="utf-8")
    os.replace(beside, path)


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
