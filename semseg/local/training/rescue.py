"""What is done for a training job that did not come to its end: its model is kept, what is half-made is removed."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from semseg.archive.model_artifact import BEST, complete
from semseg.contract.s3_uri import is_s3
from semseg.errors import SemsegError
from semseg.local.jobs.job_folder import DEAD_REASON
from semseg.local.process.process import end_orphan, is_locked
from semseg.local.training.folder import TrainingFolder, with_end
from semseg.local.training.results import pack_model, results_location
from semseg.plumbing.disk_space import reason_of
from semseg.plumbing.json_file import read_object
from semseg.plumbing.whole_file import sweep

ORPHAN_SECONDS = 10.0  # in which a training process without a supervisor gives its memory back


@dataclass(frozen=True)
class Kept:
    """What was kept of the model of a job that failed.

    Attributes:
        archive: where it is packed; None where it is not.
        sentence: a part of the failure reason, which says where the parameters are if they could not be packed.
    """

    archive: Path | None = None
    sentence: str = ""


def keep_best(job: TrainingFolder, request: Mapping[str, Any]) -> Kept:
    """Packs the best model so far, if there is one. The job can be resumed all the same: its checkpoints have it."""
    try:
        return Kept(pack_model(job, request)) if complete(job.model) else Kept()
    except (SemsegError, OSError) as error:
        why = reason_of(error, job.root)
        return Kept(None, f"; its best parameters could not be packed ({why}) and are in {job.model / BEST}")


def was_left(job: TrainingFolder) -> bool:
    """Returns whether the supervisor of a job was killed, and nobody has brought the job to its end since."""
    return not is_locked(job.lock) and not job.written_status().is_final


def end_left(job: TrainingFolder) -> None:
    """Brings a job to its end whose supervisor was killed; the caller holds the job's lock.

    Raises:
        OSError: it cannot be written down; the job reads as failed all the same.
    """
    status = job.written_status()
    if status.is_final:
        return
    end_orphan(job.training_lock, ORPHAN_SECONDS)
    failed = job.failed_of(status)
    kept = keep_best(job, read_object(job.request))
    sweep_job(job)
    shutil.rmtree(job.input_data, ignore_errors=True)
    reason = with_end(DEAD_REASON, f"{kept.sentence}; {job.way_on()}")
    model_data = kept.archive.as_uri() if kept.archive else status.model_data
    job.write_status(replace(failed, failure_reason=reason, model_data=model_data))


def sweep_job(job: TrainingFolder) -> None:
    """Removes what was being written into the folders of a job that no longer runs; what cannot be removed stays."""
    for hidden in job.root.glob(".*"):  # what is under way to S3, what processes of a job that several train left
        shutil.rmtree(hidden, ignore_errors=True)
    for folder in (job.root, job.model, job.output, job.checkpoints, job.hyperparameters.parent, *_results(job)):
        with suppress(OSError):
            sweep(folder)


def _results(job: TrainingFolder) -> list[Path]:
    """Returns the folder of a job's results, if it is on this machine."""
    with suppress(SemsegError, OSError, KeyError, ValueError):
        location = results_location(read_object(job.request))
        return [] if is_s3(location) else [Path(location)]
    return []
