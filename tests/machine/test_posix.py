"""What works where Python has not what jobs of this machine need: on Windows, as far as Linux can show it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from semseg.machine.posix import check_posix, missing_names, posix_problem

REPOSITORY = Path(__file__).resolve().parents[2]
WITHOUT_POSIX = Path(__file__).with_name("without_posix.py")
REFUSAL = (
    "Jobs, endpoints and exports of this machine need the locks and process groups of POSIX, and Python on Linux has "
    "no fcntl.flock; use Linux, macOS or WSL (the Windows Subsystem for Linux), or one of SageMaker's instance types"
)
ROOMS_OF_ENGINES = tuple(f"semseg.engines.{name}" for name in ("gluon", "pytorch", "openvino", "onnx"))


def modules_of(package: Path) -> list[str]:
    """Returns the names of all modules below the folder of a package."""
    files = (file.relative_to(package.parent).with_suffix("") for file in sorted(package.rglob("*.py")))
    return [".".join(file.parts).replace(".__init__", "") for file in files]


def run_without_posix(folder: Path, program: str, **environment: str) -> str:
    """Runs a program in a Python without POSIX, and returns what it printed."""
    (folder / "program.py").write_text(program)
    done = subprocess.run(
        [sys.executable, str(WITHOUT_POSIX), str(folder / "program.py")],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "SEMSEG_HOME": str(folder / "home"), **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.rstrip()


def refusal_without_posix(folder: Path, statements: str) -> str:
    """Returns the sentence of the PlatformError that the statements raise in a Python without POSIX."""
    lines = "".join(f"    {line}\n" for line in statements.splitlines())
    return run_without_posix(
        folder,
        "import semseg\nfrom semseg.errors import PlatformError\n"
        f"try:\n{lines}except PlatformError as error:\n    print(error)\n",
    )


def test_this_system_has_all_that_jobs_need() -> None:
    assert missing_names() == ()
    check_posix()


def test_what_is_missing_is_named() -> None:
    missing = missing_names({"os": ("killpg", "no_such_name"), "no_such_module": ("flock",)})
    assert missing == ("os.no_such_name", "no_such_module.flock")
    problem = posix_problem(missing, "Windows")
    assert problem is not None
    assert "and Python on Windows has no os.no_such_name; use Linux, macOS or WSL" in str(problem)


def test_every_module_that_needs_no_engine_is_imported_without_posix(tmp_path: Path) -> None:
    modules = [name for name in modules_of(REPOSITORY / "semseg") if not name.startswith(ROOMS_OF_ENGINES)]
    assert {"semseg.serving.server", "semseg.local.process.process", "semseg.container.train"} < set(modules)
    assert run_without_posix(tmp_path, "".join(f"import {name}\n" for name in modules)) == ""


@pytest.mark.parametrize("instance_type", ["local", "local_gpu"])
def test_a_training_job_is_refused_before_anything_is_written(tmp_path: Path, instance_type: str) -> None:
    (tmp_path / "train").mkdir()
    statements = (
        f"estimator = semseg.Estimator(instance_type={instance_type!r}, hyperparameters={{'num_classes': 2}})\n"
        "estimator.fit({'train': 'train', 'validation': 'train'})"
    )
    assert refusal_without_posix(tmp_path, statements) == REFUSAL
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    "statements",
    [
        "semseg.Model(model_data='model.tar.gz').deploy(1, 'local')",
        "semseg.Model(model_data='model.tar.gz').transformer(1, 'local').transform('pictures')",
        "semseg.LocalSession().models.create({'ModelName': 'horses'})",
        "semseg.export_model('model.tar.gz', 'exported.tar.gz', 'onnx')",
    ],
)
def test_all_that_would_run_on_this_machine_is_refused(tmp_path: Path, statements: str) -> None:
    assert refusal_without_posix(tmp_path, statements) == REFUSAL
    assert not (tmp_path / "home").exists()


def test_a_server_is_refused_by_the_sentence(tmp_path: Path) -> None:
    program = "import sys\nfrom semseg.container import serve\nsys.stderr = sys.stdout\nprint(serve.main())"
    assert run_without_posix(tmp_path, program) == f"{REFUSAL}\n1"


def test_what_is_kept_on_this_machine_can_be_asked_for(tmp_path: Path) -> None:
    program = (
        "import semseg\n"
        "session = semseg.Session()\n"
        "print(session.local.list_training_jobs()['TrainingJobSummaries'], session.local.has_endpoint('horses'))\n"
        "print(session.local.clean(0), sum(map(len, session.local.disk_use().values())))"
    )
    assert run_without_posix(tmp_path, program) == "[] False\n[] 0"


@pytest.mark.usefixtures("aws")
def test_sagemaker_and_s3_are_reached_without_posix(tmp_path: Path) -> None:
    (tmp_path / "pictures" / "inner").mkdir(parents=True)
    (tmp_path / "pictures" / "inner" / "1.jpg").write_bytes(b"one")
    program = (
        "import semseg, boto3\n"
        "from semseg.s3 import S3Downloader\n"
        "session = semseg.Session()\n"
        "channel = session.upload_data('pictures', key_prefix='horses')\n"
        "S3Downloader.download(channel, 'back')\n"
        "estimator = semseg.Estimator(\n"
        "    role='arn:aws:iam::123456789012:role/Trains', instance_count=1, instance_type='ml.p3.2xlarge',\n"
        "    hyperparameters={'num_classes': 2, 'num_training_samples': 1},\n"
        ")\n"
        "names = ('train', 'validation', 'train_annotation', 'validation_annotation')\n"
        "estimator.fit(dict.fromkeys(names, channel), wait=False, job_name='horses')\n"
        "print(session.describe_training_job('horses')['TrainingJobName'])"
    )
    assert run_without_posix(tmp_path, program).splitlines()[-1] == "horses"
    assert (tmp_path / "back" / "inner" / "1.jpg").read_bytes() == b"one"


def test_a_fifo_is_refused_by_name(tmp_path: Path) -> None:
    statements = "from pathlib import Path\nfrom semseg.data.fifo import Fifo\nFifo(Path('train_0'), print)"
    assert refusal_without_posix(tmp_path, statements) == (
        "A channel in Pipe mode comes through a FIFO, and Python on Linux has no os.mkfifo; use input_mode 'File' or "
        "'FastFile', or Linux, macOS or WSL"
    )
