"""``import mxnet`` in the user's own process, after ``import semseg``, in fresh interpreters."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from semseg.contract.recordio import encode_probabilities

REPOSITORY = Path(__file__).resolve().parents[2]

# The lines with which AWS's notebook reads a probability answer from a file, and what they give.
NOTEBOOK = """
import sys
from sagemaker.amazon.record_pb2 import Record
import mxnet as mx
import numpy as np

recordio = mx.recordio.MXRecordIO(sys.argv[1], "r")
protobuf = Record()
protobuf.ParseFromString(recordio.read())
values = list(protobuf.features["target"].float32_tensor.values)
shape = list(protobuf.features["shape"].int32_tensor.values)
print(np.reshape(np.array(values), shape).tolist())
"""


@pytest.fixture
def answer(tmp_path: Path) -> str:
    """The answer of a network of 2 classes to a picture of 1 x 2 pixels."""
    probabilities = np.array([[[0.25, 1.0]], [[0.75, 0.0]]], np.float32)
    (tmp_path / "answer.rec").write_bytes(encode_probabilities(probabilities))
    return str(tmp_path / "answer.rec")


def run(code: str, *arguments: str, warnings: str = "error") -> str:
    """What a fresh interpreter prints; a failure shows what it wrote to standard error."""
    done = subprocess.run(
        [sys.executable, "-W", warnings, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.engine
@pytest.mark.parametrize("warnings", [pytest.param("default", marks=pytest.mark.slow), "error"])
def test_the_notebook_reads_a_probability_answer_with_mxnet(answer: str, warnings: str) -> None:
    code = "import semseg\nsemseg.install_as_sagemaker()\n" + NOTEBOOK
    assert run(code, answer, warnings=warnings) == "[[[[0.25, 1.0]], [[0.75, 0.0]]]]"


@pytest.mark.slow
@pytest.mark.engine
def test_our_names_are_enough_for_the_notebook(answer: str) -> None:
    code = "import semseg\n" + NOTEBOOK.replace("from sagemaker.", "from semseg.")
    assert run(code, answer) == "[[[[0.25, 1.0]], [[0.75, 0.0]]]]"


@pytest.mark.engine
def test_a_module_of_mxnet_can_be_asked_for_first_and_takes_arrays_of_numpy_without_a_warning_of_scipy() -> None:
    code = """
import numpy, semseg
from mxnet import nd
print(nd.array([1, 2]).sum().asscalar(), nd.array(numpy.ones((2, 3))).shape)
"""
    assert run(code) == "3.0 (2, 3)"


def test_numpy_stays_as_it_is_where_nobody_asks_for_mxnet() -> None:
    code = """
import sys, numpy
before = dict(vars(numpy))
import importlib.util
import semseg
importlib.util.find_spec("mxnet")
changed = [name for name in before if vars(numpy)[name] is not before[name]]
restored = [name for name in ("bool", "PZERO") if (name in vars(numpy)) != (name in before)]
print(changed, restored, "mxnet" in sys.modules)
"""
    assert run(code) == "[] [] False"


def test_importing_semseg_imports_neither_numpy_nor_scipy_for_it() -> None:
    """Looks at the module alone: other parts of semseg may import numpy."""
    code = """
import sys
import semseg.machine.mxnet_names as names
before = set(sys.modules)
names.restore_on_import()
print(sorted(set(sys.modules) - before), "scipy" in sys.modules)
"""
    assert run(code) == "[] False"


def test_it_is_there_once_and_gone_after_the_import(tmp_path: Path) -> None:
    (tmp_path / "mxnet").mkdir()
    (tmp_path / "mxnet" / "__init__.py").write_text("import numpy\nassert numpy.bool\nassert 'bool' in vars(numpy)\n")
    code = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
from semseg.machine.mxnet_names import MXNetFinder, restore_on_import
restore_on_import()
print(sum(isinstance(finder, MXNetFinder) for finder in sys.meta_path))
import mxnet
print(mxnet.__file__)
print(sum(isinstance(finder, MXNetFinder) for finder in sys.meta_path))
"""
    assert run(code).splitlines() == ["1", str(tmp_path / "mxnet" / "__init__.py"), "0"]


def test_it_does_nothing_where_mxnet_is_there_already() -> None:
    code = """
import sys, types
sys.modules["mxnet"] = mine = types.ModuleType("mxnet")
import semseg, mxnet
from semseg.machine.mxnet_names import MXNetFinder
print(mxnet is mine, any(isinstance(finder, MXNetFinder) for finder in sys.meta_path))
"""
    assert run(code) == "True False"


def test_where_mxnet_is_not_installed_python_says_so_as_ever() -> None:
    code = """
import sys
import semseg
sys.path.clear()
sys.path_importer_cache.clear()
try:
    import mxnet
except ModuleNotFoundError as error:
    print(error)
"""
    assert run(code) == "No module named 'mxnet'"


def test_numpy_gets_back_only_what_it_misses() -> None:
    code = """
import numpy
before = dict(vars(numpy))
from semseg.machine.mxnet_names import give_numpy_its_names_back
give_numpy_its_names_back(numpy)
assert vars(numpy)["bool"] in (bool, before.get("bool"))
assert all(vars(numpy)[name] is value for name, value in before.items())
"""
    assert run(code) == ""


def test_numpy_2_gets_every_name_back_that_mxnet_asks_for() -> None:
    """Such as numpy 2 is, on every numpy: a module with today's names alone."""
    code = """
import types, numpy
from semseg.machine.mxnet_names import DROPPED_BY_NUMPY_2, give_numpy_its_names_back
ours = types.ModuleType("numpy")
vars(ours).update({name: value for name, value in vars(numpy).items() if name not in DROPPED_BY_NUMPY_2})
ours.__version__ = "2.1.0"
vars(ours).setdefault("trapezoid", lambda heights: sum(heights) / 2)
give_numpy_its_names_back(ours)
print([name for name in DROPPED_BY_NUMPY_2 if not hasattr(ours, name)])
print(ours.NINF, ours.PZERO, ours.float_.__name__, ours.product([2, 3]), ours.trapz([1, 3]) == 2, ours.npv)
"""
    assert run(code).splitlines() == ["[]", "-inf 0.0 float64 6 True None"]
