"""semseg under SageMaker's name; each script in an interpreter of its own, which has no ``sagemaker`` installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def run(code: str, folder: Path) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def test_imports_of_sagemaker_give_semsegs_modules(tmp_path: Path) -> None:
    code = """
import semseg
semseg.install_as_sagemaker()
semseg.install_as_sagemaker()
import sagemaker
import sagemaker.amazon.common as common
from sagemaker import get_execution_role, image_uris
from sagemaker.amazon.record_pb2 import Record
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
assert sagemaker is semseg
assert sagemaker.amazon.common is common is semseg.amazon.common
assert Record is semseg.amazon.record_pb2.Record
assert Estimator is semseg.Estimator and TrainingInput is semseg.TrainingInput
assert semseg.__name__ == semseg.__spec__.name == "semseg"
assert sagemaker.estimator.__spec__.name == "semseg.estimator"
print("the same")
"""
    assert run(code, tmp_path) == "the same"


def test_nothing_is_installed_by_importing_semseg(tmp_path: Path) -> None:
    assert run("import semseg, sagemaker", tmp_path) == "ModuleNotFoundError: No module named 'sagemaker'"


def test_a_module_that_semseg_lacks_is_refused_by_name(tmp_path: Path) -> None:
    code = "import semseg; semseg.install_as_sagemaker(); import sagemaker.pytorch"
    assert run(code, tmp_path) == (
        "ModuleNotFoundError: semseg, which stands in for sagemaker here, has no module 'semseg.pytorch'"
    )


def test_it_goes_before_an_installed_sagemaker(tmp_path: Path) -> None:
    (tmp_path / "sagemaker.py").write_text("")
    code = "import semseg; semseg.install_as_sagemaker(); import sagemaker; print(sagemaker is semseg)"
    assert run(code, tmp_path) == "True"


@pytest.mark.parametrize("first", ["import sagemaker", "import sagemaker.estimator"])
def test_it_is_refused_once_sagemaker_is_imported(tmp_path: Path, first: str) -> None:
    (tmp_path / "sagemaker").mkdir()
    (tmp_path / "sagemaker" / "__init__.py").write_text("")
    (tmp_path / "sagemaker" / "estimator.py").write_text("")
    answer = run(f"{first}; import semseg; semseg.install_as_sagemaker()", tmp_path)
    assert answer.startswith(
        "semseg.errors.UserError: install_as_sagemaker must be called before the first import of sagemaker, got <module"
    )
