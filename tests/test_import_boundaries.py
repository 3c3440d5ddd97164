"""Who may import whom: the table of docs/architecture.md, held against every file."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
GROUND_FLOOR = ""

# room -> the rooms of ours that it may import, beside itself and errors
MAY_IMPORT = {
    "contract": set(),
    "machine": set(),
    "data": {"contract"},
    "prediction": {"data", "contract"},
    "training": {"prediction", "data", "contract"},
    "serving": {"prediction", "data", "contract"},
    "exporting": {"training", "prediction", "data", "contract"},
    "gluon": {"contract", "machine"},
    "graph": {"contract"},
    "openvino": {"graph", "contract"},
    "aws": {"contract"},
    "amazon": {GROUND_FLOOR, "contract"},
    "container": {
        "training",
        "serving",
        "exporting",
        "prediction",
        "data",
        "contract",
        "machine",
        "gluon",
        "graph",
        "openvino",
        "aws",
    },
    "local": {"contract", "aws", "machine"},
    GROUND_FLOOR: {"local", "contract", "aws", "amazon", "machine"},
}

# one module may look into a room that is closed to its neighbours: the doctor needs no engine to tell what hinders one
EXCEPTIONS = {
    "semseg.doctor": {"semseg.gluon.diagnosis", "semseg.gluon.graphics", "semseg.gluon.machine"},
}
WITHOUT_ENGINE = ("gluon/diagnosis.py", "gluon/graphics.py", "gluon/machine.py")

# heavy package -> the one room that may import it
HOMES = {
    "mxnet": "gluon",
    "gluoncv": "gluon",
    "safetensors": "gluon",
    "huggingface_hub": "gluon",
    "onnx": "graph",
    "onnxruntime": "graph",
    "openvino": "openvino",
    "nncf": "openvino",
    "prometheus_client": "serving",
    "boto3": "aws",
    "botocore": "aws",
    "s3transfer": "aws",
    "uvicorn": "serving",
    "starlette": "serving",
    "cv2": "nowhere",
}
NOT_LOADED = ("mxnet", "gluoncv", "cv2", "onnx", "openvino", "boto3", "uvicorn", "pandas", "matplotlib")


def imports(file: Path, package: Path) -> Iterator[str]:
    """Every module that a file imports, at its top or inside a function, relative names resolved."""
    place = ("semseg", *file.relative_to(package).parts[:-1])
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = place[: len(place) - node.level + 1] if node.level else ()
            module = ".".join((*above, *([node.module] if node.module else [])))
            # "from semseg import gluon" imports a room by the name after "import"
            yield from (f"{module}.{alias.name}" for alias in node.names)


def room_of(module: str, package: Path) -> str:
    """The room of one of our modules: a folder below the package; GROUND_FLOOR for its own files and names."""
    parts = module.split(".")[1:]
    return parts[0] if parts and (package / parts[0]).is_dir() else GROUND_FLOOR


def trespasses(package: Path) -> list[str]:
    """One line for each import that the table forbids."""
    found = []
    for file in sorted(package.rglob("*.py")):
        name = file.relative_to(package).as_posix()
        room = name.split("/")[0] if "/" in name else GROUND_FLOOR
        module = f"semseg.{name[:-3].replace('/', '.')}"
        found += [
            f"{name} imports {target}" for target in imports(file, package) if forbidden(room, module, target, package)
        ]
    return found


def forbidden(room: str, module: str, target: str, package: Path) -> bool:
    top = target.split(".")[0]
    if top != "semseg":
        return HOMES.get(top, room) != room
    if target.startswith("semseg.errors") or any(target.startswith(allowed) for allowed in EXCEPTIONS.get(module, ())):
        return False
    other = room_of(target, package)
    return other != room and other not in MAY_IMPORT[room]


def test_no_file_imports_what_its_room_may_not() -> None:
    assert trespasses(REPOSITORY / "semseg") == []


def test_every_room_is_in_the_table() -> None:
    folders = {file.parent.name for file in (REPOSITORY / "semseg").glob("*/__init__.py")}
    assert folders == set(MAY_IMPORT) - {GROUND_FLOOR}


@pytest.mark.parametrize("name", WITHOUT_ENGINE)
def test_what_the_doctor_imports_knows_no_engine(name: str) -> None:
    package = REPOSITORY / "semseg"
    assert [target for target in imports(package / name, package) if target.split(".")[0] in ("mxnet", "gluoncv")] == []


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("data/bad.py", "import mxnet as mx"),
        ("data/bad.py", "from mxnet import nd"),
        ("data/bad.py", "import semseg.gluon.engine"),
        ("data/bad.py", "from semseg.gluon import engine"),
        ("data/bad.py", "from semseg import gluon"),
        ("data/bad.py", "from ..gluon.engine import GluonEngine"),
        ("data/bad.py", "from .. import training"),
        ("data/bad.py", "def f():\n    import semseg.training.trainer"),
        ("contract/bad.py", "from semseg import Estimator"),
        ("gluon/bad.py", "import cv2"),
        ("local/bad.py", "import boto3"),
        ("serving/bad.py", "from semseg.training import trainer"),
        ("bad.py", "from semseg.gluon.machine import Machine"),
        ("doctor.py", "from semseg.gluon import runtime"),
    ],
)
def test_a_forbidden_import_is_found(tmp_path: Path, name: str, line: str) -> None:
    for room in MAY_IMPORT:
        (tmp_path / room).mkdir(exist_ok=True)
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
        ("gluon/good.py", "import mxnet\nfrom semseg.gluon import runtime"),
        ("doctor.py", "from semseg.gluon.machine import Machine"),
        ("estimator.py", "from semseg.local.session import LocalSession\nfrom semseg.model import Model"),
    ],
)
def test_an_allowed_import_is_left_alone(tmp_path: Path, name: str, line: str) -> None:
    for room in MAY_IMPORT:
        (tmp_path / room).mkdir(exist_ok=True)
    (tmp_path / name).write_text(line + "\n")
    assert trespasses(tmp_path) == []


def test_importing_semseg_loads_nothing_heavy() -> None:
    code = f"import sys, semseg; print([name for name in {NOT_LOADED} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
