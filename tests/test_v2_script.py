"""The algorithm's notebook as a script of the SDK v2, with one import changed: on this machine, and managed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import numpy as np
import pytest
from PIL import Image

from tests.aws.managed_service import managed_service
from tests.ports import free_port

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[1]
PICTURES = Path(os.environ.get("SEMSEG_TEST_DATA", ROOT.parent / "shared" / "data")) / "camvid"
SECONDS = 280
LABEL_MAP = {"map": {**{str(value): value for value in range(11)}, "255": 11}}  # 11 is CamVid's void
MAY_TAKE_IT = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
SIZES = ["--pretrained", "False", "--epochs", "1", "--base-size", "96", "--crop-size", "48", "--mini-batch-size", "2"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Six street scenes, two of them to validate, at a third of their size."""
    if not PICTURES.is_dir():
        pytest.skip(f"{PICTURES} is not there: set SEMSEG_TEST_DATA to the folder that holds camvid")
    for half, count in (("train", 4), ("validation", 2)):
        for path in sorted((PICTURES / half).iterdir())[:count]:
            shrink(path, tmp_path / "data" / half / path.name, Image.Resampling.BILINEAR)
            mask = PICTURES / f"{half}_annotation" / f"{path.stem}.png"
            shrink(mask, tmp_path / "data" / f"{half}_annotation" / mask.name, Image.Resampling.NEAREST)
        label_map = tmp_path / "label_map" / f"{half}_label_map.json"
        label_map.parent.mkdir(exist_ok=True)
        label_map.write_text(json.dumps(LABEL_MAP))
    return tmp_path


def shrink(source: Path, target: Path, how: Image.Resampling) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    Image.open(source).resize((160, 120), how).save(target)


def take_role() -> dict[str, str]:
    """What boto3 reads of a session in a role, which is what a notebook on SageMaker is."""
    client = boto3.client("iam")
    role = client.create_role(RoleName="notebook", AssumeRolePolicyDocument=json.dumps(MAY_TAKE_IT))["Role"]["Arn"]
    taken = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="SageMaker")["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": taken["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": taken["SecretAccessKey"],
        "AWS_SESSION_TOKEN": taken["SessionToken"],
    }


def run_script(place: Path, environment: dict[str, str], *instance_types: str) -> str:
    command = [sys.executable, str(ROOT / "examples" / "semantic_segmentation_v2.py"), str(place / "data")]
    command += ["--label-map", str(place / "label_map"), "--num-classes", "11", "--output", str(place / "output")]
    ended = subprocess.run(
        [*command, *SIZES, *instance_types],
        env={**os.environ, **environment, "SEMSEG_HOME": str(place / "home")},
        cwd=place,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def check_answers(printed: str, place: Path) -> None:
    """All that the script says of its answers holds, and its mask is a picture of classes."""
    assert "Mask: (600, 800) uint8 classes " in printed
    assert "Probabilities: (11, 600, 800) the most probable class is the mask's: True" in printed
    assert "Through boto3: the same mask: True" in printed
    mask = np.array(Image.open(place / "output" / "mask.png"))
    assert mask.shape == (600, 800)
    assert mask.max() < 11


@pytest.fixture
def place(data: Path) -> Iterator[Path]:
    yield data
    shutil.rmtree(data)


@pytest.mark.slow
def test_the_script_runs_on_this_machine_with_its_data_in_s3(aws: str, place: Path) -> None:
    port = str(free_port())
    local = {"SEMSEG_SERVING_PORT": port, "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": f"http://127.0.0.1:{port}"}
    printed = run_script(place, {**take_role(), **local})
    check_answers(printed, place)
    assert "mIOU of crops" in printed  # the head of the table of epochs
    assert "Model: s3://sagemaker-us-west-2-" in printed
    assert boto3.client("sagemaker").list_training_jobs()["TrainingJobSummaries"] == []


@pytest.mark.slow
def test_the_script_runs_as_a_managed_job(aws: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    role = take_role()
    with managed_service(aws, place / "machines") as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        printed = run_script(place, role, "--train-instance-type", "ml.p3.2xlarge", "--instance-type", "ml.c5.xlarge")
    check_answers(printed, place)
    assert "#quality_metric. host: algo-1, epoch: 0, validation mIOU: " in printed
    assert "Billable seconds: " in printed
    client = boto3.client("sagemaker", endpoint_url=aws)
    (job,) = client.list_training_jobs()["TrainingJobSummaries"]
    assert job["TrainingJobName"].startswith("ss-notebook-demo-")
    assert client.list_endpoints()["Endpoints"] == []
    assert client.list_models()["Models"] == []
    assert not (place / "home" / "jobs").exists() or not list((place / "home" / "jobs").iterdir())
