"""The image's recipes: what they copy is there, and their two commands are the ones that the other tests run."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "container"
RECIPES = {"cpu": FOLDER / "Dockerfile", "cu112": FOLDER / "Dockerfile.cu112"}


def lines_of(recipe: Path, instruction: str) -> list[str]:
    return re.findall(rf"^{instruction} (.+)$", recipe.read_text(), re.M)


@pytest.mark.parametrize("extra", RECIPES)
def test_all_that_a_recipe_copies_is_in_the_clone(extra: str) -> None:
    sources = [source for line in lines_of(RECIPES[extra], "COPY") for source in line.split()[:-1]]
    assert "semseg" in sources
    assert [source for source in sources if not (ROOT / source).exists()] == []


@pytest.mark.parametrize("extra", RECIPES)
def test_a_recipe_installs_an_extra_that_the_package_has(extra: str) -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    assert f'pip install --no-cache-dir "/opt/semseg[{extra}]"' in RECIPES[extra].read_text()
    assert extra in setup["options.extras_require"]


@pytest.mark.parametrize("extra", RECIPES)
def test_a_recipe_opens_the_port_and_says_that_it_can_be_moved(extra: str) -> None:
    assert "SEMSEG_BIND_ADDRESS=0.0.0.0" in lines_of(RECIPES[extra], "ENV")
    assert lines_of(RECIPES[extra], "EXPOSE") == ["8080"]
    assert lines_of(RECIPES[extra], "LABEL") == ["com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true"]


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("train", "hyperparameters.json must hold a JSON object that describes the job"),
        pytest.param("serve", "A model must have a hyperparams.json", marks=pytest.mark.engine),
    ],
)
def test_a_command_of_the_image_begins_its_work(tmp_path: Path, command: str, sentence: str) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "SAGEMAKER_BASE_DIR": str(tmp_path), "SAGEMAKER_BIND_TO_PORT": "0"}
    ended = subprocess.run(
        [FOLDER / command], check=False, env=environment, capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 1
    assert sentence in ended.stdout + ended.stderr
