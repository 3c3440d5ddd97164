"""The scores of a benchmark's long jobs, kept as each ends, so that a run that was cut short goes on where it ended."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Generic, TypeVar

from semseg.plumbing.json_file import read_json, write_json

Scores = TypeVar("Scores")  # goes into JSON and back unchanged


class KeptScores(Generic[Scores]):
    """The scores of jobs by their names.

    Args:
        file: a JSON file that keeps them; None keeps them for this run alone.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._scores: dict[str, Scores] = read_json(file) if file is not None and file.exists() else {}

    def of(self, job: str, train: Callable[[], Scores]) -> Scores:
        """Returns the scores of a job, which is trained only where they are not there yet."""
        if job not in self._scores:
            self._scores[job] = train()
            if self._file is not None:
                write_json(self._file, self._scores)
        return self._scores[job]
