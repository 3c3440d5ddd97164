from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from semseg import doctor
from semseg.machine.facts import Machine
from semseg.machine.graphics import Gpu
from semseg.machine.problem import Problem

GIBIBYTE = 2**30
REPOSITORY = Path(__file__).resolve().parent.parent

MACHINE = Machine(
    python=(3, 11),
    system="Linux",
    architecture="x86_64",
    versions={"mxnet-cu112": "1.9.1", "gluoncv": "0.10.5.post0", "numpy": "1.26.4", "pillow": "11.0.0"},
    has_distutils=True,
    missing_libraries=(),
    pytorch_has_cuda=False,
    has_driver=True,
    gpus=(Gpu("Tesla T4", (7, 5), 15 * GIBIBYTE), Gpu("NVIDIA H100", (9, 0), 80 * GIBIBYTE)),
    cores=4,
    omp_num_threads="",
    free_memory=16 * GIBIBYTE,
    free_shared_memory=GIBIBYTE // 2,
)
ANSWER = {"mxnet": "1.9.1", "features": ["CUDA", "OPENMP"], "gpus": 2, "threads": 4, "gluoncv": "0.11.0"}


def test_each_fact_has_its_line() -> None:
    facts = dict(doctor.facts(MACHINE, ANSWER))
    assert facts.pop("Python").endswith(" on Linux x86_64")
    assert facts == {
        "numpy": "1.26.4",
        "Pillow": "11.0.0",
        "MXNet": "mxnet-cu112 1.9.1, built with CUDA OPENMP; sees 2 GPUs",
        "GluonCV": "0.10.5.post0",
        "OpenVINO": "not installed",
        "Serving": "by MXNet",
        "Processor": "4 cores for this process; MXNet uses 4 threads",
        "GPU 0": "Tesla T4, compute capability 7.5, 15.0 GiB; MXNet 1.9.1 has code for it",
        "GPU 1": "NVIDIA H100, compute capability 9.0, 80.0 GiB; MXNet 1.9.1 has no code for it",
        "Memory": "16.0 GiB free, /dev/shm 0.5 GiB free",
    }


def test_an_install_without_an_engine_is_described_too() -> None:
    bare = dataclasses.replace(MACHINE, versions={"numpy": "2.1.0"}, gpus=(), has_driver=False)
    facts = dict(doctor.facts(bare, None))
    assert (facts["MXNet"], facts["GluonCV"], facts["Pillow"]) == ("not installed",) * 3
    assert (facts["Processor"], facts["GPU"]) == ("4 cores for this process", "none: no NVIDIA driver")


@pytest.mark.parametrize(
    ("versions", "openvino", "serving"),
    [
        (
            {"openvino": "2026.4.1", "onnx": "1.19.0", "mxnet": "1.9.1"},
            "2026.4.1; for exports: onnx 1.19.0, nncf not installed, onnxruntime not installed",
            "by OpenVINO, on the processor",
        ),
        (
            {"openvino": "2026.4.1", "onnx": "1.19.0", "nncf": "3.4.0", "onnxruntime": "1.32", "mxnet-cu112": "1.9.1"},
            "2026.4.1; for exports: onnx 1.19.0, nncf 3.4.0, onnxruntime 1.32",
            'by MXNet, on a GPU; by OpenVINO for "local"',
        ),
        (
            {},
            "not installed",
            "None of OpenVINO, MXNet and PyTorch is installed, and a model is served by one of them; in a clone of "
            'semseg, pip install ".[openvino]", or pip install ".[pytorch]", which trains too',
        ),
    ],
)
def test_the_engine_that_a_server_takes_is_told(versions: dict[str, str], openvino: str, serving: str) -> None:
    facts = dict(doctor.facts(dataclasses.replace(MACHINE, versions=versions), None))
    assert (facts["OpenVINO"], facts["Serving"]) == (openvino, serving)


def test_problems_and_hints_come_with_their_way_out() -> None:
    found = [Problem("It is broken", "mend it"), Problem("It is slow", "wait", fatal=False)]
    assert doctor.advice(found) == (
        "Problem: It is broken.\n  Way out: mend it\nHint: It is slow.\n  Way out: wait"  # as it stands on the screen
    )


def test_without_problems_it_says_so() -> None:
    assert doctor.advice([]) == "Nothing stands in MXNet's way."


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("import os; os.abort()", "Importing MXNet crashed with SIGABRT"),
        ("raise OSError('no libcuda.so.1')", "MXNet cannot be imported: OSError: no libcuda.so.1"),
        ("raise SystemExit(3)", "MXNet cannot be imported: no reason given"),
    ],
)
def test_an_import_that_fails_is_reported_and_survived(code: str, sentence: str) -> None:
    problem = doctor.probe([sys.executable, "-c", code])
    assert problem == Problem(sentence, "install semseg into a fresh environment", fatal=True)


def test_an_import_that_hangs_is_reported() -> None:
    problem = doctor.probe([sys.executable, "-c", "import time; time.sleep(60)"], seconds=1)
    assert str(problem) == "Importing MXNet took more than 1 seconds; see what else this machine is doing"


def test_what_the_probe_prints_before_its_answer_does_not_matter() -> None:
    assert doctor.probe([sys.executable, "-c", "print('hello'); print('{\"gpus\": 0}')"]) == {"gpus": 0}


def run_doctor(*options: str, packages: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *options, "-m", "semseg.doctor"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(REPOSITORY), packages)))},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.engine
def test_the_command_ends_with_0_where_mxnet_works() -> None:
    done = run_doctor()
    assert (done.returncode, done.stderr) == (0, "")
    assert "MXNet       mxnet" in done.stdout
    assert "Problem:" not in done.stdout


def test_the_command_ends_with_1_and_advice_on_an_install_without_an_engine(tmp_path: Path) -> None:
    for entry in Path(np.__file__).parent.parent.iterdir():
        if not entry.name.lower().startswith(("mxnet", "gluoncv")):
            (tmp_path / entry.name).symlink_to(entry)
    done = run_doctor("-S", packages=str(tmp_path))
    assert (done.returncode, done.stderr) == (1, "")
    assert "Problem: MXNet is not installed." in done.stdout
    assert 'Way out: in a clone of semseg, pip install ".[' in done.stdout
