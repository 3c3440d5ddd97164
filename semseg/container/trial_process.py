"""Steps that are made in a process of their own, to see how much memory they need. Where they run out of it, it is that
process which ends: an engine, as MXNet, may crash then, and the kernel may kill whoever took the memory.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TextIO

from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.torchrun import LOCAL_RANK, LOCAL_SIZE, RANK, SIZE
from semseg.engines.engine import DeviceMemory
from semseg.engines.out_of_memory import OutOfMemory
from semseg.errors import PlatformError
from semseg.machine.python_command import python_command
from semseg.plumbing.socket_child import Started, start_on_socket

COMMAND = python_command("semseg.container.try_steps")
PATIENCE = 300.0  # seconds, as machines are slow at times; an engine that found no memory may also stand still
OF_A_GROUP = (RANK, SIZE, LOCAL_RANK, LOCAL_SIZE)  # variables by which the process would wait for others


@dataclass(frozen=True)
class TrialJob:
    """A job whose steps are tried: the name of its engine, its instance type, and its devices in one process."""

    engine: str
    hyperparameters: Hyperparameters
    instance_type: str
    devices: int

    def to_json(self) -> str:
        """Returns it as JSON, in one line."""
        strings = replace(self.hyperparameters, time_budget="").to_strings()
        rest = {"engine": self.engine, "instance_type": self.instance_type, "devices": self.devices}
        return json.dumps({"hyperparameters": strings, **rest})

    @classmethod
    def from_json(cls, line: str) -> TrialJob:
        """Returns the job that :meth:`to_json` gave."""
        told = json.loads(line)
        return cls(**{**told, "hyperparameters": Hyperparameters.from_strings(told["hyperparameters"])})


class TrialProcess:
    """A child process that makes steps; another one is started after it ran out of memory.

    Args:
        memory: of the processor, as this process has it.
        command: of the child; the file descriptor of its socket is appended.
    """

    def __init__(self, job: TrialJob, memory: DeviceMemory, command: Sequence[str] = COMMAND) -> None:
        self._job = job
        self._memory = memory
        self._command = command
        self._child: tuple[Started, TextIO] | None = None

    def peak_of(self, samples: int) -> int | None:
        """Returns the most bytes that this process would have in a step of so many samples on each device; None where
        they are too few.

        Raises:
            OutOfMemory: there are too few for one sample.
            PlatformError: the steps fail for another reason.
        """
        answer = self._asked(samples)
        if "bytes" in answer:
            return (self._memory.held() or 0) + int(answer["bytes"] or 0)
        self.end()
        if answer["error"]:
            raise PlatformError(f"a step that was tried to see how much memory it needs failed: {answer['error']}")
        if samples > 1:
            return None
        crop = self._job.hyperparameters.rounded_crop_size
        raise OutOfMemory(
            f"crop_size must be lower here: a step of a single sample, of {crop} x {crop} pixels, was tried in a "
            "process of its own and found too little memory"
        )

    def end(self) -> None:
        """Ends the child, and so gives the memory back."""
        if self._child is not None:
            ((process, connection), lines), self._child = self._child, None
            process.kill()
            process.wait()
            connection.close()
            with contextlib.suppress(OSError):  # what it never read is lost with it
                lines.close()

    def _asked(self, samples: int) -> dict[str, Any]:
        """Returns the child's answer; that it has too little memory where it ends without one."""
        try:
            lines = self._lines()
            lines.write(f"{samples}\n")
            lines.flush()
            line = lines.readline()
        except OSError:  # it has ended, or takes too long
            line = ""
        return dict(json.loads(line)) if line.endswith("\n") else {"error": None}

    def _lines(self) -> TextIO:
        if self._child is None:
            started = start_on_socket(self._command, self._environment())
            connection: socket.socket = started[1]
            connection.settimeout(PATIENCE)
            lines = connection.makefile("rw")
            self._child = started, lines
            lines.write(f"{self._job.to_json()}\n")
        return self._child[1]

    @staticmethod
    def _environment() -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if name not in OF_A_GROUP}
