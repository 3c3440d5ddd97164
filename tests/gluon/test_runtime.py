from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import ImageFile

from semseg.errors import PlatformError
from semseg.gluon import runtime
from semseg.gluon.diagnosis import problems
from semseg.gluon.machine import this_machine

REPOSITORY = Path(__file__).resolve().parent.parent.parent


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter, in which every warning is an error."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_first_fatal_problem_is_raised_with_its_way_out() -> None:
    windows = dataclasses.replace(this_machine(), system="Windows", architecture="AMD64")
    with pytest.raises(PlatformError, match="and this is Windows on AMD64; train and serve on a Linux x86-64 machine"):
        runtime.refuse_what_cannot_work(windows)


def test_a_hint_is_not_raised() -> None:
    hinted = dataclasses.replace(this_machine(), free_shared_memory=0, **ENGINE)
    assert any("/dev/shm" in problem.sentence for problem in problems(hinted))
    runtime.refuse_what_cannot_work(hinted)


ENGINE = {
    "versions": {"mxnet": "1.9.1", "gluoncv": "0.10.5", "numpy": "1.26.4"},
    "has_distutils": True,
    "missing_libraries": (),
    "system": "Linux",
    "architecture": "x86_64",
}


def test_an_environment_variable_that_is_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("MXNET_MKLDNN_CACHE_NUM", "7")
    runtime.set_defaults(cores=2)
    assert (os.environ["OMP_NUM_THREADS"], os.environ["MXNET_MKLDNN_CACHE_NUM"]) == ("3", "7")


def test_an_environment_variable_that_is_not_set_gets_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OMP_NUM_THREADS", "MXNET_MKLDNN_CACHE_NUM"):
        monkeypatch.setenv(name, "")  # so that the test ends with what it began with
        del os.environ[name]
    runtime.set_defaults(cores=2)
    assert (os.environ["OMP_NUM_THREADS"], os.environ["MXNET_MKLDNN_CACHE_NUM"]) == ("2", "1024")


@pytest.mark.engine
def test_mxnet_is_imported_without_a_warning_and_prepare_can_be_called_again() -> None:
    code = "from semseg.gluon import runtime; runtime.prepare(); runtime.prepare(); import mxnet, gluoncv"
    done = run(code)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.engine
def test_a_broken_mxnet_is_reported_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "mxnet.py").write_text("raise OSError('libmxnet.so is cut short')\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from semseg.gluon import runtime; runtime.prepare()"
    assert run(code).stderr.splitlines()[-1] == (
        "semseg.errors.PlatformError: MXNet is installed but cannot be imported (libmxnet.so is cut short); "
        "run `python -m semseg.doctor` to see why"
    )


@pytest.mark.engine
def test_the_probe_tells_what_mxnet_says_of_itself() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "semseg.gluon.probe"],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(done.stdout)
    assert (answer["mxnet"], answer["threads"]) == ("1.9.1", 1)
    assert "OPENMP" in answer["features"]


@pytest.mark.engine
def test_local_is_the_cpu() -> None:
    assert [str(device) for device in runtime.devices("local")] == ["cpu(0)"]


@pytest.mark.engine
@pytest.mark.parametrize(
    ("instance_type", "gpus", "expected"),
    [
        ("local", [0, 1], ["cpu(0)"]),
        ("local_gpu", [0, 2], ["gpu(0)", "gpu(2)"]),
        ("ml.p3.8xlarge", [0, 1], ["gpu(0)", "gpu(1)"]),
        ("ml.p3.8xlarge", [], ["cpu(0)"]),
    ],
)
def test_devices_of_an_instance_type(instance_type: str, gpus: list[int], expected: list[str]) -> None:
    assert [str(device) for device in runtime.chosen_devices(instance_type, gpus)] == expected


@pytest.mark.engine
def test_local_gpu_without_a_gpu_is_refused() -> None:
    with pytest.raises(PlatformError) as refusal:
        runtime.chosen_devices("local_gpu", [])
    assert str(refusal.value) == (
        "instance_type 'local_gpu' needs a GPU that MXNet can use, and there is none here; use 'local', or run "
        "`python -m semseg.doctor` to see why"
    )


@pytest.mark.engine
def test_the_engine_leaves_pillow_strict_about_cut_off_pictures():
    runtime.prepare()
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False
