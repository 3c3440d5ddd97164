"""Objects of a moto server, listed, read, downloaded and uploaded, also through a proxy that spoils its answers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from semseg.aws.account import Account
from semseg.aws.object_store import PART_BYTES, ObjectStore, StoredObject, UnfinishedUpload
from semseg.contract.s3_uri import S3Uri
from semseg.errors import ChannelError, PlatformError, UserError
from semseg.local.files.input_channels import file_channels
from tests.aws.faulty_proxy import FaultyProxy, faulty_proxy, impatient_store

BUCKET = "pictures"


@pytest.fixture
def store(aws: str) -> ObjectStore:
    """S3 with one empty bucket."""
    account = Account()
    account.s3_client.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": account.boto_region_name}
    )
    return account.objects


@pytest.fixture
def proxy(store: ObjectStore, aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyProxy]:
    """What S3 is reached through from now on; ``store`` goes around it."""
    with faulty_proxy(aws) as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", running.url)
        yield running


def put(store: ObjectStore, *keys: str, content: bytes = b"0123456789") -> None:
    for key in keys:
        store.write(S3Uri(BUCKET, key), content)


def keys(objects: list[StoredObject]) -> list[str]:
    return [stored.uri.key for stored in objects]


def test_a_written_object_is_listed_with_its_size_and_read_back(store: ObjectStore) -> None:
    put(store, "train/a.jpg", content=b"12345")
    (found,) = store.list_prefix(S3Uri(BUCKET, "train"))
    assert (str(found.uri), found.size) == ("s3://pictures/train/a.jpg", 5)
    assert store.read(found.uri) == b"12345"
    assert store.find(found.uri) == found
    assert store.find(S3Uri(BUCKET, "train/b.jpg")) is None


def test_an_object_with_a_byte_too_many_is_refused_before_it_is_read(store: ObjectStore) -> None:
    put(store, "a.jpg", content=b"12345")
    assert store.read(S3Uri(BUCKET, "a.jpg"), most=5) == b"12345"
    with pytest.raises(UserError) as refusal:
        store.read(S3Uri(BUCKET, "a.jpg"), most=4)
    assert str(refusal.value) == "s3://pictures/a.jpg must have at most 4 bytes, got 5"


def test_a_channel_is_the_folder_of_its_name_and_a_warning_names_what_only_begins_alike(store: ObjectStore) -> None:
    put(store, "p/train/", "p/train/b.jpg", "p/train/a.jpg", "p/train_annotation/a.png", "p/train.txt")
    with pytest.warns(UserWarning, match="end the URI with a slash") as told:
        found = store.list_channel(S3Uri(BUCKET, "p/train"), "channel train")
    assert keys(found) == ["p/train/a.jpg", "p/train/b.jpg"]
    assert "s3://pictures/p/train_annotation/, s3://pictures/p/train.txt too" in str(told[0].message)


def test_the_warning_points_at_the_users_line(store: ObjectStore) -> None:
    put(store, "p/train/a.jpg", "p/train_annotation/a.png")
    source = {"S3DataSource": {"S3Uri": "s3://pictures/p/train"}}
    with pytest.warns(UserWarning, match="end the URI with a slash") as told:
        file_channels([{"ChannelName": "train", "DataSource": source}], Account())
    assert told[0].filename == __file__


def test_a_folder_with_a_slash_and_an_exact_object_bring_no_warning(store: ObjectStore) -> None:
    put(store, "p/train/a.jpg", "p/train_annotation/a.png", "p/map.json", "p/map.json.old")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert keys(store.list_channel(S3Uri(BUCKET, "p/train/"), "channel train")) == ["p/train/a.jpg"]
        assert keys(store.list_channel(S3Uri(BUCKET, "p/map.json"), "channel label_map")) == ["p/map.json"]
        assert len(store.list_channel(S3Uri(BUCKET, ""), "channel train")) == 4


def test_listing_a_channel_does_not_list_its_siblings_objects(store: ObjectStore, proxy: FaultyProxy) -> None:
    put(store, "p/train/a.jpg", *(f"p/train_annotation/{number}.png" for number in range(5)))
    with pytest.warns(UserWarning, match="train_annotation"):
        impatient_store().list_channel(S3Uri(BUCKET, "p/train"), "channel train")
    first, second = [path for _, path in proxy.seen]
    assert "delimiter=%2F" in first
    assert "prefix=p%2Ftrain%2F&" in second + "&"


def test_an_empty_channel_is_an_error_that_names_what_begins_alike(store: ObjectStore) -> None:
    put(store, "p/train_annotation/a.png")
    with pytest.raises(
        ChannelError, match=r"s3://pictures/p/train/ holds nothing, though there are s3://pictures/p/tr"
    ):
        store.list_channel(S3Uri(BUCKET, "p/train"), "channel train")
    with pytest.raises(UserError, match=r"could not list s3://nowhere/p: NoSuchBucket: .*: there is no such bucket"):
        store.list_channel(S3Uri("nowhere", "p"), "channel train")


def test_a_download_makes_one_request_for_each_object_and_leaves_nothing_beside(
    store: ObjectStore, proxy: FaultyProxy, tmp_path: Path
) -> None:
    put(store, *(f"train/{number}.jpg" for number in range(30)))
    wanted = [
        (stored, tmp_path / stored.uri.relative_to(S3Uri(BUCKET, "train")))
        for stored in store.list_prefix(S3Uri(BUCKET, "train/"))
    ]
    moved: list[int] = []
    impatient_store().download(wanted, moved.append)
    assert [path.read_bytes() for path in sorted(tmp_path.iterdir())] == [b"0123456789"] * 30
    assert sum(moved) == 300
    assert [method for method, _ in proxy.seen] == ["GET"] * 30


@pytest.mark.parametrize("fault", ["throttle", "fail", "reset", "truncate", "stall"])
def test_what_passes_is_tried_again_and_nothing_is_lost(
    store: ObjectStore, proxy: FaultyProxy, tmp_path: Path, fault: str
) -> None:
    content = bytes(range(256)) * 80
    put(store, "a.jpg", "b.jpg", content=content)
    proxy.add("GET", "/a.jpg", fault)
    wanted = [(stored, tmp_path / stored.uri.key) for stored in store.list_prefix(S3Uri(BUCKET, ""))]
    impatient_store(fault).download(wanted)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jpg", "b.jpg"]
    assert (tmp_path / "a.jpg").read_bytes() == (tmp_path / "b.jpg").read_bytes() == content
    assert proxy.faults == []
    assert len(proxy.seen) == 3 or fault == "stall"  # the spoilt answer, its repetition, the other object


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        ("throttle", PlatformError, r"could not read s3://pictures/a.jpg: AWS asked to slow down \(SlowDown\)"),
        ("fail", PlatformError, r"could not read s3://pictures/a.jpg: AWS failed at each attempt \(InternalError\)"),
        ("reset", PlatformError, r"could not read s3://pictures/a.jpg: the connection broke off at each attempt"),
        ("truncate", PlatformError, r"could not read s3://pictures/a.jpg: the connection broke off at each attempt"),
        ("stall", PlatformError, r"could not read s3://pictures/a.jpg: AWS was silent for too long"),
        ("vanish", UserError, r"could not read s3://pictures/a.jpg: NoSuchKey: .*: there is no such object"),
        ("deny", UserError, r"could not read s3://pictures/a.jpg: AccessDenied: .*: no permission: ask"),
        ("expire", UserError, r"could not read s3://pictures/a.jpg: ExpiredToken: the credentials have expired"),
    ],
)
def test_what_does_not_pass_is_one_sentence_with_the_uri_and_leaves_no_file(
    store: ObjectStore, proxy: FaultyProxy, tmp_path: Path, fault: str, kind: type[Exception], said: str
) -> None:
    put(store, "a.jpg", content=b"x" * 5000)
    (stored,) = store.list_prefix(S3Uri(BUCKET, ""))
    proxy.add("GET", "/a.jpg", *[fault] * 9)
    with pytest.raises(kind, match=said):
        impatient_store(fault).download([(stored, tmp_path / "a.jpg")])
    assert list(tmp_path.iterdir()) == []


def test_one_denied_object_keeps_the_others_whole(store: ObjectStore, proxy: FaultyProxy, tmp_path: Path) -> None:
    put(store, "a.jpg", "b.jpg", "c.jpg")
    proxy.add("GET", "/b.jpg", "deny")
    wanted = [(stored, tmp_path / stored.uri.key) for stored in store.list_prefix(S3Uri(BUCKET, ""))]
    with pytest.raises(UserError, match=r"s3://pictures/b\.jpg"):
        impatient_store().download(wanted)
    assert {path.name for path in tmp_path.iterdir()} <= {"a.jpg", "c.jpg"}
    assert {path.read_bytes() for path in tmp_path.iterdir()} == {b"0123456789"}


@pytest.mark.parametrize("size", [10, PART_BYTES + 10], ids=["small", "large"])
def test_an_object_that_changed_since_it_was_listed_is_refused(store: ObjectStore, tmp_path: Path, size: int) -> None:
    put(store, "a.bin", content=b"a" * size)
    (listed,) = store.list_prefix(S3Uri(BUCKET, ""))
    put(store, "a.bin", content=b"b" * size)
    with pytest.raises(UserError, match=r"could not read s3://pictures/a.bin: .*the object has changed since"):
        store.download([(listed, tmp_path / "a.bin")])
    assert list(tmp_path.iterdir()) == []


def test_a_large_object_comes_in_parts_without_a_question_before(
    store: ObjectStore, proxy: FaultyProxy, tmp_path: Path
) -> None:
    content = b"0123456789abcdef" * (PART_BYTES // 16) + b"the end"
    put(store, "model.tar.gz", content=content)
    (stored,) = store.list_prefix(S3Uri(BUCKET, ""))
    proxy.add("GET", "/model.tar.gz", "truncate", "reset")
    moved: list[int] = []
    impatient_store().download([(stored, tmp_path / "model.tar.gz")], moved.append)
    assert (tmp_path / "model.tar.gz").read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["model.tar.gz"]
    assert sum(moved) == len(content)
    assert [method for method, _ in proxy.seen] == ["GET"] * 4  # two parts, each spoilt once


@pytest.mark.parametrize("fault", ["throttle", "fail"])
def test_an_upload_that_was_turned_away_is_repeated(
    store: ObjectStore, proxy: FaultyProxy, tmp_path: Path, fault: str
) -> None:
    (tmp_path / "a.jpg").write_bytes(b"whole")
    proxy.add("PUT", "/a.jpg", fault)
    impatient_store().upload([(tmp_path / "a.jpg", S3Uri(BUCKET, "p/a.jpg"))])
    assert store.read(S3Uri(BUCKET, "p/a.jpg")) == b"whole"
    assert len(proxy.seen) == 2


def test_an_upload_that_is_denied_names_the_file_and_the_uri(
    store: ObjectStore, proxy: FaultyProxy, tmp_path: Path
) -> None:
    (tmp_path / "a.jpg").write_bytes(b"whole")
    proxy.add("PUT", "/a.jpg", "deny")
    with pytest.raises(UserError, match=r"could not upload .*/a\.jpg to s3://pictures/p/a\.jpg: AccessDenied"):
        impatient_store().upload([(tmp_path / "a.jpg", S3Uri(BUCKET, "p/a.jpg"))])
    assert store.find(S3Uri(BUCKET, "p/a.jpg")) is None


def test_an_upload_of_a_missing_file_or_with_an_unknown_argument_is_one_sentence(
    store: ObjectStore, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=r"could not read .*/none: No such file"):
        store.upload([(tmp_path / "none", S3Uri(BUCKET, "none"))])
    (tmp_path / "a").write_bytes(b"a")
    with pytest.raises(UserError, match=r"could not upload .*/a to s3://pictures/a: Invalid extra_args key 'Encrypt'"):
        store.upload([(tmp_path / "a", S3Uri(BUCKET, "a"))], {"Encrypt": "yes"})


def test_a_place_that_cannot_be_written_is_one_sentence(store: ObjectStore, tmp_path: Path) -> None:
    put(store, "a")
    (stored,) = store.list_prefix(S3Uri(BUCKET, ""))
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(PlatformError, match=r"could not write .*/file: "):
        store.download([(stored, tmp_path / "file" / "a")])


def test_objects_are_removed_in_order_and_a_missing_one_is_no_error(store: ObjectStore, proxy: FaultyProxy) -> None:
    put(store, "b", "a", "c")
    impatient_store().remove(S3Uri(BUCKET, key) for key in ("b", "none", "a"))
    assert keys(store.list_prefix(S3Uri(BUCKET, ""))) == ["c"]
    assert proxy.seen == [("DELETE", f"/{BUCKET}/{key}") for key in ("b", "none", "a")]
    proxy.add("DELETE", "/c", "deny")
    with pytest.raises(UserError, match=r"^could not remove s3://pictures/c: AccessDenied: .*: no permission"):
        impatient_store().remove([S3Uri(BUCKET, "c")])


def test_an_upload_in_parts_is_found_until_it_is_ended(store: ObjectStore) -> None:
    client = Account().s3_client
    for key in ("p/a", "q/a"):
        client.create_multipart_upload(Bucket=BUCKET, Key=key)
    (upload,) = store.unfinished_uploads(S3Uri(BUCKET, "p/"))
    assert str(upload.uri) == "s3://pictures/p/a"
    for _ in range(2):  # the second time it is not there any more
        store.end_upload(upload)
    assert store.unfinished_uploads(S3Uri(BUCKET, "p/")) == []
    with pytest.raises(UserError, match=r"^could not end an upload to s3://nowhere/p/a: NoSuchBucket"):
        store.end_upload(UnfinishedUpload(S3Uri("nowhere", "p/a"), upload.upload_id))
