"""kill -9 of the processes of training jobs at random moments; each job is resumed, and must end as if nothing was."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from semseg.archive.checkpoint import newest_first, point_of
from semseg.aws.account import Account
from semseg.contract.s3_uri import S3Uri
from tests.aws import moto
from tests.aws.faulty_proxy import FaultyProxy, faulty_proxy
from tests.faults import job_processes, processes
from tests.faults.findings import Finding
from tests.faults.job_processes import BOTH, SUPERVISOR, TRAINER
from tests.faults.training_stage import Disturbed, TrainingStage, reason

TARGETS = (TRAINER, SUPERVISOR, BOTH)
NAMES = {TRAINER: "the trainer", SUPERVISOR: "the supervisor", BOTH: "both"}
ATTEMPTS = 3  # at a job that may have ended before it was to be killed
GOES_ON = "Failed; resumed, it ends bit for bit as the undisturbed job"
NO_CHECKPOINT = "no checkpoint"
BUCKET = "kept"
QUICK_SUPERVISOR = "tests.faults.quick_supervisor"


def kills(stage: TrainingStage, times: int, seed: int) -> Iterator[Finding]:
    """Kills the trainer, the supervisor or both of ``times`` jobs, and resumes each."""
    rng = random.Random(seed)
    for number in range(times):
        yield one_kill(stage, f"killed-{number}", TARGETS[number % len(TARGETS)], rng)


def one_kill(stage: TrainingStage, name: str, target: str, rng: random.Random) -> Finding:
    """Kills one job at a random moment of its processes' life."""
    asked = f"kill -9 of {NAMES[target]}"
    seconds = stage.undisturbed.seconds[target]
    for attempt in range(ATTEMPTS):
        job = stage.start(f"{name}-{attempt}")
        try:
            moment = killed_at(job, target, rng.uniform(0, seconds))
            if moment is not None:
                return after_the_kill(stage, job, asked, moment)
        finally:
            job.end()
    return Finding(stage.engine, asked, f"{ATTEMPTS} jobs ended before they were killed", skipped=True)


def killed_at(job: Disturbed, target: str, seconds: float) -> str | None:
    """Kills processes so long after they began, and says when that was; None where the job had ended before."""
    job.wait_until(lambda: job_processes.members(job.root, target))
    time.sleep(seconds)
    return f"after {seconds:.1f} s" if job.kill(target) else None


def after_the_kill(stage: TrainingStage, job: Disturbed, asked: str, moment: str) -> Finding:
    """Looks at a job that was killed, resumes it, and compares its end with the undisturbed job's."""
    description = job.wait_for_end()
    if description["TrainingJobStatus"] == "Completed":  # its trainer was killed when all was done
        return Finding(stage.engine, asked, "Completed all the same", stage.lost_in(job), moment)
    detail = f"{moment}, with {newest(job.folder.checkpoints)}: {reason(description)}"
    told = "resume()" in reason(description) or newest(job.folder.checkpoints) == NO_CHECKPOINT
    unsaid = "" if told else "its reason does not say how to resume it"
    end = job.resume()
    if end["TrainingJobStatus"] != "Completed":
        return Finding(stage.engine, asked, f"resumed, it is {end['TrainingJobStatus']}", reason(end), detail)
    lost = "; ".join(filter(None, (unsaid, stage.lost_in(job))))
    return Finding(stage.engine, asked, GOES_ON if not lost else "resumed and completed", lost, detail)


def newest(folder: Path) -> str:
    """Returns the name of the newest checkpoint in a folder, in words."""
    names = newest_first(path.name for path in folder.iterdir()) if folder.is_dir() else []
    return names[0] if names else NO_CHECKPOINT


def restart_of_the_machine(stage: TrainingStage, seed: int) -> Iterator[Finding]:
    """Kills all processes of a job at once and removes its lock, as a restart does."""
    seconds = random.Random(seed).uniform(0, stage.undisturbed.seconds[BOTH])
    job = stage.start("restarted")
    try:
        moment = killed_at(job, BOTH, seconds)
        job.folder.lock.unlink(missing_ok=True)
        job.folder.lock.touch()
        yield after_the_kill(stage, job, "a restart of the machine", moment or "at its end")
    finally:
        job.end()


def one_of_two_processes(stage: TrainingStage, times: int, seed: int) -> Iterator[Finding]:
    """Kills one of two processes that train together, and resumes in two."""
    pair = replace(stage, processes=2, settings={**stage.settings, "mini_batch_size": 4})
    rng = random.Random(seed)
    for number in range(times):
        rank = number % 2
        asked = f"two processes, kill -9 of rank {rank}"
        moment = rng.uniform(0, 0.8 * pair.undisturbed.seconds[TRAINER])
        job = pair.start(f"pair-{number}")
        try:
            job.wait_until(lambda: job_processes.of_rank(job.root, rank))  # noqa: B023 - called within this turn
            time.sleep(moment)
            processes.kill(job_processes.of_rank(job.root, rank)[:1])
            yield after_the_kill(pair, job, asked, f"after {moment:.1f} s")
        finally:
            job.end()


@dataclass(frozen=True)
class SlowS3:
    """S3 behind a link that lets so many bytes a second pass."""

    proxy: FaultyProxy
    account: Account

    def names(self, job: str) -> list[str]:
        """Returns the whole checkpoints of a job, as their states are there; the newest first."""
        uris = [stored.uri.key for stored in self.account.objects.list_prefix(S3Uri(BUCKET, f"{job}/"))]
        return newest_first({key.split("/")[1] for key in uris if key.endswith("/state.json")})

    def downloads(self, job: str) -> set[str]:
        """Returns the checkpoints of which something was read since the last call."""
        start = f"/{BUCKET}/{job}/"
        read = [path for method, path in self.proxy.seen if method == "GET" and path.startswith(start)]
        self.proxy.seen.clear()
        return {path[len(start) :].split("/")[0] for path in read}


@contextmanager
def slow_s3(folder: Path, environment: MutableMapping[str, str], bytes_per_second: float) -> Iterator[SlowS3]:
    """Starts a moto server behind a slow link, and writes into ``environment`` how boto3 finds it."""
    with moto.moto_server(folder / "moto.txt") as url, faulty_proxy(url) as proxy:
        environment.update({**moto.ENVIRONMENT, "AWS_ENDPOINT_URL": proxy.url})
        account = Account()
        location = {"LocationConstraint": moto.REGION}
        account.connection.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=location)
        proxy.bytes_per_second = bytes_per_second
        yield SlowS3(proxy, account)


def kills_over_s3(stage: TrainingStage, link: SlowS3, times: int, seed: int) -> Iterator[Finding]:
    """Kills jobs that bring their checkpoints over a slow link, removes their folders, and starts new ones."""
    quick = replace(stage, supervisor=QUICK_SUPERVISOR)
    rng = random.Random(seed)
    for number in range(times):
        yield one_kill_over_s3(quick, link, f"slow-{number}", rng)


def one_kill_over_s3(stage: TrainingStage, link: SlowS3, name: str, rng: random.Random) -> Finding:
    asked = "checkpoints over a slow link to S3, kill -9 of all, folder removed, a new fit with the same URI"
    location = f"s3://{BUCKET}/{name}"
    moment = rng.uniform(0, 0.5 * stage.undisturbed.seconds[TRAINER])
    job = stage.start(name, checkpoint_s3_uri=location)
    job.wait_until(lambda: link.names(name))
    time.sleep(moment)
    killed = job.kill(BOTH)
    here, there = newest(job.folder.checkpoints), link.names(name)
    job.end()
    link.downloads(name)
    job = stage.start(name, checkpoint_s3_uri=location)
    try:
        end = job.wait_for_end()
        detail = json.dumps({"killed": killed, "newest here": here, "there": there, "at the end": link.names(name)})
        if end["TrainingJobStatus"] != "Completed":
            return Finding(stage.engine, asked, end["TrainingJobStatus"], reason(end), detail)
        point = point_of(there[0]) if there else None
        lost = [stage.lost_in(job, first_epoch=point[0] if point else 0)]
        if (read := link.downloads(name)) != set(there[:1]):
            lost.append(f"of {sorted(read)} something was read, and {there[:1]} is the newest whole one")
        if len(link.names(name)) > 2:
            lost.append(f"{len(link.names(name))} checkpoints are kept there")
        if link.account.objects.unfinished_uploads(S3Uri(BUCKET, name)):
            lost.append("parts of an upload are left there")
    finally:
        job.end()
    seen = "goes on from the newest whole one, of which alone something is read; ends bit for bit as the undisturbed"
    return Finding(stage.engine, asked, seen, "; ".join(filter(None, lost)), detail)
