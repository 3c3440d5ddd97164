from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest

from semseg import doctor
from semseg.doctor import Examined
from semseg.engines.training_choice import engines_here
from semseg.machine import mxnet_problems, pytorch_problems
from semseg.machine.facts import Machine
from semseg.machine.graphics import Gpu
from semseg.machine.problem import Problem

GIBIBYTE = 2**30
REPOSITORY = Path(__file__).resolve().parent.parent
WITHOUT_POSIX = REPOSITORY / "tests" / "machine" / "without_posix.py"

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
NUMERIC = {"numpy": "1.26.4", "gluoncv": "0.10.5.post0"}
PYTORCH = {"torch": "2.13.0+cpu", "safetensors": "0.8.0"}
PYTORCH_ANSWER = {
    "pytorch": "2.13.0",
    "threads": 2,
    "devices": {"local": ["float32"], "local_gpu": ["float32", "bfloat16", "float16"]},
}


def examined(machine: Machine, **answers: dict[str, object]) -> list[Examined]:
    """What is found on a machine; engines without an answer were not asked."""
    mxnet, pytorch = engines_here(machine)
    return [
        Examined(mxnet, tuple(mxnet_problems.problems(machine)), answers.get("mxnet", {})),
        Examined(pytorch, tuple(pytorch_problems.problems(machine)), answers.get("pytorch", {})),
    ]


def test_each_fact_has_its_line() -> None:
    facts = dict(doctor.facts(MACHINE, examined(MACHINE, mxnet=ANSWER)))
    assert facts.pop("Python").endswith(" on Linux x86_64")
    assert facts == {
        "numpy": "1.26.4",
        "Pillow": "11.0.0",
        "MXNet": "mxnet-cu112 1.9.1, built with CUDA OPENMP; sees 2 GPUs",
        "GluonCV": "0.10.5.post0",
        "PyTorch": "not installed",
        "OpenVINO": "not installed",
        "Training": "by MXNet; on a GPU by MXNet",
        "Serving": "by MXNet",
        "Processor": "4 cores for this process; MXNet uses 4 threads",
        "GPU 0": "Tesla T4, compute capability 7.5, 15.0 GiB; MXNet 1.9.1 has code for it",
        "GPU 1": "NVIDIA H100, compute capability 9.0, 80.0 GiB; MXNet 1.9.1 has no code for it",
        "Memory": "16.0 GiB free, /dev/shm 0.5 GiB free",
    }


def test_an_install_without_an_engine_is_described_too() -> None:
    bare = dataclasses.replace(MACHINE, versions={"numpy": "2.1.0"}, gpus=(), has_driver=False)
    facts = dict(doctor.facts(bare, examined(bare)))
    assert (facts["MXNet"], facts["GluonCV"], facts["PyTorch"], facts["Pillow"]) == ("not installed",) * 4
    assert facts["Training"] == "by no engine"
    assert (facts["Processor"], facts["GPU"]) == ("4 cores for this process", "none: no NVIDIA driver")


@pytest.mark.parametrize(
    ("versions", "openvino", "serving"),
    [
        (
            {"openvino": "2026.4.1", "onnx": "1.19.0", "mxnet": "1.9.1"},
            "2026.4.1; for exports: onnx 1.19.0, nncf not installed, onnxruntime not installed",
            "by OpenVINO",
        ),
        (
            {"openvino": "2026.4.1", "onnx": "1.19.0", "nncf": "3.4.0", "onnxruntime": "1.32", "mxnet-cu112": "1.9.1"},
            "2026.4.1; for exports: onnx 1.19.0, nncf 3.4.0, onnxruntime 1.32",
            'by MXNet, on a GPU; by OpenVINO for "local"',
        ),
        ({"torch": "2.13.0"}, "not installed", "by PyTorch"),
        (
            {},
            "not installed",
            "None of OpenVINO, MXNet and PyTorch is installed, and a model is served by one of them; in a clone of "
            'semseg, pip install ".[openvino]", or pip install ".[local]", which trains too',
        ),
    ],
)
def test_the_engine_that_a_server_takes_is_told(versions: dict[str, str], openvino: str, serving: str) -> None:
    machine = dataclasses.replace(MACHINE, versions=versions)
    facts = dict(doctor.facts(machine, examined(machine)))
    assert (facts["OpenVINO"], facts["Serving"]) == (openvino, serving)


def test_what_pytorch_computes_in_on_each_device_is_told() -> None:
    machine = dataclasses.replace(MACHINE, versions={**MACHINE.versions, **PYTORCH}, pytorch_has_cuda=True)
    facts = dict(doctor.facts(machine, examined(machine, mxnet=ANSWER, pytorch=PYTORCH_ANSWER)))
    assert facts["PyTorch"] == "2.13.0+cpu; local in float32; local_gpu in float32, bfloat16, float16"
    assert facts["Training"] == "by MXNet or PyTorch; on a GPU by MXNet or PyTorch"
    assert facts["Processor"] == "4 cores for this process; MXNet uses 4 threads; PyTorch uses 2 threads"


def test_what_pytorch_has_code_for_is_told() -> None:
    here = dataclasses.replace(MACHINE, versions={**MACHINE.versions, **PYTORCH}, pytorch_has_cuda=True)
    answer = {**PYTORCH_ANSWER, "architectures": ["sm_80", "sm_90"]}
    asked, each = doctor.found(here, {"mxnet": ANSWER, "pytorch": answer})
    facts = dict(doctor.facts(asked, each))
    assert facts["GPU 0"].endswith("; MXNet 1.9.1 has code for it, PyTorch has no code for it")
    assert facts["GPU 1"].endswith("; MXNet 1.9.1 has no code for it, PyTorch has code for it")
    told = [problem.sentence for problem in doctor.problems_to_tell(each)]
    assert told[-1].startswith("PyTorch 2.13.0+cpu holds no code for the Tesla T4 (compute capability 7.5; it holds sm")


def test_an_engine_whose_probe_failed_does_not_train() -> None:
    here = dataclasses.replace(MACHINE, versions={**MACHINE.versions, **PYTORCH}, gpus=())
    _, (mxnet, pytorch) = doctor.found(here, {"mxnet": Problem("It crashed", "wait"), "pytorch": PYTORCH_ANSWER})
    assert (mxnet.trains, mxnet.answer, pytorch.trains) == (False, {}, True)


def test_a_mac_is_described_as_what_it_is() -> None:
    mac = dataclasses.replace(
        MACHINE, system="Darwin", architecture="arm64", versions=PYTORCH, gpus=(), has_driver=False
    )
    facts = dict(doctor.facts(mac, examined(mac)))
    assert (facts["Training"], facts["GPU"]) == (
        "by PyTorch; on a GPU by PyTorch",
        "Apple's, which PyTorch uses by Metal (MPS)",
    )
    assert doctor.problems_to_tell(examined(mac)) == []


def test_memory_that_the_system_does_not_tell_is_left_out() -> None:
    def memory(free: int | None, shared: int | None) -> str | None:
        machine = dataclasses.replace(MACHINE, free_memory=free, free_shared_memory=shared)
        return dict(doctor.facts(machine, examined(machine))).get("Memory")

    assert memory(None, None) is None
    assert memory(3 * GIBIBYTE, None) == "3.0 GiB free"
    assert memory(None, GIBIBYTE) == "/dev/shm 1.0 GiB free"


def test_a_system_that_runs_no_jobs_says_so() -> None:
    windows = dataclasses.replace(
        MACHINE, system="Windows", architecture="AMD64", versions=PYTORCH, gpus=(), missing_posix=("fcntl.flock",)
    )
    facts = dict(doctor.facts(windows, examined(windows, pytorch=PYTORCH_ANSWER)))
    assert facts["PyTorch"] == "2.13.0+cpu; local in float32; local_gpu in float32, bfloat16, float16"
    assert (facts["Training"], facts["Serving"]) == ("not on this machine", "not on this machine")


def test_the_command_refuses_where_the_system_runs_no_jobs(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("import sys\nfrom semseg import doctor\nsys.exit(doctor.main())")
    packages = linked(tmp_path / "packages", but=("mxnet", "gluoncv", "torch"))
    done = run_python("-S", str(WITHOUT_POSIX), str(program), packages=str(packages))
    assert (done.returncode, done.stderr) == (1, "")
    assert "Training    not on this machine" in done.stdout
    assert "Problem: Jobs, endpoints and exports of this machine need the locks" in done.stdout
    assert "Way out: use Linux, macOS or WSL" in done.stdout
    assert "can train all the same" not in done.stdout


def test_problems_and_hints_come_with_their_way_out() -> None:
    found = [Problem("It is broken", "mend it"), Problem("It is slow", "wait", fatal=False)]
    assert doctor.advice(found, []) == (
        "Problem: It is broken.\n  Way out: mend it\nHint: It is slow.\n  Way out: wait"  # as it stands on the screen
    )


def test_without_problems_it_says_so() -> None:
    both = dataclasses.replace(MACHINE, versions={**MACHINE.versions, **PYTORCH})
    assert doctor.advice([], examined(both)) == "Nothing stands in the way of MXNet and PyTorch."


@pytest.mark.parametrize(
    ("versions", "sentences", "last"),
    [
        (NUMERIC, ["MXNet is not installed", "PyTorch is not installed"], "PyTorch is not installed"),
        (PYTORCH, [], "Nothing stands in the way of PyTorch."),
        (
            {**PYTORCH, "mxnet": "1.9.1", "numpy": "1.26.4"},
            ["GluonCV, which holds the networks, is not installed"],
            "PyTorch can train all the same.",
        ),
    ],
)
def test_the_problems_of_one_engine_do_not_make_the_other_look_broken(
    versions: dict[str, str], sentences: list[str], last: str
) -> None:
    found = examined(dataclasses.replace(MACHINE, versions=versions, gpus=()))
    told = doctor.problems_to_tell(found)
    assert [problem.sentence for problem in told] == sentences
    assert last in doctor.advice(told, found)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("import os; os.abort()", "Importing MXNet crashed with SIGABRT"),
        ("raise OSError('no libcuda.so.1')", "MXNet cannot be imported: OSError: no libcuda.so.1"),
        ("raise SystemExit(3)", "MXNet cannot be imported: no reason given"),
    ],
)
def test_an_import_that_fails_is_reported_and_survived(code: str, sentence: str) -> None:
    problem = doctor.probe([sys.executable, "-c", code], "MXNet")
    assert problem == Problem(sentence, "install semseg into a fresh environment", fatal=True)


def test_an_import_that_hangs_is_reported() -> None:
    problem = doctor.probe([sys.executable, "-c", "import time; time.sleep(60)"], "MXNet", seconds=1)
    assert str(problem) == "Importing MXNet took more than 1 seconds; see what else this machine is doing"


def test_what_the_probe_prints_before_its_answer_does_not_matter() -> None:
    assert doctor.probe([sys.executable, "-c", "print('hello'); print('{\"gpus\": 0}')"], "MXNet") == {"gpus": 0}


def run_doctor(*options: str, packages: str = "") -> subprocess.CompletedProcess[str]:
    return run_python(*options, "-m", "semseg.doctor", packages=packages)


def run_python(*arguments: str, packages: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
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


@pytest.mark.pytorch
def test_the_command_ends_with_0_where_pytorch_works_alone(tmp_path: Path) -> None:
    done = run_doctor("-S", packages=str(linked(tmp_path, but=("mxnet", "gluoncv"))))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Training    by PyTorch" in done.stdout
    assert "Problem:" not in done.stdout


def linked(folder: Path, but: tuple[str, ...]) -> Path:
    """Fills a folder with the packages that are installed here, but for some."""
    folder.mkdir(exist_ok=True)
    for place in filter(Path.is_dir, map(Path, sys.path)):
        for entry in place.glob("*" if "-packages" in place.name else "torch*"):
            if not entry.name.lower().startswith(but) and not (folder / entry.name).exists():
                (folder / entry.name).symlink_to(entry)
    return folder


def test_the_command_ends_with_1_and_advice_on_an_install_without_an_engine(tmp_path: Path) -> None:
    done = run_doctor("-S", packages=str(linked(tmp_path, but=("mxnet", "gluoncv", "torch"))))
    assert (done.returncode, done.stderr) == (1, "")
    assert "Problem: MXNet is not installed." in done.stdout
    assert "Problem: PyTorch is not installed." in done.stdout
    assert 'Way out: in a clone of semseg, pip install ".[' in done.stdout
