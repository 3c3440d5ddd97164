"""Calls a function in each process of a group: ``python -m tests.engines.pytorch.in_group MODULE FUNCTION SILENCE``.

The function is handed the group that torchrun's variables describe; what it returns is printed as JSON, and a
PlatformError as its sentence.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.ports import free_port

REPOSITORY = Path(__file__).resolve().parents[3]
SECONDS = 120


@dataclass(frozen=True)
class Outcome:
    """How one process ended: with a value, or with the sentence of an error, or without a word."""

    status: int
    value: Any = None
    error: str = ""


def environment(rank: int, size: int, port: int) -> dict[str, str]:
    """What torchrun sets, and the interface that the job's starter names."""
    address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    if sys.platform == "linux":
        address["GLOO_SOCKET_IFNAME"] = "lo"
    return {**os.environ, **address, "RANK": str(rank), "WORLD_SIZE": str(size), "LOCAL_RANK": str(rank)}


def start(module: str, function: str, size: int, silence: float = 45) -> list[subprocess.Popen[str]]:
    """Starts the processes of a group, in which one is given up after so many seconds of silence."""
    port = free_port()
    return [
        subprocess.Popen(
            [sys.executable, "-m", __name__, module, function, str(silence)],
            cwd=REPOSITORY,
            env=environment(rank, size, port),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(size)
    ]


def outcomes(processes: list[subprocess.Popen[str]]) -> list[Outcome]:
    """Waits for the processes."""
    try:
        return [_outcome(process) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _outcome(process: subprocess.Popen[str]) -> Outcome:
    out, err = process.communicate(timeout=SECONDS)
    assert "Traceback" not in err, err
    answers = [line for line in out.splitlines() if line.startswith("{")]  # PyTorch 2.8 prints lines of its own
    return Outcome(process.returncode, **json.loads(answers[-1] if answers else "{}"))


def in_group(module: str, function: str, size: int) -> list[Any]:
    """Returns what a function returned in each process of a group."""
    ended = outcomes(start(module, function, size))
    assert [outcome.status for outcome in ended] == [0] * size, ended
    return [outcome.value for outcome in ended]


def main() -> None:
    import torch

    from semseg.engines.pytorch.process_group import ProcessGroup, from_environment
    from semseg.errors import PlatformError

    torch.set_num_threads(1)
    module, function, silence = sys.argv[1:]
    try:
        with from_environment(torch.device("cpu"), float(silence)) as group:
            assert isinstance(group, ProcessGroup)
            value = getattr(importlib.import_module(module), function)(group)
    except PlatformError as error:
        print(json.dumps({"error": str(error)}), flush=True)
        sys.exit(3)
    print(json.dumps({"value": value}))


if __name__ == "__main__":
    main()
