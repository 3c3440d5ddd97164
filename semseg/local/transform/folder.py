"""What is kept of a batch transform job on this machine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semseg.local.endpoint.endpoints import Endpoints
from semseg.local.jobs.home import Home, remove
from semseg.local.jobs.job_folder import JobFolder
from semseg.plumbing.json_file import read_json, write_json


@dataclass(frozen=True)
class TransformInput:
    """One picture: its key below the job's input, where it is (a path or an S3 URI) and its size in bytes."""

    key: str
    location: str
    size: int


class TransformFolder(JobFolder):
    """The folder of a batch transform job; ``request`` is shaped as CreateTransformJob's."""

    @property
    def model_description(self) -> Path:
        """Returns the path of the model as it was when the job was started, shaped as DescribeModel's answer."""
        return self.root / "model.json"

    @property
    def inputs(self) -> Path:
        return self.root / "inputs.json"

    @property
    def results(self) -> Path:
        """Returns the path of the results, a JSON object on each line for each picture that is done.

        It has ``input`` and ``output``, or ``input`` and ``error``.
        """
        return self.root / "results.jsonl"

    @property
    def server_home(self) -> Path:
        """Returns the home of the job's own endpoint, which is kept while it runs."""
        return self.root / "server"

    def end_server(self) -> None:
        """Ends the job's own endpoint where it is there, and removes all that is left of it."""
        endpoints = Endpoints(Home(self.server_home))
        for name in endpoints.kept():
            endpoints.delete(name)
        remove(self.server_home)

    def write_inputs(self, inputs: list[TransformInput]) -> None:
        write_json(self.inputs, [[item.key, item.location, item.size] for item in inputs])

    def read_inputs(self) -> list[TransformInput]:
        return [TransformInput(*item) for item in read_json(self.inputs)]

    def add_result(self, result: dict[str, Any]) -> None:
        """Appends one line to the results."""
        with self.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(result) + "\n")

    def count_results(self) -> int:
        """Returns how many pictures are done."""
        with self.results.open(encoding="utf-8") as file:
            return sum(1 for _ in file)
