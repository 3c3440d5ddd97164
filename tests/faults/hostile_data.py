"""Pictures that are no files, that vanish or change after the check, a name that ten ask for, and too little memory."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from semseg.errors import SemsegError
from tests.faults import job_processes, processes
from tests.faults.findings import Finding
from tests.faults.training_stage import REPOSITORY, SECONDS, Disturbed, TrainingStage, reason

REFUSED_WITHIN = 120.0  # seconds, on a machine that has other work too
FITS = 10
STARTED = "LRScheduler setup"  # in the log once the job has checked its pictures
MORE_MEMORY = 40 * 2**20  # bytes, that a starved process still gets
SPLIT = "Too little memory for a step"  # in the log where a step was computed again in more parts


def not_regular(stage: TrainingStage) -> Iterator[Finding]:
    """Lays things among the pictures that have no end, or keep whoever opens them waiting."""
    for asked, make in (
        ("a FIFO among the pictures", os.mkfifo),
        ("a link to /dev/zero among the pictures", lambda path: path.symlink_to("/dev/zero")),
        ("a device among the pictures", lambda path: os.mknod(path, 0o020600, os.makedev(1, 5))),
    ):
        channels = copied(stage, "irregular")
        path = Path(channels["train"]) / "odd.jpg"
        try:
            make(path)
        except PermissionError:
            yield Finding(stage.engine, asked, "only root makes devices", skipped=True)
            continue
        shutil.copy(next(Path(channels["train_annotation"]).iterdir()), path.parent.parent / "train_annotation/odd.png")
        yield refused(stage, asked, channels, path)
        path.unlink()


def refused(stage: TrainingStage, asked: str, channels: Mapping[str, str], path: Path) -> Finding:
    """Asks for a job with a channel that must be refused in seconds, by a sentence that names the path."""
    began = time.monotonic()
    try:
        job = stage.start("irregular", channels=channels)
    except SemsegError as error:
        return _refusal(stage, asked, str(error), path, time.monotonic() - began)
    try:
        description = job.wait_for_end()
        return _refusal(stage, asked, reason(description), path, time.monotonic() - began)
    finally:
        job.end()


def _refusal(stage: TrainingStage, asked: str, said: str, path: Path, seconds: float) -> Finding:
    lost = [] if path.name in said else [f"it is not named: {said}"]
    lost += [f"that took {seconds:.0f} s"] if seconds > REFUSED_WITHIN else []
    return Finding(stage.engine, asked, "refused by its path", "; ".join(lost), f"{seconds:.1f} s: {said}")


def changed_after_the_check(stage: TrainingStage) -> Iterator[Finding]:
    """Changes pictures and masks while a job trains; with what was there before, it is resumed."""
    for asked, half, change in (
        ("a picture vanishes", "train", _vanish),
        ("a picture of validation vanishes", "validation", _vanish),
        ("a mask gets a class beyond num_classes", "train_annotation", _another_class),
        ("a mask gets another size", "train_annotation", _another_size),
    ):
        channels = copied(stage, "changed")
        path = sorted(Path(channels[half]).iterdir())[0]
        before = path.read_bytes()
        job = stage.start("changed", channels=channels)
        try:
            yield _changed(stage, job, f"{asked} after the check", path, before, change)
        finally:
            job.end()


def _changed(
    stage: TrainingStage, job: Disturbed, asked: str, path: Path, before: bytes, change: Callable[[Path], None]
) -> Finding:
    if not job.wait_until(lambda: job.says(STARTED)):
        return Finding(stage.engine, asked, "the job had ended before", reason(job.describe()))
    change(path)
    description = job.wait_for_end()
    said = reason(description)
    path.write_bytes(before)
    if description["TrainingJobStatus"] == "Completed":
        if not stage.lost_in(job):
            return Finding(stage.engine, asked, "Completed: all had been read before")
        return Finding(stage.engine, asked, "Completed", "it trained on with the other file, and says nothing")
    lost = [] if path.name in said else [f"it is not named: {said}"]
    end = job.resume()
    difference = stage.lost_in(job) if end["TrainingJobStatus"] == "Completed" else reason(end)
    lost += [f"resumed: {difference}"] if difference else []
    seen = "Failed, by its path; with the file of before it is resumed and ends bit for bit"
    return Finding(stage.engine, asked, seen if not lost else "Failed, resumed", "; ".join(lost), said)


def _vanish(path: Path) -> None:
    path.unlink()


def _another_class(path: Path) -> None:
    with Image.open(path) as mask:
        size = mask.size
    _replace(path, Image.fromarray(np.full(size[::-1], 7, np.uint8)))


def _another_size(path: Path) -> None:
    _replace(path, Image.fromarray(np.zeros((9, 11), np.uint8)))


def _replace(path: Path, image: Image.Image) -> None:
    path.unlink()
    image.save(path)


def copied(stage: TrainingStage, name: str) -> dict[str, str]:
    """Returns channels with copies of the stage's pictures, in a new folder."""
    folder = stage.folder / name
    shutil.rmtree(folder, ignore_errors=True)
    return {channel: str(shutil.copytree(path, folder / channel)) for channel, path in stage.channels.items()}


def starved_of_memory(stage: TrainingStage) -> Iterator[Finding]:
    """Lets a trainer have hardly more memory than it has when it begins."""
    asked = "no more memory for the trainer (RLIMIT_AS)"
    job = stage.start("starved")
    try:
        if not job.wait_until(lambda: job.says(STARTED)):
            yield Finding(stage.engine, asked, "the job had ended before", skipped=True)
            return
        for pid in job_processes.trainers(job.root):
            limit = processes.mapped_bytes(pid) + MORE_MEMORY
            resource.prlimit(pid, resource.RLIMIT_AS, (limit, limit))
        description = job.wait_for_end()
        said = reason(description)
        if description["TrainingJobStatus"] == "Completed":
            if job.says(SPLIT):  # batch norm then sees less at once, so that the parameters are others
                yield Finding(stage.engine, asked, "Completed, its steps in more parts; the log says so")
            else:
                yield Finding(stage.engine, asked, "Completed all the same", stage.lost_in(job))
            return
        lost = [] if "memory" in said.lower() else [f"the reason does not speak of memory: {said}"]
        lost += [f"the reason is no sentence: {said}"] if "Traceback" in said else []
        end = job.resume()
        difference = stage.lost_in(job) if end["TrainingJobStatus"] == "Completed" else reason(end)
        lost += [f"resumed: {difference}"] if difference else []
        seen = "Failed for too little memory; resumed, it ends bit for bit" if not lost else "Failed, resumed"
        yield Finding(stage.engine, asked, seen, "; ".join(lost), said)
    finally:
        job.end()


def one_name(stage: TrainingStage, fits: int = FITS) -> Iterator[Finding]:
    """Lets so many processes ask for a job of one name at once."""
    asked = f"{fits} fits of one name at once"
    facts = {
        "engine": stage.engine,
        "channels": dict(stage.channels),
        "train": list(stage.train),
        "environment": dict(stage.environment),
        "settings": dict(stage.settings),
    }
    command = [sys.executable, "-m", "tests.faults.hostile_data", str(stage.folder), json.dumps(facts)]
    running = [
        subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(fits)
    ]
    said = [process.communicate(timeout=SECONDS)[0].strip() for process in running]
    job = Disturbed("one", stage.session())
    try:
        end = job.wait_for_end()
        won = said.count("won")
        others = {line for line in said if line != "won"}
        lost = [f"{won} of them won"] if won != 1 else []
        lost += [f"said: {line}" for line in others if not line.startswith("refused: ")]
        lost.append(stage.lost_in(job) if end["TrainingJobStatus"] == "Completed" else reason(end))
        seen = "one wins, and ends bit for bit as the undisturbed; the others are refused in a sentence"
        yield Finding(stage.engine, asked, seen, "; ".join(filter(None, lost)), "; ".join(sorted(others)))
    finally:
        job.end()


def main() -> None:
    """Asks for a job named "one", and prints "won" or the sentence of the refusal."""
    stage = TrainingStage(Path(sys.argv[1]), **json.loads(sys.argv[2]))
    try:
        stage.estimator(stage.session()).fit(stage.channels, wait=False, job_name="one")
    except SemsegError as error:
        print(f"refused: {error}")
    else:
        print("won")


if __name__ == "__main__":
    main()
