"""An error of our own in the process that looks after a job: the job says so, and the log says where."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from semseg.local.jobs.job_folder import JobStatus
from semseg.local.training.folder import TrainingFolder
from semseg.local.transform.folder import TransformFolder
from semseg.local.tuning.folder import TuningFolder
from semseg.machine.python_command import python_command
from semseg.plumbing.json_file import write_json

# Requests in which something is missing that no request lacks.
TRAINING: dict[str, Any] = {"TrainingJobName": "job", "AlgorithmSpecification": {"TrainingInputMode": "File"}}
TRANSFORM: dict[str, Any] = {"TransformInput": {}, "TransformOutput": {"S3OutputPath": "/tmp"}}
TUNING: dict[str, Any] = {
    "HyperParameterTuningJobConfig": {
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "validation:mIOU"},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 1},
        "Strategy": "Random",
    }
}


@pytest.mark.parametrize(
    ("kind", "module", "request_of_job", "missing"),
    [
        (TrainingFolder, "semseg.local.training.supervisor", TRAINING, "InputDataConfig"),
        (TransformFolder, "semseg.local.transform.supervisor", TRANSFORM, "TransformResources"),
        (TuningFolder, "semseg.local.tuning.supervisor", TUNING, "ParameterRanges"),
    ],
)
def test_an_error_of_our_own_fails_the_job_and_is_not_taken_for_a_kill(
    tmp_path: Path, kind: Any, module: str, request_of_job: dict[str, Any], missing: str
) -> None:
    folder = kind(tmp_path / "jobs" / "job")
    folder.root.mkdir(parents=True)
    write_json(folder.request, request_of_job)
    folder.write_status(JobStatus("InProgress", "InProgress", created=time.time()))
    if isinstance(folder, TransformFolder):
        write_json(folder.model_description, {"PrimaryContainer": {"ModelDataUrl": "/model.tar.gz"}})
    with folder.log.open("wb") as log:
        subprocess.run(python_command(module, str(folder.root), "true"), stdout=log, stderr=log, check=False)
    status = folder.read_status()
    assert (status.status, status.failure_reason) == (
        "Failed",
        f"semseg itself failed with KeyError: '{missing}'; {folder.log} says where",
    )
    assert "Traceback" in folder.log.read_text()
