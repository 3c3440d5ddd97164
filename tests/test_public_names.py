"""The names of the package itself, which are loaded when they are asked for."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import semseg

LISTING = (
    "from semseg.overview.jobs import job_rows; from semseg.local.session import LocalSession; job_rows(LocalSession())"
)


def loaded_by(code: str) -> set[str]:
    """The modules that an interpreter of its own has after this code."""
    code = f"{code}\nimport sys; print(' '.join(sys.modules))"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("name", semseg.__all__)
def test_each_public_name_is_there(name: str) -> None:
    found = getattr(semseg, name)
    assert found.__name__ in (name, f"semseg.{name}")
    assert name in dir(semseg)


def test_the_names_for_type_checkers_are_those_that_are_loaded() -> None:
    tree = ast.parse(Path(semseg.__file__).read_text())
    imported = [alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert sorted(set(imported) - {"import_module", "TYPE_CHECKING", "restore_on_import"}) == sorted(semseg.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'semseg' has no attribute 'Estimater'"):
        getattr(semseg, "Estimater")  # noqa: B009


def test_importing_semseg_loads_none_of_its_rooms_but_the_one_that_mends_mxnet() -> None:
    ours = {name for name in loaded_by("import semseg") if name.startswith("semseg")}
    assert ours == {"semseg", "semseg.machine", "semseg.machine.mxnet_names"}


def test_listing_jobs_needs_neither_numpy_nor_the_estimator() -> None:
    assert loaded_by(LISTING) & {"numpy", "PIL", "semseg.estimator", "urllib3", "boto3"} == set()
