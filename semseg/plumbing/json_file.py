"""JSON files that are never seen half-written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from semseg.plumbing.whole_file import beside, write_text


def write_json(path: Path, content: Any) -> None:
    """Writes a JSON file whole; its folder is made where it is not there.

    Only its owner can read the file, because an environment in it may hold a token.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with beside(path) as part:
        part.touch(mode=0o600)
        part.write_text(json.dumps(content, indent=2), encoding="utf-8")


def write_public_json(path: Path, content: Any) -> None:
    """Writes a JSON file whole, readable by whoever may read its folder: those of a model and of a job's output."""
    write_text(path, json.dumps(content, indent=1))


def read_json(path: Path) -> Any:
    """Returns what a JSON file holds."""
    return json.loads(path.read_text(encoding="utf-8"))
