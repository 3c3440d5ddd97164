"""What a report says of a job, beside what lies in its ``output/data``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from semseg.contract.job_progress import JobProgress


@dataclass(frozen=True)
class JobFacts:
    """Facts about a job or a model that is reported on; all may be left out.

    Attributes:
        name: of the job, or what is scored.
        ending: how it ended, such as "Completed", "Stopped" or "InProgress".
        progress: what the job is and how far it came.
        hyperparameters: by their names, as strings; those that differ from the default are shown.
        label_map: lines that say what the label maps did, such as "pixel 255 -> ignore".
        seconds: that the job took.
        peak_memory: the most bytes of memory that its process had.
        commands: what to do next: a command for each sentence that says what it does.
        notes: sentences about what this report does not have, and why.
    """

    name: str = ""
    ending: str = ""
    progress: JobProgress | None = None
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    label_map: Sequence[str] = ()
    seconds: float | None = None
    peak_memory: int | None = None
    commands: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()


def next_commands(job_name: str) -> dict[str, str]:
    """Returns what can be done with the model of a job: a command for each sentence that says what it does."""
    return {
        "Predict the masks of pictures": f"semseg predict {job_name} PICTURES -o masks --overlay",
        "Score the model on other pictures": f"semseg evaluate {job_name} DATA",
        "Serve the model on this machine": f"semseg deploy {job_name}",
        "Train for more epochs": f"semseg resume {job_name} --epochs MORE",
    }
