"""Contenders without HTTP, seen from the benchmark: each is a process that works only in its turn."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from benchmarks.test_data import REPOSITORY

# Whatever the caller's environment says of threads, GluonCV's network is measured at MXNet's own default.
ENGINE_SETTINGS = ("OMP_", "KMP_", "GOMP_", "MXNET_")
PRODUCTS = {"cpu": (3072, 4), "cuda": (16384, 40)}  # the side of the matrices, and how many products make a turn


class ContenderProcess:
    """Runs ``python -m benchmarks.contenders.<module> <arguments>``; it is ready once the context is entered.

    Args:
        as_it_comes: leave out of its environment what is set for engines.
    """

    def __init__(self, folder: Path, module: str, *arguments: object, as_it_comes: bool = False) -> None:
        self.folder = folder
        self._module = module
        self._log = folder / f"{module}.log"
        self._command = [sys.executable, "-m", f"benchmarks.contenders.{module}", *map(str, arguments)]
        self._environment = plain_environment() if as_it_comes else dict(os.environ)

    def __enter__(self) -> ContenderProcess:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=REPOSITORY,
                env=self._environment,
            )
        self._answer()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self, turn: dict[str, Any]) -> dict[str, float]:
        """Returns what the process answers at the end of its turn."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(turn) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, float]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self._module} ended:\n{end_of(self._log)}")
        return json.loads(line)


class BareProcess(ContenderProcess):
    """A contender that makes masks of pictures."""

    def masks(self, size: str) -> np.ndarray:
        """Returns the masks of all pictures of a size, (N, H, W) uint8."""
        file = self.folder / "masks.npy"
        self.ask({"pictures": self._pictures(size), "count": 0, "masks": str(file)})
        return np.load(file)

    def turn(self, size: str, count: int) -> float:
        """Returns the seconds that ``count`` pictures of a size take."""
        return self.ask({"pictures": self._pictures(size), "count": count})["seconds"]

    def _pictures(self, size: str) -> str:
        return str(self.folder / f"{size}.npy")


class MatrixProduct(ContenderProcess):
    """The machine's own limit: numpy's float32 matrix product, or PyTorch's in bfloat16 on a GPU.

    Args:
        device: cpu or cuda.
        quick: take small matrices, whose figure means nothing.
    """

    def __init__(self, folder: Path, device: str = "cpu", quick: bool = False) -> None:
        self._side, self._count = (256, 1) if quick else PRODUCTS[device]
        super().__init__(folder, "matrix_product", device, self._side)

    def rate(self) -> float:
        """Returns the GFLOP/s."""
        return 2 * self._side**3 * self._count / self.ask({"count": self._count})["seconds"] / 1e9


def plain_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(ENGINE_SETTINGS)}


def end_of(log: Path) -> str:
    """Returns the last lines of a log, because its folder may be removed before anybody can look."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-20:])
