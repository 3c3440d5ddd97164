from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from PIL import ImageFile

from semseg.errors import PlatformError

REPOSITORY = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.engine


@pytest.fixture
def runtime() -> ModuleType:
    """The module; importing its room makes MXNet importable."""
    from semseg.engines.gluon import runtime

    return runtime


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter, in which every warning is an error."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_environment_variable_that_is_set_stays(runtime: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("MXNET_MKLDNN_CACHE_NUM", "7")
    runtime.set_defaults(cores=2)
    assert (os.environ["OMP_NUM_THREADS"], os.environ["MXNET_MKLDNN_CACHE_NUM"]) == ("3", "7")


def test_an_environment_variable_that_is_not_set_gets_its_default(
    runtime: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OMP_NUM_THREADS", "MXNET_MKLDNN_CACHE_NUM"):
        monkeypatch.setenv(name, "")  # so that the test ends with what it began with
        del os.environ[name]
    runtime.set_defaults(cores=2)
    assert (os.environ["OMP_NUM_THREADS"], os.environ["MXNET_MKLDNN_CACHE_NUM"]) == ("2", "1024")


def test_mxnet_is_imported_without_a_warning_prepare_can_be_called_again_and_the_probe_tells_what_it_is() -> None:
    """In one process: importing MXNet takes seconds."""
    done = run(
        "from semseg.engines.gluon import runtime; runtime.prepare(); runtime.prepare(); import mxnet, gluoncv\n"
        "import runpy; runpy.run_module('semseg.engines.gluon.probe', run_name='__main__')",
        OMP_NUM_THREADS="1",
    )
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    assert (answer["mxnet"], answer["threads"]) == ("1.9.1", 1)
    assert "OPENMP" in answer["features"]


def test_a_broken_mxnet_is_reported_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "mxnet.py").write_text("raise OSError('libmxnet.so is cut short')\n")
    first = f"import sys; sys.path.insert(0, {str(tmp_path)!r})"
    code = f"{first}; from semseg.engines.gluon import runtime; runtime.prepare()"
    assert run(code).stderr.splitlines()[-1] == (
        "semseg.errors.PlatformError: MXNet is installed but cannot be imported (libmxnet.so is cut short); "
        "run `python -m semseg.doctor` to see why"
    )


def test_local_is_the_cpu(runtime: ModuleType) -> None:
    assert [str(device) for device in runtime.devices("local")] == ["cpu(0)"]


@pytest.mark.parametrize(
    ("instance_type", "gpus", "expected"),
    [
        ("local", [0, 1], ["cpu(0)"]),
        ("local_gpu", [0, 2], ["gpu(0)", "gpu(2)"]),
        ("ml.p3.8xlarge", [0, 1], ["gpu(0)", "gpu(1)"]),
        ("ml.p3.8xlarge", [], ["cpu(0)"]),
    ],
)
def test_devices_of_an_instance_type(
    runtime: ModuleType, instance_type: str, gpus: list[int], expected: list[str]
) -> None:
    assert [str(device) for device in runtime.chosen_devices(instance_type, gpus)] == expected


def test_local_gpu_without_a_gpu_is_refused(runtime: ModuleType) -> None:
    with pytest.raises(PlatformError) as refusal:
        runtime.chosen_devices("local_gpu", [])
    assert str(refusal.value) == (
        "instance_type 'local_gpu' needs a GPU that MXNet can use, and there is none here; use 'local', or run "
        "`python -m semseg.doctor` to see why"
    )


@pytest.mark.usefixtures("runtime")
def test_the_engine_leaves_pillow_strict_about_cut_off_pictures() -> None:
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


@pytest.mark.slow
@pytest.mark.pytorch
@pytest.mark.parametrize(
    "imports",
    [
        "from semseg.engines.gluon import networks; import torch",
        "import torch; from semseg.engines.gluon import networks",
    ],
    ids=["MXNet first", "PyTorch first"],
)
def test_mxnet_and_pytorch_compute_in_one_process(imports: str) -> None:
    """GluonCV raises on any PyTorch of today that it finds."""
    code = (
        f"{imports}; import mxnet, sys; assert sys.modules['torch'] is torch; "
        "from semseg.engines.gluon.runtime import prepare; prepare(); "
        "print(float(mxnet.nd.ones((2, 3)).sum().asscalar()), float(torch.ones(2, 3).sum()), len(sys.meta_path))"
    )
    done = run(code)
    assert (done.stderr, done.stdout.split()[:2]) == ("", ["6.0", "6.0"])


def test_a_package_is_hidden_and_seen_again(runtime: ModuleType) -> None:
    import json as seen

    from semseg.engines.gluon.hidden_package import hidden

    finders = list(sys.meta_path)
    with hidden("json"), pytest.raises(ModuleNotFoundError, match="json is hidden"):
        import json  # noqa: F401
    with hidden("json"):
        import csv  # noqa: F401 others are left alone
    assert sys.modules["json"] is seen
    assert sys.meta_path == finders
