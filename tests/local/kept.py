"""Homes with jobs, models and endpoints that were never started: the files that they would have left."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, TypeVar

from semseg.local.jobs.job_folder import JobFolder, JobStatus
from semseg.local.training.folder import TrainingFolder
from semseg.local.transform.folder import TransformFolder
from semseg.local.tuning.folder import TuningFolder
from semseg.plumbing.json_file import write_json

Folder = TypeVar("Folder", bound=JobFolder)
LONG_AGO = 1_700_000_000.0  # Unix seconds: 2023-11-14 22:13:20 UTC
OBJECTIVE = {"Type": "Maximize", "MetricName": "validation:mIOU"}


def keep(folder: Folder, created: float = LONG_AGO, status: str = "Completed", **request: Any) -> Folder:
    """Writes what is kept of a job that was made then and ended a minute later."""
    write_json(folder.request, request)
    folder.write_status(
        JobStatus(status, status, created, created + 1, created + 60, "why" if status == "Failed" else None)
    )
    return folder


def training_job(home: Path, name: str, created: float = LONG_AGO, status: str = "Completed") -> TrainingFolder:
    return keep(TrainingFolder(home / "jobs" / name), created, status, TrainingJobName=name, AlgorithmSpecification={})


def transform_job(home: Path, name: str, created: float = LONG_AGO, status: str = "Completed") -> TransformFolder:
    return keep(TransformFolder(home / "transform_jobs" / name), created, status, TransformJobName=name)


def tuning_job(home: Path, name: str, created: float = LONG_AGO, status: str = "Completed") -> TuningFolder:
    limits = {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 1}
    config = {"Strategy": "Random", "ResourceLimits": limits, "HyperParameterTuningJobObjective": OBJECTIVE}
    folder = TuningFolder(home / "tuning_jobs" / name)
    keep(folder, created, status, HyperParameterTuningJobName=name, HyperParameterTuningJobConfig=config)
    folder.write_trials([])
    return folder


def file_of(path: Path, size: int, used: float = LONG_AGO) -> Path:
    """Writes a file of so many bytes that was last used then."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))
    os.utime(path, (used, used))
    return path
