"""A disk that is full at each stage of a job, and has room again when the job is resumed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from semseg.aws.account import Account
from semseg.contract.s3_uri import S3Uri
from semseg.errors import SemsegError, UserError
from semseg.estimator import Estimator
from tests.faults import job_processes
from tests.faults.findings import Finding
from tests.faults.small_disk import SmallDisk
from tests.faults.training_kills import BUCKET
from tests.faults.training_stage import Disturbed, TrainingStage, reason

MEGABYTES = 6000
LEFT_FOR_A_DOWNLOAD = 256 * 1024  # bytes: a job's own files fit, its pictures do not
TOLD = re.compile(r"no space left|disk (is )?full|full disk|no room|needs .* free there", re.IGNORECASE)
FREE = re.compile(r"\d[\d.,]* ?(bytes|[kKMG]?i?B)\b")
GOES_ON = "Failed, with the path and the free space; with room again it is resumed and ends bit for bit"


@dataclass(frozen=True)
class Moment:
    """When the disk becomes full: ``come`` is asked again and again while the job runs."""

    name: str
    come: Callable[[Disturbed], object]


MOMENTS = (
    Moment("while the job prepares", lambda job: job_processes.trainers(job.root)),
    Moment("before the best model", lambda job: job.says("#quality_metric") or job.says("Serializing model")),
    Moment("before a checkpoint", lambda job: job.says("of epochs")),
    Moment("before the second checkpoint", lambda job: job.says("Saved checkpoint")),
    Moment("before the last scoring", lambda job: job.says("Scoring the best model")),
    Moment("before packing", lambda job: job.status() == "Uploading"),
)


def full_at_each_moment(stage: TrainingStage, disk: SmallDisk) -> Iterator[Finding]:
    """Lets the disk of a job be full at each moment of its life."""
    for number, moment in enumerate(MOMENTS):
        job = stage.start(f"full-{number}", home=disk.path / "home")
        try:
            yield full_at(stage, disk, job, moment)
        finally:
            disk.make_room()
            job.end()


def full_at(stage: TrainingStage, disk: SmallDisk, job: Disturbed, moment: Moment) -> Finding:
    """Fills the disk at a moment of a job, and resumes it with room again."""
    asked = f"disk full {moment.name}"
    if not job.wait_until(lambda: moment.come(job)):
        return Finding(stage.engine, asked, "the job had ended before", skipped=True)
    disk.fill()
    return with_room_again(stage, disk, job, asked)


def with_room_again(stage: TrainingStage, disk: SmallDisk, job: Disturbed, asked: str) -> Finding:
    """Looks at a job whose disk is full, and resumes it with room."""
    description = job.wait_for_end()
    said = reason(description)
    lost = [*untold(said, disk), *left_half(disk)]
    disk.make_room()
    if description["TrainingJobStatus"] == "Completed":
        return Finding(stage.engine, asked, "Completed all the same", stage.lost_in(job), said)
    end = job.resume()
    if end["TrainingJobStatus"] != "Completed":
        lost.append(f"resumed with room, it is {end['TrainingJobStatus']}: {reason(end)}")
    else:
        lost.append(stage.lost_in(job))
    lost = [what for what in lost if what]
    return Finding(stage.engine, asked, GOES_ON if not lost else "Failed, resumed", "; ".join(lost), said)


def untold(said: str, disk: SmallDisk) -> list[str]:
    """Returns what a reason of a full disk does not say."""
    wanted = {
        "that the disk is full": TOLD.search(said),
        "the path": str(disk.path) in said,
        "the free space": FREE.search(said),
    }
    missing = [what for what, there in wanted.items() if not there]
    return [f"the reason lacks {', '.join(missing)}: {said}"] if missing else []


def left_half(disk: SmallDisk) -> list[str]:
    """Returns what is left there half-written."""
    parts = [str(path.relative_to(disk.path)) for path in disk.path.rglob("*.part")]
    return [f"left there: {', '.join(sorted(parts))}"] if parts else []


def full_while_it_downloads(stage: TrainingStage, disk: SmallDisk, account: Account) -> Iterator[Finding]:
    """Lets a job find its pictures in S3, and room for some of them: it is refused before it begins, or fails."""
    asked = "disk full while the pictures are downloaded"
    channels = {name: f"s3://{BUCKET}/pictures/{name}/" for name in stage.channels}
    for name, folder in stage.channels.items():
        for path in sorted(Path(folder).iterdir()):
            account.objects.write(S3Uri(BUCKET, f"pictures/{name}/{path.name}"), path.read_bytes())
    disk.fill(LEFT_FOR_A_DOWNLOAD)
    try:
        job = stage.start("downloads", home=disk.path / "home", channels=channels)
    except UserError as error:
        lost = [*untold(str(error), disk), *left_half(disk)]
        disk.make_room()
        seen = "refused before it begins, with the path and the free space"
        yield Finding(stage.engine, asked, seen, "; ".join(lost), str(error))
        return
    try:
        yield with_room_again(stage, disk, job, asked)
    finally:
        disk.make_room()
        job.end()


def full_where_results_go(stage: TrainingStage, disk: SmallDisk) -> Iterator[Finding]:
    """Lets the disk of the results be full, and not that of the job."""
    job = stage.start("delivered", output_path=str(disk.path / "models"))
    try:
        yield full_at(stage, disk, job, Moment("where the results go", lambda job: job.says("of epochs")))
    finally:
        disk.make_room()
        job.end()


def full_after_training(stage: TrainingStage, disk: SmallDisk) -> Iterator[Finding]:
    """Lets the disk be full when a trained model is exported and deployed."""
    job = stage.start("trained", home=disk.path / "home")
    try:
        job.wait_for_end()
        yield deed_with_a_full_disk(stage, disk, "an export", lambda: export(job))
        yield deed_with_a_full_disk(stage, disk, "a deploy", lambda: deploy(stage, job))
    finally:
        disk.make_room()
        job.end()


def deed_with_a_full_disk(stage: TrainingStage, disk: SmallDisk, name: str, deed: Callable[[], None]) -> Finding:
    """Does something with a full disk, which must say so, and again with room, which must do."""
    asked = f"disk full in {name}"
    disk.fill()
    said = failure_of(deed)
    lost = untold(said, disk) if said else []
    lost += left_half(disk)
    disk.make_room()
    if again := failure_of(deed):
        lost.append(f"with room: {again}")
    seen = "a sentence with the path and the free space; with room it is done" if said else "done all the same"
    return Finding(stage.engine, asked, seen, "; ".join(lost), said)


def failure_of(deed: Callable[[], None]) -> str:
    """Returns what somebody is told where something cannot be done; empty where it is done."""
    try:
        deed()
    except (SemsegError, OSError) as error:
        return str(error)
    return ""


def export(job: Disturbed) -> None:
    """Writes an exported form into the archive of the job's model."""
    Estimator.attach(job.name, job.session).export("openvino", logs=False)


def deploy(stage: TrainingStage, job: Disturbed) -> None:
    """Deploys the job's model, asks it about one picture, and removes the endpoint."""
    predictor = Estimator.attach(job.name, job.session).deploy(1, "local")
    try:
        predictor.predict(next(Path(stage.channels["validation"]).iterdir()).read_bytes())
    finally:
        with suppress(SemsegError):
            predictor.delete_endpoint()
