"""The Dockerfiles cannot be built here: all that they name is held to what is there."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from semseg.contract.environment import BASE_DIR, BIND_ADDRESS, BIND_TO_PORT

ROOT = Path(__file__).parents[2]
DOCKERFILES = sorted((ROOT / "examples" / "container").glob("Dockerfile*"))
EXTRAS = {
    "Dockerfile": "cpu,export",
    "Dockerfile.cu112": "cu112",
    "Dockerfile.pytorch": "pytorch,export",
    "Dockerfile.pytorch-cuda": "pytorch",
}


def instructions(dockerfile: Path) -> list[tuple[str, str]]:
    lines = [line for line in dockerfile.read_text().splitlines() if line and not line.startswith("#")]
    pairs = [line.split(" ", 1) for line in lines]
    return [(word, rest) for word, rest in pairs]


def named(dockerfile: Path, word: str) -> list[str]:
    return [rest for instruction, rest in instructions(dockerfile) if instruction == word]


def test_there_is_one_for_each_kind_of_machine() -> None:
    assert [path.name for path in DOCKERFILES] == list(EXTRAS)


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.name)
def test_every_file_that_is_copied_exists(dockerfile: Path) -> None:
    sources = [source for rest in named(dockerfile, "COPY") for source in rest.split()[:-1]]
    assert sources == [".", "examples/container/train", "examples/container/serve"]
    assert all((ROOT / source).exists() for source in sources)


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.name)
def test_the_extras_that_are_installed_exist(dockerfile: Path) -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    (extras,) = re.findall(r"/src\[([\w,]+)\]", dockerfile.read_text())
    assert extras == EXTRAS[dockerfile.name]
    assert all(setup.has_option("options.extras_require", extra) for extra in extras.split(","))


def test_the_pytorch_that_is_installed_first_is_one_that_the_extra_is_content_with() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    (first,) = re.findall(r'"(torch[^"]*)"', (ROOT / "examples" / "container" / "Dockerfile.pytorch").read_text())
    assert first in setup["options.extras_require"]["pytorch"].splitlines()


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.name)
def test_the_server_can_be_reached_at_the_port_that_sagemaker_asks_for(dockerfile: Path) -> None:
    assert f"{BIND_ADDRESS.name}=0.0.0.0" in " ".join(named(dockerfile, "ENV")).split()
    assert named(dockerfile, "EXPOSE") == [str(BIND_TO_PORT.default)]
    assert named(dockerfile, "LABEL") == ["com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true"]


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("train", "hyperparameters.json must hold a JSON object that describes the job"),
        pytest.param("serve", "A model must have a hyperparams.json", marks=pytest.mark.engine),
    ],
)
def test_a_command_of_the_image_begins_its_work(tmp_path: Path, command: str, sentence: str) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, BASE_DIR.name: str(tmp_path), BIND_TO_PORT.name: "0"}
    script = ROOT / "examples" / "container" / command
    ended = subprocess.run([script], check=False, env=environment, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 1
    assert sentence in ended.stdout + ended.stderr
