from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from semseg.machine.facts import usable_cores

pytestmark = pytest.mark.pytorch

REPOSITORY = Path(__file__).resolve().parents[3]
PROGRAM = """
import json, torch
from semseg.engines.pytorch import devices, settings
devices.device("local")
found = {"threads": torch.get_num_threads(), "beside": torch.get_num_interop_threads()}
settings.settle("cuda")
settings.settle("cuda")
with settings.fastest_convolutions():
    inside = torch.backends.cudnn.benchmark
print(json.dumps({
    **found,
    "tf32": [torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32],
    "tries": [inside, torch.backends.cudnn.benchmark],
}))
"""


def settings_with(**variables: str) -> dict[str, Any]:
    """What a process of its own, in which a warning is an error, finds after it asked for its device."""
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM],
        cwd=REPOSITORY,
        env={**environment, **variables},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def test_a_thread_computes_on_each_core_and_float32_is_float32_on_cuda() -> None:
    found = settings_with()
    assert (found["threads"], found["beside"]) == (usable_cores(), 1)
    assert found["tf32"] == [False, False]
    assert found["tries"] == [True, False]


def test_the_environments_number_of_threads_holds() -> None:
    assert settings_with(OMP_NUM_THREADS="1")["threads"] == 1
