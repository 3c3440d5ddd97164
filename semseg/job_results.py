"""How good the model of a training job is: its evaluation, its report, and several jobs beside each other.

What draws reports is imported where one is asked for: ``import semseg`` is to stay fast.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Union

from semseg.api.arguments import what_it_is
from semseg.api.shapes import Request
from semseg.contract.hyperparameters import FRAMEWORK
from semseg.contract.s3_uri import is_s3
from semseg.errors import UserError
from semseg.job import TrainingJob
from semseg.local import LocalSession
from semseg.session import AnySession, local_side, session_or_new

if TYPE_CHECKING:
    from semseg.estimator import Estimator
    from semseg.results.comparison import ComparedJob, Comparison
    from semseg.results.evaluation import Evaluation
    from semseg.results.job_facts import JobFacts

AnyJob = Union[str, TrainingJob, "Estimator"]


def evaluation_of(job: TrainingJob) -> Evaluation:
    """Returns the scores of a job's best model on the whole validation pictures.

    Raises:
        UserError: there are none (yet).
        PlatformError: their file is damaged.
    """
    from semseg.results.evaluation import EVALUATION, Evaluation

    path = results_folder(job) / EVALUATION
    if not path.is_file():
        raise UserError(
            f"training job {job.name} has no evaluation to give: it is {job.describe()['TrainingJobStatus']}, and its "
            f"best model is scored at the end"
        )
    return Evaluation.from_file(path)


def report_of(job: TrainingJob) -> Path:
    """Returns the path of a job's ``report.html``; where it is missing, or older than the job's last epoch, it is
    written, as far as the job's files go.

    Raises:
        UserError: the job has written nothing yet.
        PlatformError: there is no room for it.
    """
    from semseg.results.files import content_of, write_results
    from semseg.results.metrics_file import METRICS
    from semseg.results.report import REPORT, write_report

    folder = results_folder(job)
    if _is_newest(folder / REPORT, folder / METRICS):
        return folder / REPORT
    content = content_of(folder, _facts(job))
    if not content.epochs and content.evaluation is None and content.dataset is None:
        raise UserError(
            f"training job {job.name} has nothing to report: it is {job.describe()['TrainingJobStatus']}, and no epoch "
            f"is over"
        )
    write_results(folder, content.evaluation, content.epochs, content.scored_on)
    return write_report(folder, content)


def compare(jobs: Iterable[AnyJob], sagemaker_session: AnySession | None = None) -> Comparison:
    """Returns training jobs beside each other: their scores, their classes, and the hyperparameters that differ.

    Printed, it is a table; a notebook shows it as HTML.

    Args:
        jobs: names, estimators, or their ``latest_training_job``; two at least.
        sagemaker_session: of the names; None means a Session.

    Raises:
        UserError: there are fewer than two, one of them is no job, or there is no job of this name.
    """
    from semseg.results.comparison import Comparison

    if isinstance(jobs, str) or not isinstance(jobs, Iterable):
        raise UserError(f"jobs must be a list of jobs to compare, got {what_it_is(jobs)}")
    found = [_job(job, sagemaker_session) for job in jobs]
    if len(found) < 2:
        raise UserError(f"jobs must be at least two jobs to compare, got {len(found)}")
    return Comparison([_compared(job) for job in found])


def results_folder(job: TrainingJob) -> Path:
    """Returns the folder of this machine with the files of a job's output/data, fetched from S3 where they lie there.

    Raises:
        UserError: there is no such job, or it wrote nothing to S3.
    """
    session = job.sagemaker_session
    location = session.with_training_job(job.name).training_job_results(job.name)
    if not is_s3(location):
        return Path(location)
    return (local_side(session) or LocalSession(session)).fetched_results(job.name, location)


def _is_newest(report: Path, metrics: Path) -> bool:
    """Returns whether there is a report that no epoch came after; one of a job that runs is of its last epoch."""
    if not report.is_file():
        return False
    return not metrics.is_file() or report.stat().st_mtime >= metrics.stat().st_mtime


def _job(job: AnyJob, session: AnySession | None) -> TrainingJob:
    if isinstance(job, TrainingJob):
        return job
    if isinstance(job, str):
        return TrainingJob(session_or_new(session), job)
    latest = getattr(job, "latest_training_job", None)
    if not isinstance(latest, TrainingJob):
        raise UserError(f"jobs must be names, TrainingJobs or estimators with a job, got {what_it_is(job)}")
    return latest


def _compared(job: TrainingJob) -> ComparedJob:
    from semseg.results.comparison import ComparedJob
    from semseg.results.files import content_of

    facts = _facts(job)
    content = content_of(results_folder(job), facts)
    return ComparedJob(
        job.name, content.evaluation, content.epochs, content.scored_on, facts.hyperparameters, facts.seconds
    )


def _facts(job: TrainingJob) -> JobFacts:
    """Returns what the job's description and its progress say."""
    from semseg.results.job_facts import JobFacts, next_commands

    told: Request = job.describe()
    seconds = told.get("TrainingTimeInSeconds")
    given = told.get("HyperParameters", {})
    return JobFacts(
        name=job.name,
        ending=told["TrainingJobStatus"],
        progress=job.sagemaker_session.with_training_job(job.name).training_job_progress(job.name),
        hyperparameters={name: value for name, value in given.items() if not name.startswith(FRAMEWORK)},
        seconds=None if seconds is None else float(seconds),
        commands=next_commands(job.name),
    )
