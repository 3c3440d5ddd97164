"""What killed processes have left half-written: gone once its place is used again, unless its writer may live."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from semseg.aws.account import Account
from semseg.export import export_model
from semseg.local.jobs.home import Home
from semseg.local.training.jobs import Jobs
from semseg.local.transform.jobs import TransformJobs
from semseg.local.transform.supervisor import TransformSupervisor
from semseg.plumbing.whole_file import IDLE_SECONDS
from tests.local.fakes import SERVE, TRAIN, model_at, request_at, session_at
from tests.local.kept import LONG_AGO

PART = f".{{}}.{'0123456789abcdef' * 2}.part"


def left_in(folder: Path, name: str, written: float = LONG_AGO) -> Path:
    """Writes what a writer of a file of this name leaves if it is killed then."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / PART.format(name)
    part.write_bytes(bytes(100))
    os.utime(part, (written, written))
    return part


def test_half_a_record_is_gone_with_the_next_one_and_that_of_a_living_writer_stays(tmp_path: Path) -> None:
    session = session_at(tmp_path / "home")
    models, configs = session.home.models, session.home.endpoint_configs
    half = [left_in(models, "m.json"), left_in(configs, "e.json")]
    young = left_in(models, "n.json", written=os.stat(tmp_path).st_mtime + IDLE_SECONDS)
    session.create_model({"ModelName": "a", "PrimaryContainer": {"ModelDataUrl": model_at(tmp_path).as_uri()}})
    variant = {"VariantName": "v", "ModelName": "a", "InstanceType": "local", "InitialInstanceCount": 1}
    session.create_endpoint_config({"EndpointConfigName": "b", "ProductionVariants": [variant]})
    assert [part.exists() for part in (*half, young)] == [False, False, True]


def test_half_an_export_is_gone_with_the_next_one_to_its_folder(tmp_path: Path) -> None:
    half = left_in(tmp_path / "out", "model.tar.gz")
    export_model(model_at(tmp_path), tmp_path / "out", "onnx", sagemaker_session=session_at(tmp_path / "home"))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["model.tar.gz"]
    assert not half.exists()


def test_half_an_answer_is_gone_with_the_next_transform_job_to_its_folder(tmp_path: Path) -> None:
    (tmp_path / "pictures" / "night").mkdir(parents=True)
    (tmp_path / "pictures" / "night" / "a.jpg").write_bytes(b"a picture")
    half = left_in(tmp_path / "out" / "night", "b.jpg.out")
    jobs = TransformJobs(Home(tmp_path / "home"), Account(), SERVE)
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": str(tmp_path / "pictures")}}
    request: dict[str, Any] = {
        "TransformJobName": "job",
        "ModelName": "model",
        "TransformInput": {"DataSource": source},
        "TransformOutput": {"S3OutputPath": str(tmp_path / "out")},
        "TransformResources": {"InstanceType": "local", "InstanceCount": 1},
    }
    folder, lock = jobs.prepare(request, {"PrimaryContainer": {"ModelDataUrl": model_at(tmp_path).as_uri()}})
    with lock:
        TransformSupervisor(folder, jobs.command, jobs.account).run()
    assert folder.read_status().status == "Completed"
    assert [path.name for path in (tmp_path / "out" / "night").iterdir()] == ["a.jpg.out"]
    assert not half.exists()


BEGINNING = """
import sys, time
from pathlib import Path
from semseg.local.jobs.home import Home
from semseg.local.training.jobs import Jobs

def fill(folder):
    (folder.root / "model").mkdir()
    print(folder.root, flush=True)
    time.sleep(60)

Jobs(Home(Path(sys.argv[1]))).new("killed", {}, fill)
"""


def begin_a_job(home: Path) -> tuple[subprocess.Popen[str], Path]:
    """Starts a process that is making the folder of a job, and returns it with that folder, which looks old."""
    command = [sys.executable, "-c", BEGINNING, str(home)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    staging = Path(process.stdout.readline().strip())
    os.utime(staging, (LONG_AGO, LONG_AGO))
    return process, staging


def test_a_job_whose_making_was_killed_is_gone_with_the_next_one_and_one_in_the_making_stays(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    killed, half = begin_a_job(home.root)
    alive, making = begin_a_job(home.root)
    with killed, alive:
        killed.kill()
        killed.wait()
        _, lock = Jobs(home, TRAIN).prepare(request_at(tmp_path))
        lock.close()
        assert (half.exists(), making.exists()) == (False, True)
        alive.kill()


@pytest.mark.parametrize("name", ["horses.jpg", ".notes.part"])
def test_the_users_own_files_stay(tmp_path: Path, name: str) -> None:
    own = tmp_path / "out" / name
    own.parent.mkdir()
    own.touch()
    os.utime(own, (LONG_AGO, LONG_AGO))
    export_model(model_at(tmp_path), tmp_path / "out", "onnx", sagemaker_session=session_at(tmp_path / "home"))
    assert own.exists()
