"""A notebook's kernel runs a fit: what its cell is left with."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

REPOSITORY = Path(__file__).resolve().parents[3]
FIT = """
from pathlib import Path
from tests.local.fakes import channels_at, estimator_at
estimator = estimator_at(Path("home"), "tell_of_epochs")
estimator.fit(channels_at(Path(".")), job_name="street-1")
"""
BAR = """
from semseg.plumbing.teller import Printer
bar = Printer().bar("picture", "street", 3)
for number in range(4):
    bar.move(number)
bar.close()
"""


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The cells, run; a kernel takes seconds to start, and nothing else shows what a real one makes of the outputs."""
    folder = tmp_path_factory.mktemp("notebook")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in (FIT, BAR)])
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}})
    client.execute(env={**os.environ, "PYTHONPATH": str(REPOSITORY)})
    return list(notebook.cells)


def test_a_fit_of_three_epochs_leaves_one_output_with_its_last_state(cells: list[Any]) -> None:
    (output,) = cells[0].outputs
    assert output.output_type == "display_data"
    assert "street-1: Completed" in output.data["text/html"]
    assert output.data["text/html"].count("<tr>") == 4  # the head and three epochs
    assert "mIOU 0.7750 on whole pictures" in output.data["text/plain"]


def test_a_bar_leaves_one_output_that_is_full(cells: list[Any]) -> None:
    (output,) = cells[1].outputs
    assert output.output_type == "display_data"
    assert output.data["text/plain"].startswith("street: picture 3/3, 0:0")
    assert "width:100.0%" in output.data["text/html"]
