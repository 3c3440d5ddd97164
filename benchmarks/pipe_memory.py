"""Measures the peak memory of a job in Pipe mode, by the number of objects that it streams.

    python -m benchmarks.pipe_memory

A stand-in for the training process reads two passes over the samples of an augmented manifest in S3 (moto, in a process
of its own) and keeps nothing. Both peaks are those of resident memory, in MiB; they should not grow with the number.
Takes about a minute.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from semseg.aws.account import Account
from semseg.contract.s3_uri import S3Uri
from semseg.inputs import TrainingInput, input_data_config
from semseg.local.jobs.home import Home
from semseg.local.process.process import is_locked
from semseg.local.training.jobs import Jobs
from tests.aws import moto
from tests.local.fakes import TRAIN, request_at

NUMBERS = (200, 2000)  # objects
OBJECT_BYTES = 50_000
PASSES = 2
POLL_SECONDS = 0.02
BUCKET = "pictures"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, moto.moto_server(Path(folder) / "moto.txt") as url:
        os.environ.update(moto.ENVIRONMENT, AWS_ENDPOINT_URL=url)
        account = Account()
        write_objects(account)
        for number in NUMBERS:
            supervisor, trainer = peaks(account, Path(folder), number)
            print(f"{number:5d} objects: supervisor {supervisor} MiB, training process {trainer} MiB", flush=True)


def write_objects(account: Account) -> None:
    location = {"LocationConstraint": moto.REGION}
    account.connection.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=location)
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / str(number) for number in range(max(NUMBERS))]
        for path in files:
            path.write_bytes(os.urandom(OBJECT_BYTES))
        account.objects.upload([(path, S3Uri(BUCKET, path.name)) for path in files])


def peaks(account: Account, folder: Path, number: int) -> tuple[int, int]:
    """Returns the peaks, in MiB, of a job's supervisor and of its training process."""
    jobs = Jobs(Home(folder / "home"), TRAIN, account)
    name = f"job-{number}"
    jobs.start(request(folder, name, write_manifest(account, number)))
    job = jobs.folder(name)
    highest: dict[str, int] = {}
    while is_locked(job.lock):
        for kind, process in processes_of(str(job.root)):
            highest[kind] = max(highest.get(kind, 0), peak_mib(process))
        time.sleep(POLL_SECONDS)
    expected = [f"pass {index} {streamed_bytes(number)}" for index in range(PASSES)]
    if job.log.read_text().splitlines() != expected:
        sys.exit(f"the job did not stream all objects: {job.log.read_text()}")
    return highest["supervisor"], highest["trainer"]


def write_manifest(account: Account, number: int) -> str:
    """Writes a manifest of so many objects, two on each line, and returns its URI."""
    uri = S3Uri(BUCKET, f"manifest-{number}")
    lines = [
        json.dumps({"source-ref": f"s3://{BUCKET}/{index}", "mask-ref": f"s3://{BUCKET}/{index + 1}"})
        for index in range(0, number, 2)
    ]
    account.objects.write(uri, "\n".join(lines).encode())
    return str(uri)


def streamed_bytes(number: int) -> int:
    """Returns the bytes of the stream. Each record has a header of 8 bytes; random bytes hardly ever need a second
    one.
    """
    return number * (OBJECT_BYTES + 8)


def request(folder: Path, name: str, manifest: str) -> dict[str, object]:
    channel = TrainingInput(
        manifest,
        s3_data_type="AugmentedManifestFile",
        attribute_names=["source-ref", "mask-ref"],
        record_wrapping="RecordIO",
        input_mode="Pipe",
    )
    channels = input_data_config({"train": channel, "validation": channel})
    environment = {"FAKE_TRAIN": "drain_pipes", "PASSES": str(PASSES)}
    return {**request_at(folder, name), "InputDataConfig": channels, "Environment": environment}


def processes_of(job: str) -> list[tuple[str, int]]:
    """Returns the supervisor of a job's folder and the processes that it started."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if "semseg.local.training.supervisor" in command and job in command:
                children = (entry / "task" / entry.name / "children").read_text().split()
                found += [("supervisor", int(entry.name)), *(("trainer", int(child)) for child in children)]
        except OSError:
            continue  # it has ended
    return found


def peak_mib(process: int) -> int:
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0  # it has ended
    return next((int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0)


if __name__ == "__main__":
    main()
