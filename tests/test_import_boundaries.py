"""Who may import whom: the tables of docs/architecture.md, read from the document and held against every file."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
MAP = REPOSITORY / "docs" / "architecture.md"
GROUND_FLOOR = "ground floor"
NOT_LOADED = ("mxnet", "gluoncv", "torch", "cv2", "onnx", "openvino", "boto3", "uvicorn", "pandas", "matplotlib")


@dataclass(frozen=True)
class Rules:
    """What the document says.

    Attributes:
        rooms: each room, a folder such as "engines/gluon", with the rooms that it may import beside itself.
        homes: each heavy package with the rooms that may import it.
    """

    rooms: dict[str, set[str]]
    homes: dict[str, set[str]]


def read_rules(document: Path = MAP) -> Rules:
    """Returns the rules that the two tables of the document state."""
    rooms = {room: set(words(allowed)) for room, _, allowed in rows(document, "Rooms")}
    homes = {package: set(words(home)) for packages, home in rows(document, "Homes") for package in words(packages)}
    return Rules({words(room)[0] if "`" in room else room: allowed for room, allowed in rooms.items()}, homes)


def rows(document: Path, heading: str) -> Iterator[list[str]]:
    """Yields the cells of each row of the table below a heading, without the table's own head."""
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", document.read_text(), re.M | re.S)
    lines = [line for line in section.splitlines() if line.startswith("|")]
    for line in lines[2:]:
        yield [cell.strip() for cell in line.strip("|").split("|")]


def words(cell: str) -> list[str]:
    """Returns the names in backquotes, and the words "ground floor"."""
    return re.findall(r"`([\w/]+)`", cell) + re.findall(GROUND_FLOOR, cell)


RULES = read_rules()


def imports(file: Path, package: Path) -> Iterator[str]:
    """Yields every module that a file imports, at its top or inside a function, relative names resolved."""
    place = ("semseg", *file.relative_to(package).parts[:-1])
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = place[: len(place) - node.level + 1] if node.level else ()
            module = ".".join((*above, *([node.module] if node.module else [])))
            # "from semseg import data" imports a room by the name after "import"
            yield from (f"{module}.{alias.name}" for alias in node.names)


def room_of(parts: tuple[str, ...]) -> str:
    """Returns the room of a module below semseg, given its path such as ("engines", "gluon", "engine")."""
    for length in range(len(parts), 0, -1):
        if "/".join(parts[:length]) in RULES.rooms:
            return "/".join(parts[:length])
    return GROUND_FLOOR


def trespasses(package: Path) -> list[str]:
    """Returns one line for each import that the document forbids."""
    found = []
    for file in sorted(package.rglob("*.py")):
        name = file.relative_to(package)
        room = room_of(name.with_suffix("").parts)
        found += [f"{name.as_posix()} imports {target}" for target in imports(file, package) if forbidden(room, target)]
    return found


def forbidden(room: str, target: str) -> bool:
    top, *rest = target.split(".")
    if top != "semseg":
        return top in RULES.homes and room not in RULES.homes[top]
    other = room_of(tuple(rest))
    return rest[:1] != ["errors"] and other != room and other not in RULES.rooms[room]


def test_no_file_imports_what_its_room_may_not() -> None:
    assert trespasses(REPOSITORY / "semseg") == []


def test_no_room_may_import_what_it_does_not_need() -> None:
    package = REPOSITORY / "semseg"
    used: dict[str, set[str]] = {room: set() for room in RULES.rooms}
    for file in package.rglob("*.py"):
        room = room_of(file.relative_to(package).with_suffix("").parts)
        targets = (target.split(".") for target in imports(file, package))
        used[room].update(room_of(tuple(rest)) for top, *rest in targets if top == "semseg")
    assert {room: allowed - used[room] for room, allowed in RULES.rooms.items() if allowed - used[room]} == {}


def test_every_room_is_in_the_table() -> None:
    package = REPOSITORY / "semseg"
    folders = {file.parent.relative_to(package).as_posix() for file in package.glob("*/**/__init__.py")}
    rooms = {room for room in RULES.rooms if not (package / f"{room}.py").is_file()}
    assert folders == rooms - {GROUND_FLOOR}


def test_every_room_of_the_table_stands_below_those_that_may_import_it() -> None:
    seen: set[str] = set()
    for room, allowed in RULES.rooms.items():
        if room != "amazon":  # it and the ground floor name each other: both are SageMaker's own names
            assert allowed - seen == set(), f"{room} stands above what it may import"
        seen.add(room)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("data/bad.py", "import mxnet as mx"),
        ("data/bad.py", "from mxnet import nd"),
        ("data/bad.py", "import semseg.engines.gluon.engine"),
        ("data/bad.py", "from semseg.engines.gluon import engine"),
        ("data/bad.py", "from semseg.engines import gluon"),
        ("data/bad.py", "from ..engines.gluon.engine import GluonEngine"),
        ("data/bad.py", "from .. import training"),
        ("data/bad.py", "def f():\n    import semseg.training.trainer"),
        ("contract/bad.py", "from semseg import Estimator"),
        ("engines/bad.py", "import mxnet"),
        ("engines/bad.py", "from semseg.engines.gluon import runtime"),
        ("engines/gluon/bad.py", "import cv2"),
        ("engines/gluon/bad.py", "from semseg.engines.openvino import opening"),
        ("local/bad.py", "import boto3"),
        ("serving/bad.py", "from semseg.training import trainer"),
        ("bad.py", "from semseg.engines.gluon.runtime import prepare"),
        ("doctor.py", "from semseg.engines.gluon import runtime"),
    ],
)
def test_a_forbidden_import_is_found(tmp_path: Path, name: str, line: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(line + "\n")
    assert [found.split(" imports ")[0] for found in trespasses(tmp_path)] == [name]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("data/good.py", "from semseg.contract import png_mask\nfrom semseg.errors import ImageError\nimport numpy"),
        (
            "data/good.py",
            "from ..contract.png_mask import decode\nfrom .samples import Sample\nfrom ..errors import ImageError",
        ),
        ("engines/gluon/good.py", "import mxnet\nfrom semseg.engines.gluon import runtime"),
        ("doctor.py", "from semseg.machine.facts import Machine"),
        ("estimator.py", "from semseg.local.session import LocalSession\nfrom semseg.model import Model"),
    ],
)
def test_an_allowed_import_is_left_alone(tmp_path: Path, name: str, line: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(line + "\n")
    assert trespasses(tmp_path) == []


def test_importing_semseg_loads_nothing_heavy() -> None:
    code = f"import sys, semseg; print([name for name in {NOT_LOADED} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
