"""The notebook runs from its first cell to its last, and is kept with pictures of a whole run."""

from __future__ import annotations

import base64
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

REPOSITORY = Path(__file__).resolve().parent.parent
NOTEBOOK = REPOSITORY / "examples" / "semantic_segmentation.ipynb"
SMALL = ("TRAINING_SCENES=8", "VALIDATION_SCENES=2", "EPOCHS=1", "CROP_SIZE=32")
PICTURES = 5  # data, curves, confusion, prediction, probabilities
FIT = re.compile(r"scenes-[-\d]+: Completed after [\d:]+\.")


def code_cells(notebook: Path) -> list[dict[str, Any]]:
    return [cell for cell in json.loads(notebook.read_text())["cells"] if cell["cell_type"] == "code"]


def outputs(notebook: Path) -> list[dict[str, Any]]:
    return [output for cell in code_cells(notebook) for output in cell["outputs"]]


def pictures(notebook: Path) -> list[Image.Image]:
    bodies = [output["data"]["image/png"] for output in outputs(notebook) if "image/png" in output.get("data", {})]
    return [Image.open(io.BytesIO(base64.b64decode(body))) for body in bodies]


def said(notebook: Path, stream: str) -> list[str]:
    texts = ["".join(output["text"]) for output in outputs(notebook) if output.get("name") == stream]
    return [line for text in texts for line in text.splitlines() if line.strip()]


@pytest.mark.engine
@pytest.mark.slow
def test_the_notebook_runs_at_a_small_size(tmp_path: Path) -> None:
    saved = tmp_path / "small.ipynb"
    settings = [part for setting in SMALL for part in ("--set", setting)]
    command = [sys.executable, str(REPOSITORY / "scripts" / "run_notebook"), "--output", str(saved), *settings]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    check(saved)
    assert [cell["source"] for cell in code_cells(saved)] == [cell["source"] for cell in code_cells(NOTEBOOK)]


def test_the_notebook_is_kept_with_what_its_cells_show() -> None:
    check(NOTEBOOK)
    assert NOTEBOOK.stat().st_size < 1_000_000


def check(notebook: Path) -> None:
    assert all(cell["execution_count"] for cell in code_cells(notebook))
    assert [output for output in outputs(notebook) if output["output_type"] == "error"] == []
    assert said(notebook, "stderr") == []
    pages = [
        markup
        for output in outputs(notebook)
        if FIT.search(markup := "".join(output.get("data", {}).get("text/html", "")))
    ]
    assert len(pages) == 1
    assert pages[0].count("<svg") == 2
    assert len(pictures(notebook)) == PICTURES
    for picture in pictures(notebook):
        greys = np.asarray(picture.convert("L"))
        assert greys.min() < 64
        assert greys.max() > 192
    assert str(Path.home()) not in notebook.read_text()
