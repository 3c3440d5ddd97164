"""Measures how fast the objects of a prefix arrive, compared with boto3's own ways and the aws command.

    python -m benchmarks.downloads

2,000 objects of 20 KB from a stand-in of S3 in a process of its own (benchmarks/static_s3.py, without a network's
waiting) into an empty folder, the listing included. The contenders take turns, and the medians of the rounds are
compared. Takes about two minutes.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Callable

import boto3
from s3transfer.manager import TransferManager

from semseg.aws.account import Account
from semseg.contract.s3_uri import S3Uri
from semseg.local.files.downloads import Downloads

OBJECTS = 2000
OBJECT_BYTES = 20_000
BUCKET = "pictures"
PREFIX = "p/"
THREADS = 10  # as many as boto3's transfer manager has
ROUNDS = 5
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing", "AWS_DEFAULT_REGION": "us-west-2"}

Way = Callable[[Path], None]


def main() -> None:
    with stand_in() as url:
        os.environ.update(ENVIRONMENT, AWS_ENDPOINT_URL_S3=url)
        ways: dict[str, Way] = {
            "semseg": ours,
            "boto3 download_file in threads": in_threads,
            "boto3's transfer manager": by_transfer_manager,
        }
        if importlib.util.find_spec("awscli"):
            ways["aws s3 cp --recursive"] = by_command
        report(seconds(ways))


@contextmanager
def stand_in() -> Iterator[str]:
    """Runs the stand-in of S3, and gives its address."""
    command = [sys.executable, "-m", "benchmarks.static_s3", str(OBJECTS), str(OBJECT_BYTES)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def ours(folder: Path) -> None:
    store = Account().objects
    Downloads(folder, store).fetch(store.list_channel(S3Uri(BUCKET, PREFIX), "the pictures"))


def in_threads(folder: Path) -> None:
    client = boto3.client("s3")
    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(client.download_file, BUCKET, key, target(folder, key)) for key in keys(client)]:
            done.result()


def by_transfer_manager(folder: Path) -> None:
    client = boto3.client("s3")
    with TransferManager(client) as manager:
        for done in [manager.download(BUCKET, key, target(folder, key)) for key in keys(client)]:
            done.result()


def by_command(folder: Path) -> None:
    command = [sys.executable, "-m", "awscli", "s3", "cp", "--recursive", "--quiet", f"s3://{BUCKET}/{PREFIX}"]
    subprocess.run([*command, str(folder)], check=True)


def keys(client: object) -> list[str]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=PREFIX)  # type: ignore[attr-defined]
    return [entry["Key"] for page in pages for entry in page["Contents"]]


def target(folder: Path, key: str) -> str:
    return str(folder / key.replace("/", "_"))


def seconds(ways: dict[str, Way]) -> dict[str, float]:
    """Returns the median of all rounds; the first round only warms up."""
    seen: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS + 1):
        for name, download in ways.items():
            with tempfile.TemporaryDirectory() as folder:
                started = time.perf_counter()
                download(Path(folder))
                seen[name].append(time.perf_counter() - started)
                check(Path(folder))
    return {name: statistics.median(values[1:]) for name, values in seen.items()}


def check(folder: Path) -> None:
    whole = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size == OBJECT_BYTES]
    if len(whole) != OBJECTS:
        raise SystemExit(f"{len(whole)} of {OBJECTS} objects arrived")


def report(seen: dict[str, float]) -> None:
    print(f"{OBJECTS} objects of {OBJECT_BYTES} bytes from a stand-in of S3 on this machine, median of {ROUNDS} rounds")
    for name, took in seen.items():
        print(f"  {name}: {took:.2f} s, {OBJECTS / took:.0f} objects/s, {took / seen['semseg']:.2f} times ours")


if __name__ == "__main__":
    main()
