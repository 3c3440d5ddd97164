"""Jobs of this machine whose data, results and checkpoints are in S3."""

from __future__ import annotations

import io
import json
import os
import signal
import tarfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from semseg.aws.account import Account
from semseg.contract.s3_uri import S3Uri
from semseg.contract.sample_order import sample_order
from semseg.data.stream_names import StreamNames
from semseg.errors import ChannelError, ModelError, UserError
from semseg.inputs import Channel, ShuffleConfig, TrainingInput, input_data_config
from semseg.local.files.locations import local_archive
from semseg.local.jobs.home import Home
from semseg.local.process.process import wait_until_unlocked
from semseg.local.training.folder import TrainingFolder
from semseg.local.training.jobs import Jobs
from tests.aws import moto
from tests.aws.faulty_proxy import faulty_proxy
from tests.local.fakes import CHANNELS, TRAIN, model_at, request_at, run_training_job, wait_for_line

BUCKET = "streets"
SECRET = "recognisable-0b5e7c"


@pytest.fixture
def account(aws: str) -> Account:
    account = Account()
    location = {"LocationConstraint": moto.REGION}
    account.connection.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=location)
    return account


@pytest.fixture
def jobs(account: Account, tmp_path: Path) -> Jobs:
    return Jobs(Home(tmp_path / "home"), TRAIN, account)


def put(account: Account, **contents: str) -> None:
    """Objects s3://streets/<name>, with two underscores for a slash and one word for a content."""
    for name, content in contents.items():
        account.objects.write(S3Uri(BUCKET, name.replace("__", "/").replace("_DOT_", ".")), content.encode())


def put_pairs(account: Account, names: Iterable[str] = ("a", "b", "c")) -> None:
    """An image and its mask for each name, in both halves."""
    for half in ("train", "validation"):
        for name in names:
            account.objects.write(S3Uri(BUCKET, f"{half}/{name}.jpg"), f"{name}-image".encode())
            account.objects.write(S3Uri(BUCKET, f"{half}_annotation/{name}.png"), f"{name}-mask".encode())


def in_s3(**settings: Any) -> dict[str, Channel]:
    return {name: TrainingInput(f"s3://{BUCKET}/{name}/", **settings) for name in CHANNELS}


def asked(
    folder: Path,
    inputs: Mapping[str, Channel],
    behaviour: str,
    environment: Mapping[str, str] | None,
    changes: Mapping[str, Any],
) -> dict[str, Any]:
    request = {**request_at(folder), "InputDataConfig": input_data_config(inputs), **changes}
    return {**request, "Environment": {"FAKE_TRAIN": behaviour, **(environment or {})}}


def start(
    jobs: Jobs,
    folder: Path,
    inputs: Mapping[str, Channel],
    behaviour: str = "complete",
    environment: Mapping[str, str] | None = None,
    **changes: Any,
) -> TrainingFolder:
    """Starts a job under a supervisor that is a process of its own."""
    jobs.start(asked(folder, inputs, behaviour, environment, changes))
    return jobs.folder("job")


def run(
    jobs: Jobs,
    folder: Path,
    inputs: Mapping[str, Channel],
    behaviour: str = "complete",
    environment: Mapping[str, str] | None = None,
    **changes: Any,
) -> TrainingFolder:
    """Runs a job under a supervisor in this process."""
    return run_training_job(jobs, asked(folder, inputs, behaviour, environment, changes))


def lines_of(job: TrainingFolder, *beginnings: str) -> list[str]:
    return [line for line in job.log.read_text().splitlines() if line.startswith(beginnings)]


def test_files_from_s3_lie_in_the_jobs_folder_while_it_runs(jobs: Jobs, account: Account, tmp_path: Path) -> None:
    put_pairs(account, ["a", "night/b"])
    put(account, maps__train_label_map_DOT_json="{}")
    inputs = {**in_s3(), "label_map": f"s3://{BUCKET}/maps/train_label_map.json"}
    job = run(jobs, tmp_path, inputs, "list_channels")
    assert job.read_status().status == "Completed"
    assert lines_of(job, "train/", "train_annotation", "label_map") == [
        "label_map/train_label_map.json: {}",
        "train/a.jpg: a-image",
        "train/night/b.jpg: night/b-image",
        "train_annotation/a.png: a-mask",
        "train_annotation/night/b.png: night/b-mask",
    ]
    assert lines_of(job, "Downloading", "Downloaded") == [
        "Downloading 9 objects of S3, 0.0 MB.",
        "Downloaded 0.0 of 0.0 MB.",
    ]
    assert not job.channel("train").exists()


@pytest.mark.parametrize(("mode", "told"), [("File", False), ("Pipe", False), ("FastFile", True)])
def test_a_training_process_has_the_keys_of_aws_only_where_it_reads_from_s3_itself(
    jobs: Jobs, account: Account, tmp_path: Path, mode: str, told: bool
) -> None:
    put_pairs(account)
    wrapping = {"record_wrapping": "RecordIO"} if mode == "Pipe" else {}
    job = run(jobs, tmp_path, in_s3(input_mode=mode, **wrapping), "tell_of_aws", {"AWS_REGION": "my-own"})
    (line,) = lines_of(job, "told")
    assert ("AWS_SECRET_ACCESS_KEY" in line) is told
    assert "AWS_REGION" in line  # as the job asks for


def test_a_supervisor_is_told_of_aws_only_where_it_has_to_reach_it(jobs: Jobs, account: Account) -> None:
    assert "AWS_SECRET_ACCESS_KEY" in jobs.environment(needs_s3=True)
    assert not [name for name in jobs.environment(needs_s3=False) if name.startswith("AWS_")]


def test_a_model_of_any_name_in_s3_is_found_as_model_tar_gz(jobs: Jobs, account: Account, tmp_path: Path) -> None:
    put_pairs(account)
    put(account, earlier__best_DOT_tgz="parameters")
    job = run(jobs, tmp_path, {**in_s3(), "model": f"s3://{BUCKET}/earlier/best.tgz"}, "list_channels")
    assert lines_of(job, "model") == ["model/model.tar.gz: parameters"]


def test_results_go_to_an_output_path_in_s3(jobs: Jobs, account: Account, tmp_path: Path) -> None:
    put_pairs(account)
    job = run(jobs, tmp_path, in_s3(), OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/models"})
    uri = f"s3://{BUCKET}/models/job/output/model.tar.gz"
    assert jobs.describe("job")["ModelArtifacts"] == {"S3ModelArtifacts": uri}
    with tarfile.open(fileobj=io.BytesIO(account.objects.read(S3Uri.parse("it", uri)))) as archive:
        assert len(archive.getnames()) == 3
    assert not list(job.root.rglob("model.tar.gz"))
    assert local_archive("it", uri, account, jobs.home).read_bytes() == account.objects.read(S3Uri.parse("it", uri))


def test_other_results_are_packed_beside_the_model(jobs: Jobs, account: Account, tmp_path: Path) -> None:
    put_pairs(account)
    output = {"S3OutputPath": f"s3://{BUCKET}/models"}
    run(jobs, tmp_path, in_s3(), "write_output_data", OutputDataConfig=output)
    content = account.objects.read(S3Uri(BUCKET, "models/job/output/output.tar.gz"))
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        assert archive.getnames() == ["evaluation.json"]


def test_an_upload_that_fails_leaves_the_model_where_the_reason_says(
    jobs: Jobs, account: Account, tmp_path: Path
) -> None:
    put_pairs(account)
    output = {"S3OutputPath": f"s3://{BUCKET}/models"}
    job = start(jobs, tmp_path, in_s3(), "run_until_stopped", OutputDataConfig=output)
    wait_for_line(job.log, "ready")
    client = account.connection.client("s3")
    for stored in account.objects.list_prefix(S3Uri(BUCKET, "")):
        client.delete_object(Bucket=BUCKET, Key=stored.uri.key)
    client.delete_object(Bucket=BUCKET, Key="models/")
    client.delete_bucket(Bucket=BUCKET)
    jobs.stop("job")
    assert wait_until_unlocked(job.lock, 60)
    archive = job.output / "model.tar.gz"
    description = jobs.describe("job")
    assert description["TrainingJobStatus"] == "Failed"
    assert "NoSuchBucket" in description["FailureReason"]
    assert description["FailureReason"].endswith(f"the model is kept in {archive}")
    assert description["ModelArtifacts"] == {"S3ModelArtifacts": archive.as_uri()}
    assert tarfile.is_tarfile(archive)


@pytest.mark.parametrize(
    ("inputs", "changes", "sentence"),
    [
        ({"train": "s3://streets/nothing"}, {}, "channel 'train' must be an object or a folder in S3, and s3://str"),
        ({"train": "s3://elsewhere/train"}, {}, "could not list s3://elsewhere/train"),
        ({"train": "s3://streets/train/a.jpg"}, {}, "channel 'train' must name a folder, got the object 's3://str"),
        ({"label_map": "s3://streets/train/a.jpg"}, {}, "channel 'label_map' must name a folder or a .json object"),
        (
            {"train": "s3://streets/up"},
            {},
            "a key must be the name of a file below s3://streets/up, without",
        ),
        ({"train": "s3://streets/both"}, {}, "channel 'train' must not have an object that is also a folder, got "),
        ({}, {"OutputDataConfig": {"S3OutputPath": "s3://elsewhere/models"}}, "could not write s3://elsewhere/models"),
        ({}, {"CheckpointConfig": {"S3Uri": "s3://elsewhere/c"}}, "could not write s3://elsewhere/c"),
        (
            {},
            {"CheckpointConfig": {"S3Uri": "s3://streets/c", "LocalPath": "/tmp/c"}},
            "checkpoint_local_path must be /opt/ml/checkpoints, the algorithm's own, got '/tmp/c'",
        ),
    ],
)
def test_what_s3_cannot_give_or_take_is_said_before_anything_starts(
    jobs: Jobs, account: Account, tmp_path: Path, inputs: Mapping[str, Channel], changes: dict[str, Any], sentence: str
) -> None:
    put_pairs(account, ["a"])
    account.objects.write(S3Uri(BUCKET, "up/../../etc/a.jpg"), b"")
    put(account, both__a="", both__a__b="")
    with pytest.raises(UserError, match=f"^{sentence}"):
        start(jobs, tmp_path, {**in_s3(), **inputs}, **changes)
    assert list(jobs.home.jobs.iterdir()) == []


ONE = "the channels cannot be used, 1 problem:\n1 of 2 lines of m "


def manifest_line(name: str, **changes: object) -> str:
    line = {
        "source-ref": f"s3://{BUCKET}/train/{name}.jpg",
        "street-ref": f"s3://{BUCKET}/train_annotation/{name}.png",
        "street-ref-metadata": {"type": "groundtruth/semantic-segmentation", "human-annotated": "yes"},
    }
    return json.dumps({**line, **changes})


def manifest_input(location: str | Path, **changes: Any) -> TrainingInput:
    settings = {
        "s3_data_type": "AugmentedManifestFile",
        "attribute_names": ["source-ref", "street-ref"],
        "record_wrapping": "RecordIO",
        "content_type": "application/x-recordio",
        "input_mode": "Pipe",
    }
    return TrainingInput(location, **{**settings, **changes})


def test_a_manifest_is_streamed_sample_by_sample_in_the_order_of_its_seed(
    jobs: Jobs, account: Account, tmp_path: Path
) -> None:
    put_pairs(account)
    manifest = "\n\n".join(map(manifest_line, "abc")) + "\n"
    account.objects.write(S3Uri(BUCKET, "train.manifest"), manifest.encode())
    inputs = {
        "train": manifest_input(f"s3://{BUCKET}/train.manifest", shuffle_config=ShuffleConfig(7)),
        "validation": manifest_input(f"s3://{BUCKET}/train.manifest"),
    }
    job = run(jobs, tmp_path, inputs, "read_pipes", {"PASSES": "3"})
    in_order = ["a-image a-mask", "b-image b-mask", "c-image c-mask"]
    assert lines_of(job, "validation") == [f"validation {n} {' '.join(in_order)}" for n in range(3)]
    assert lines_of(job, "train ") == [
        f"train {n} {' '.join(in_order[index] for index in sample_order(7, n, 3))}" for n in range(3)
    ]
    assert len({line.split(" ", 2)[2] for line in lines_of(job, "train ")}) > 1  # the passes differ
    assert list((job.root / "input" / "data").iterdir()) == []
    # the training process was told what the samples are called, in the same order
    name_of = StreamNames(job.stream_names("train")).of_pass(2)
    first = sample_order(7, 2, 3)[0]
    assert [name_of(record) for record in range(2)] == [
        f"{folder}/{'abc'[first]}.{suffix} (line {1 + 2 * first} of train.manifest)"
        for folder, suffix in (("train", "jpg"), ("train_annotation", "png"))
    ]


def test_a_manifest_in_s3_chooses_no_files_of_this_machine(jobs: Jobs, account: Account, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"private")
    refs = {"source-ref": (tmp_path / "a.jpg").as_uri()}
    account.objects.write(S3Uri(BUCKET, "m"), manifest_line("a", **refs).encode())
    both = {half: manifest_input(f"s3://{BUCKET}/m") for half in ("train", "validation")}
    sentence = r"\n1 of 1 line of m names a file \(line 1; line 1 names '.*/a\.jpg'\): a manifest in S3 must name obj"
    with pytest.raises(ChannelError, match=sentence):
        start(jobs, tmp_path, both)
    assert jobs.names() == []


def test_a_manifest_may_be_a_file_that_names_files(jobs: Jobs, account: Account, tmp_path: Path) -> None:
    for name in ("a b.jpg", "a.png"):
        (tmp_path / name).write_text(name.replace(" ", "_"))
    refs = {"source-ref": (tmp_path / "a b.jpg").as_uri(), "street-ref": (tmp_path / "a.png").as_uri()}
    (tmp_path / "my.manifest").write_text(manifest_line("a", **refs))
    both = {half: manifest_input(tmp_path / "my.manifest") for half in ("train", "validation")}
    job = run(jobs, tmp_path, both, "read_pipes", {"PASSES": "1"})
    assert lines_of(job, "train ") == ["train 0 a_b.jpg a.png"]


@pytest.mark.parametrize(
    ("line", "changes", "sentence"),
    [
        ("{", {}, ONE + r"is no JSON object \(line 3; '{'\): write one"),
        ("[1]", {}, ONE + r"is no JSON object \(line 3; \[1\]\): write one"),
        ("{}", {}, ONE + r"has no attribute 'source-ref' \(line 3; attributes that are there: 'none'\): leave this"),
        (
            '{"source-ref": 3}',
            {},
            ONE + r"has no s3:// or file:// URI of one file as 'source-ref' \(line 3; 3\): leave",
        ),
        (
            '{"source-ref": "http://a/b"}',
            {},
            ONE + r"has no s3:// or .* as 'source-ref' \(line 3; 'http://a/b'\): leave",
        ),
        (manifest_line("a"), {"attribute_names": ["source-ref"]}, "AttributeNames of channel 'train' must name the im"),
        (manifest_line("a"), {"input_mode": "File"}, "channel train is an augmented manifest and must have input mode"),
        (manifest_line("a"), {"record_wrapping": None}, "channel train is in Pipe mode and must have RecordWrapperTyp"),
        (manifest_line("a"), {"content_type": "text/csv"}, "ContentType of channel 'train' must be application/x-rec"),
        (manifest_line("a"), {"shuffle_config": ShuffleConfig(-1)}, "the Seed in ShuffleConfig of channel 'train' mu"),
    ],
)
def test_a_manifest_that_cannot_be_streamed_starts_nothing(
    jobs: Jobs, account: Account, tmp_path: Path, line: str, changes: dict[str, Any], sentence: str
) -> None:
    account.objects.write(S3Uri(BUCKET, "m"), f"{manifest_line('a')}\n\n{line}".encode())
    inputs = {half: manifest_input("s3://streets/m", **changes) for half in ("train", "validation")}
    with pytest.raises(ChannelError, match=f"^{sentence}"):
        start(jobs, tmp_path, inputs)
    assert list(jobs.home.jobs.iterdir()) == []


def test_folders_are_streamed_in_one_order_for_images_and_masks(jobs: Jobs, account: Account, tmp_path: Path) -> None:
    put_pairs(account, ["a", "a-1", "b"])
    stream = {"record_wrapping": "RecordIO", "shuffle_config": ShuffleConfig(3)}
    job = start(
        jobs,
        tmp_path,
        in_s3(**stream),
        "read_pipes",
        {"PASSES": "2"},
        AlgorithmSpecification={"TrainingImage": "semantic-segmentation:1", "TrainingInputMode": "Pipe"},
    )
    assert wait_until_unlocked(job.lock, 60)
    names = [["a", "a-1", "b"][index] for index in sample_order(3, 1, 3)]
    assert lines_of(job, "train 1") == ["train 1 " + " ".join(f"{name}-image" for name in names)]
    assert lines_of(job, "train_annotation 1") == ["train_annotation 1 " + " ".join(f"{name}-mask" for name in names)]


@pytest.mark.parametrize(
    ("extra", "masks", "sentence"),
    [
        ("train/lonely.jpg", {}, "train/lonely.jpg has no mask: expected train_annotation/lonely.png"),
        ("train_annotation/lonely.png", {}, "train_annotation/lonely.png has no image: expected train/lonely.jpg"),
        ("train/a.png", {}, "train/a.png has the same name as a.jpg but for the suffix"),
        (
            "train/notes.txt",
            {},
            "channel 'train' must have .jpg or .jpeg or .png or .* or .webp files alone in Pipe mode, got 's3://",
        ),
        ("other", {"shuffle_config": ShuffleConfig(1)}, "must have the same ShuffleConfig, .* the seeds None and 1"),
    ],
)
def test_folders_whose_streams_would_not_pair_start_nothing(
    jobs: Jobs, account: Account, tmp_path: Path, extra: str, masks: dict[str, Any], sentence: str
) -> None:
    put_pairs(account)
    account.objects.write(S3Uri(BUCKET, extra), b"")
    stream: dict[str, Any] = {"record_wrapping": "RecordIO", "input_mode": "Pipe"}
    inputs = in_s3(**stream)
    inputs["train_annotation"] = TrainingInput(f"s3://{BUCKET}/train_annotation/", **stream, **masks)
    with pytest.raises(ChannelError, match=sentence):
        start(jobs, tmp_path, inputs)


def test_fast_file_mode_makes_no_folder_and_says_where_the_objects_are(
    jobs: Jobs, account: Account, tmp_path: Path
) -> None:
    put_pairs(account)
    job = run(jobs, tmp_path, in_s3(input_mode="FastFile"))
    channels = json.loads(job.input_data_config.read_text())
    assert channels["train"]["TrainingInputMode"] == "FastFile"
    assert channels["train"]["S3Uri"] == f"s3://{BUCKET}/train/"
    assert not job.channel("train").exists()
    assert list(jobs.home.downloads.glob("*")) == []


def test_an_object_that_vanishes_ends_the_job_with_its_name(
    jobs: Jobs, account: Account, tmp_path: Path, aws: str
) -> None:
    put_pairs(account)
    account.objects.write(S3Uri(BUCKET, "m"), f"{manifest_line('a')}\n{manifest_line('gone')}".encode())
    inputs = {half: manifest_input("s3://streets/m") for half in ("train", "validation")}
    job = run(jobs, tmp_path, inputs, "read_pipes", {"PASSES": "1"})
    status = job.read_status()
    assert status.status == "Failed"
    assert status.failure_reason is not None
    assert status.failure_reason.startswith("could not read s3://streets/train/gone.jpg: NoSuchKey")


def test_a_stream_that_cannot_be_opened_ends_the_job_with_the_reason(
    jobs: Jobs, account: Account, tmp_path: Path
) -> None:
    put_pairs(account)
    inputs = in_s3(input_mode="Pipe", record_wrapping="RecordIO")
    job = run(jobs, tmp_path, inputs, "remove_a_pipe")
    status = job.read_status()
    assert status.status == "Failed"
    assert status.failure_reason is not None
    assert status.failure_reason.startswith("channel train could not be streamed to ")


def test_an_object_that_breaks_off_is_read_again_and_streamed_whole(
    jobs: Jobs, account: Account, tmp_path: Path, aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_pairs(account)
    account.objects.write(S3Uri(BUCKET, "m"), "\n".join(map(manifest_line, "abc")).encode())
    inputs = {half: manifest_input("s3://streets/m") for half in ("train", "validation")}
    with faulty_proxy(aws) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        jobs.account = Account()
        proxy.add("GET", "/train/b.jpg", "reset", "truncate", "throttle")
        job = run(jobs, tmp_path, inputs, "read_pipes", {"PASSES": "1"})
        assert proxy.faults == []
    whole = "a-image a-mask b-image b-mask c-image c-mask"
    assert lines_of(job, "train ", "validation ") == [f"train 0 {whole}", f"validation 0 {whole}"]


def test_a_job_is_stopped_while_it_still_downloads(
    jobs: Jobs, account: Account, tmp_path: Path, aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_pairs(account)
    with faulty_proxy(aws) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        jobs.account = Account()
        proxy.add("GET", "/train/b.jpg", "stall")
        job = start(jobs, tmp_path, in_s3())
        wait_for_line(job.log, "Downloading")
        assert job.read_status().secondary_status == "Downloading"
        jobs.stop("job")
        assert wait_until_unlocked(job.lock, 5)
    assert job.read_status().status == "Stopped"
    assert not job.channel("train").exists()


@pytest.mark.parametrize("then", ["end", "fail"])
@pytest.mark.parametrize("place", ["s3", "here"])
def test_checkpoints_are_found_and_kept_at_their_location(
    jobs: Jobs, account: Account, tmp_path: Path, place: str, then: str
) -> None:
    location = f"s3://{BUCKET}/kept" if place == "s3" else (tmp_path / "kept").as_uri()
    channels = {name: str(tmp_path / name) for name in CHANNELS}
    config = {"CheckpointConfig": {"S3Uri": location, "LocalPath": "/opt/ml/checkpoints"}}
    for home, done in (("first", 0), ("second", 1)):
        jobs.home = Home(tmp_path / home)
        job = run(jobs, tmp_path, channels, "go_on_from_a_checkpoint", {"THEN": then}, **config)
        assert lines_of(job, "epochs done") == [f"epochs done {done}"]
    files = ["model_best.params", "optimizer.params", "parameters.params", "state.json"]
    expected = [f"kept/epoch-000{epochs}/{name}" for epochs in (1, 2) for name in files]
    if place == "s3":
        assert [stored.uri.key for stored in account.objects.list_prefix(S3Uri(BUCKET, "kept/"))] == expected
    else:
        found = sorted(path for path in (tmp_path / "kept").rglob("*") if path.is_file())
        assert [str(path.relative_to(tmp_path)) for path in found] == expected


def test_a_job_without_a_place_for_checkpoints_keeps_them_in_its_folder_alone(
    jobs: Jobs, account: Account, tmp_path: Path
) -> None:
    put_pairs(account, ["a"])
    job = run(jobs, tmp_path, in_s3(), "go_on_from_a_checkpoint")
    assert [path.name for path in job.checkpoints.iterdir()] == ["epoch-0001"]
    assert {stored.uri.key.split("/")[0] for stored in account.objects.list_prefix(S3Uri(BUCKET, ""))} == {*CHANNELS}


def test_a_killed_job_whose_data_and_results_are_in_s3_goes_on(jobs: Jobs, account: Account, tmp_path: Path) -> None:
    put_pairs(account, ["a"])
    environment = {"THEN": "kill both", "AFTER": "3"}
    output = {"S3OutputPath": f"s3://{BUCKET}/models"}
    job = start(jobs, tmp_path, in_s3(), "train_each_epoch", environment, OutputDataConfig=output)
    assert wait_until_unlocked(job.lock, 30)
    assert wait_until_unlocked(job.training_lock, 30)
    assert jobs.describe("job")["ModelArtifacts"] == {"S3ModelArtifacts": (job.output / "model.tar.gz").as_uri()}
    assert not job.channel("train").exists()
    jobs.resume("job")
    assert wait_until_unlocked(job.lock, 30)
    assert job.read_status().status == "Completed", job.read_status().failure_reason
    model_data = jobs.describe("job")["ModelArtifacts"]["S3ModelArtifacts"]
    assert model_data == f"s3://{BUCKET}/models/job/output/model.tar.gz"
    assert not (job.output / "model.tar.gz").exists()


def test_the_best_model_of_a_failed_job_is_brought_where_its_results_belong(
    jobs: Jobs, account: Account, tmp_path: Path
) -> None:
    put_pairs(account, ["a"])
    environment = {"THEN": "lose a picture", "AFTER": "3"}
    output = {"S3OutputPath": f"s3://{BUCKET}/models"}
    status = run(jobs, tmp_path, in_s3(), "train_each_epoch", environment, OutputDataConfig=output).read_status()
    assert (status.status, status.model_data) == ("Failed", f"s3://{BUCKET}/models/job/output/model.tar.gz")


def test_a_streamed_job_that_is_started_again_is_streamed_from_the_first_pass(
    jobs: Jobs, account: Account, tmp_path: Path
) -> None:
    put_pairs(account, ["a"])
    inputs = in_s3(input_mode="Pipe", record_wrapping="RecordIO")
    again = {"RetryStrategy": {"MaximumRetryAttempts": 1}}
    job = run(jobs, tmp_path, inputs, "read_pipes_and_crash_once", {"PASSES": "2"}, **again)
    assert job.read_status().status == "Completed", job.read_status().failure_reason
    passes = [f"train {number} a-image" for number in (0, 1)]
    assert lines_of(job, "train ") == [*passes, *passes]


def test_credentials_are_in_no_file(account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import boto3

    put_pairs(account)
    session = boto3.Session(aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key=SECRET, region_name=moto.REGION)
    jobs = Jobs(Home(tmp_path / "home"), TRAIN, Account(session))
    for name in moto.ENVIRONMENT:
        monkeypatch.delenv(name)  # so that only the session's own open anything
    job = start(jobs, tmp_path, in_s3(), OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/models"})
    assert wait_until_unlocked(job.lock, 60)
    assert job.read_status().status == "Completed", job.read_status().failure_reason
    files = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert len(files) > 10
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]


def test_a_training_process_ends_with_its_supervisor(jobs: Jobs, tmp_path: Path) -> None:
    job = start(jobs, tmp_path, {name: str(tmp_path / name) for name in CHANNELS}, "run_until_stopped")
    wait_for_line(job.log, "ready")
    supervisor, training = [int(word) for word in job.log.read_text().split() if word.isdigit()]
    os.kill(supervisor, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while is_alive(training) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(training)


def is_alive(process_id: int) -> bool:
    try:
        with open(f"/proc/{process_id}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_model_that_is_not_there_cannot_be_fetched(account: Account, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    for place in (f"s3://{BUCKET}/m.tar.gz", str(tmp_path / "m.tar.gz")):
        with pytest.raises(ModelError, match=rf"^model_data must be a model.tar.gz that exists, got '{place}'$"):
            local_archive("model_data", place, account, home)
    assert local_archive("model_data", model_at(tmp_path), account, home) == tmp_path / "model.tar.gz"
