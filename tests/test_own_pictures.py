"""The path that docs/own_pictures.md promises, from pictures and LabelMe files to masks of new pictures: each of its
commands runs, in the page's order, on small drawn pictures."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.test_documentation import REPOSITORY, blocks

WIDTH, HEIGHT = 48, 32
QUICKER = {"train": "--epochs 1 --base-size 48 --crop-size 32 --mini-batch-size 2 --no-use-pretrained-model"}


def commands(page: Path) -> list[list[str]]:
    """Returns the words of each command of a page."""
    lines = [line for block in blocks(page.read_text(), "sh") for line in block.code.splitlines()]
    return [shlex.split(line) for line in lines]


def drawn(seed: int) -> tuple[Image.Image, list[list[int]]]:
    """Returns a green picture with a red house, and the corners of the house."""
    left, top = np.random.default_rng(seed).integers(2, 12, 2).tolist()
    corners = [[left, top], [left + 24, top], [left + 24, top + 16], [left, top + 16]]
    picture = Image.new("RGB", (WIDTH, HEIGHT), (40, 140, 40))
    ImageDraw.Draw(picture).polygon([(x, y) for x, y in corners], fill=(200, 60, 60))
    return picture, corners


def write_labelled(folder: Path, count: int) -> None:
    """Writes pictures, and beside each the file that LabelMe saves for it."""
    folder.mkdir()
    for number in range(count):
        picture, corners = drawn(number)
        name = f"street_{number:02d}"
        picture.save(folder / f"{name}.jpg")
        shape: dict[str, object] = {"label": "house", "points": corners, "shape_type": "polygon", "flags": {}}
        size = {"imageHeight": HEIGHT, "imageWidth": WIDTH}
        content = {"version": "5.5.0", "flags": {}, "shapes": [shape], "imagePath": f"{name}.jpg", **size}
        (folder / f"{name}.json").write_text(json.dumps(content))


def write_masked(folder: Path, count: int) -> None:
    """Writes pictures and, in a folder of their own, masks."""
    for name in ("images", "masks"):
        (folder / name).mkdir()
    for number in range(count):
        picture, corners = drawn(number)
        picture.save(folder / "images" / f"{number}.jpg")
        mask = Image.new("L", picture.size)
        ImageDraw.Draw(mask).polygon([(x, y) for x, y in corners], fill=1)
        mask.save(folder / "masks" / f"{number}.png")


def run(words: list[str], place: Path) -> subprocess.CompletedProcess[str]:
    """Runs a command of the page in a folder; ``train`` with settings that take seconds."""
    assert words[0] == "semseg"
    quicker = shlex.split(QUICKER.get(words[1], ""))
    environment = {**os.environ, "SEMSEG_HOME": str(place / "home"), "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", *words, *quicker]
    return subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with what the page takes for granted."""
    write_labelled(tmp_path / "photos", 6)
    write_masked(tmp_path, 3)
    (tmp_path / "new").mkdir()
    for number, name in enumerate(("monday", "tuesday")):
        drawn(100 + number)[0].save(tmp_path / "new" / f"{name}.jpg")
    return tmp_path


@pytest.mark.engine
def test_the_commands_of_the_page_lead_from_labelled_pictures_to_masks_of_new_ones(place: Path) -> None:
    said = {}
    try:
        for words in commands(REPOSITORY / "docs" / "own_pictures.md"):
            done = run(words, place)
            assert done.returncode == 0, (words, done.stdout, done.stderr)
            said[" ".join(words[:2])] = done.stdout + done.stderr
    finally:
        run(["semseg", "undeploy", "--all"], place)

    assert sorted(path.name for path in (place / "data").iterdir()) == [
        "label_map",
        "train",
        "train_annotation",
        "validation",
        "validation_annotation",
    ]
    assert "house" in said["semseg check"]
    assert "semseg train data" in said["semseg check"]
    assert Path(said["semseg report"].split()[-1]).read_text().startswith("<!doctype html>")
    for folder in ("predicted", "answers"):
        for name in ("monday", "tuesday"):
            mask = np.asarray(Image.open(place / folder / "masks" / f"{name}.png"))
            assert mask.shape == (HEIGHT, WIDTH)
            assert mask.dtype == np.uint8
            assert set(np.unique(mask)) <= {0, 1}


def test_the_page_shows_every_verb_of_the_path() -> None:
    verbs = [words[1] for words in commands(REPOSITORY / "docs" / "own_pictures.md")]
    assert verbs == ["convert", "split", "check", "show", "train", "report", "predict", "deploy", "predict", "undeploy"]
