"""Objects of S3 kept on this machine: fetched once, and never half."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from semseg.aws.account import Account
from semseg.aws.object_store import ObjectStore
from semseg.contract.s3_uri import S3Uri
from semseg.errors import UserError
from semseg.local.files.downloads import Downloads
from tests.aws.faulty_proxy import FaultyProxy, faulty_proxy, impatient_store

BUCKET = "pictures"
SECONDS = 30


@pytest.fixture
def store(aws: str) -> ObjectStore:
    """S3 with a bucket of three objects, of 1,000 bytes each."""
    account = Account()
    account.s3_client.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": account.boto_region_name}
    )
    for letter in "abc":
        account.objects.write(S3Uri(BUCKET, f"{letter}.jpg"), letter.encode() * 1000)
    return account.objects


@pytest.fixture
def proxy(store: ObjectStore, aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyProxy]:
    with faulty_proxy(aws) as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", running.url)
        yield running


def gets(proxy: FaultyProxy) -> int:
    return len([path for method, path in proxy.seen if method == "GET" and path.endswith(".jpg")])


def test_objects_are_fetched_once_and_given_in_order(store: ObjectStore, proxy: FaultyProxy, tmp_path: Path) -> None:
    objects = store.list_prefix(S3Uri(BUCKET, ""))[::-1]
    for _ in range(2):
        paths = Downloads(tmp_path / "downloads", impatient_store()).fetch(objects)
        assert [path.read_bytes() for path in paths] == [b"c" * 1000, b"b" * 1000, b"a" * 1000]
    assert gets(proxy) == 3


def test_only_a_changed_object_is_fetched_anew(store: ObjectStore, proxy: FaultyProxy, tmp_path: Path) -> None:
    downloads = Downloads(tmp_path, impatient_store())
    before = downloads.fetch(store.list_prefix(S3Uri(BUCKET, "")))
    store.write(S3Uri(BUCKET, "b.jpg"), b"B" * 1000)
    after = downloads.fetch(store.list_prefix(S3Uri(BUCKET, "")))
    assert [path.read_bytes()[:1] for path in after] == [b"a", b"B", b"c"]
    assert (before[0], before[2]) == (after[0], after[2])
    assert gets(proxy) == 4


def test_an_object_that_is_wanted_twice_is_fetched_once(store: ObjectStore, proxy: FaultyProxy, tmp_path: Path) -> None:
    objects = store.list_prefix(S3Uri(BUCKET, "a"))
    first, second = Downloads(tmp_path, impatient_store()).fetch(objects * 2)
    assert first == second
    assert gets(proxy) == 1


def test_what_arrived_before_a_failure_is_kept(store: ObjectStore, proxy: FaultyProxy, tmp_path: Path) -> None:
    objects = store.list_prefix(S3Uri(BUCKET, ""))
    proxy.add("GET", "/c.jpg", "vanish")
    downloads = Downloads(tmp_path, impatient_store())
    with pytest.raises(UserError, match=r"s3://pictures/c\.jpg: NoSuchKey"):
        downloads.fetch(objects)
    assert downloads.missing(objects) == [objects[2]]


def test_a_file_that_was_cut_off_behind_our_back_is_fetched_again(store: ObjectStore, tmp_path: Path) -> None:
    objects = store.list_prefix(S3Uri(BUCKET, "a"))
    downloads = Downloads(tmp_path, store)
    downloads.fetch(objects)[0].write_bytes(b"a" * 500)
    assert downloads.fetch(objects)[0].read_bytes() == b"a" * 1000


def test_a_killed_process_leaves_no_half_file_and_its_leftovers_are_removed(
    store: ObjectStore, proxy: FaultyProxy, tmp_path: Path
) -> None:
    (tmp_path / ".part-of-a-killed-process").write_bytes(b"a" * 500)
    large = b"0123456789abcdef" * (1024**2)  # 16 MB, so in two parts
    store.write(S3Uri(BUCKET, "z.bin"), large)
    proxy.add("GET", "/z.bin", "stall")
    command = [sys.executable, "-m", "tests.local.fetching", str(tmp_path), BUCKET]
    with subprocess.Popen(command, cwd=Path(__file__).parents[3]) as child:
        _wait_until(lambda: any("." in path.name[1:] for path in tmp_path.iterdir()))
        child.kill()
    objects = store.list_prefix(S3Uri(BUCKET, ""))
    downloads = Downloads(tmp_path, impatient_store())
    assert objects[3] in downloads.missing(objects)
    paths = downloads.fetch(objects)
    assert paths[3].read_bytes() == large
    assert {path.name for path in tmp_path.iterdir()} == {"lock", *(path.name for path in paths)}


def test_processes_at_once_share_a_folder(store: ObjectStore, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.local.fetching", str(tmp_path), BUCKET]
    children = [
        subprocess.Popen(command, cwd=Path(__file__).parents[3], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    names = [child.communicate(timeout=SECONDS)[0].split() for child in children]
    assert [child.returncode for child in children] == [0, 0]
    assert names[0] == names[1]
    assert [(tmp_path / name).read_bytes() for name in names[0]] == [b"a" * 1000, b"b" * 1000, b"c" * 1000]


def test_the_leftovers_of_a_living_process_are_left_alone(
    store: ObjectStore, proxy: FaultyProxy, tmp_path: Path
) -> None:
    proxy.add("GET", "/a.jpg", "stall")
    command = [sys.executable, "-m", "tests.local.fetching", str(tmp_path), BUCKET]
    with subprocess.Popen(command, cwd=Path(__file__).parents[3]) as child:
        _wait_until(lambda: gets(proxy) == 3)  # it holds the lock now, and waits
        half_done = tmp_path / ".part-of-a-living-process"
        half_done.write_bytes(b"")
        Downloads(tmp_path, impatient_store()).fetch(store.list_prefix(S3Uri(BUCKET, "b")))
        assert half_done.exists()
        child.kill()


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
