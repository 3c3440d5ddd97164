"""``semseg.data`` is a room, and the door to the calls that prepare a data set."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import semseg
from semseg import datasets

REPOSITORY = Path(__file__).resolve().parent.parent


def test_the_door_gives_every_public_call_and_its_stub_names_it() -> None:
    stub = ast.parse((REPOSITORY / "semseg" / "data" / "__init__.pyi").read_text())
    named = [alias.asname for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert sorted(name for name in named if name) == sorted(datasets.__all__)
    assert all(getattr(semseg.data, name) is getattr(datasets, name) for name in datasets.__all__)
    assert set(datasets.__all__) <= set(dir(semseg.data))


@pytest.mark.parametrize("name", ["from_nothing", "_private", "Path", "annotations"])
def test_the_door_gives_nothing_else(name: str) -> None:
    with pytest.raises(AttributeError, match=f"module 'semseg.data' has no attribute '{name}'"):
        getattr(semseg.data, name)


def test_the_door_stays_shut_until_a_call_is_asked_for() -> None:
    code = (
        "import sys, semseg, semseg.data, semseg.data.labels.label_map\n"
        "before = 'semseg.conversion.coco' in sys.modules\n"
        "semseg.data.from_coco\n"
        "print(before, 'semseg.conversion.coco' in sys.modules, 'pycocotools' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "False"]
