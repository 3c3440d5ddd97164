"""Batch transform jobs, in real processes, over the small server of fake_serve.py."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import CredentialRetrievalError

from semseg.aws.account import Account
from semseg.contract import png_mask
from semseg.contract.s3_uri import S3Uri
from semseg.errors import PlatformError, UserError
from semseg.local.endpoint.endpoints import Endpoints
from semseg.local.jobs.home import Home
from semseg.local.transform.data import read_input
from semseg.local.transform.jobs import TransformJobs
from semseg.local.transform.listing import list_inputs
from semseg.local.transform.supervisor import TransformSupervisor
from tests.local.fake_serve import MASK
from tests.local.fakes import SERVE, model_at, model_folder_at, wait_for_line

ANSWER = png_mask.encode(MASK)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with three pictures, one of them in a folder of its own, and a file that is none."""
    folder = tmp_path / "pictures"
    (folder / "night").mkdir(parents=True)
    for name in ("a.jpg", "b.jpg", "night/a.jpg"):
        (folder / name).write_bytes(b"a picture, more or less")
    (folder / ".DS_Store").write_bytes(b"refuse me")
    return folder


@pytest.fixture
def jobs(tmp_path: Path) -> TransformJobs:
    return TransformJobs(Home(tmp_path / "home"), Account(), SERVE)


@pytest.fixture
def model(tmp_path: Path) -> dict[str, Any]:
    return {"PrimaryContainer": {"ModelDataUrl": model_at(tmp_path).as_uri()}}


def request(data: object, output: str | None = None, name: str = "job", **settings: Any) -> dict[str, Any]:
    """A CreateTransformJob request as a transformer makes it."""
    return {
        "TransformJobName": name,
        "ModelName": "model",
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": str(data)}}},
        "TransformOutput": {"S3OutputPath": output} if output else {},
        "TransformResources": {"InstanceType": "local", "InstanceCount": 1},
        **settings,
    }


def run(jobs: TransformJobs, request: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
    """Runs a job whose supervisor is no process of its own, and describes it.

    Raises:
        PlatformError: it failed.
    """
    folder, lock = jobs.prepare(request, model)
    with lock:
        TransformSupervisor(folder, jobs.command, jobs.account).run()
    jobs.wait(request["TransformJobName"])
    return jobs.describe(request["TransformJobName"])


def results(jobs: TransformJobs, name: str = "job") -> list[dict[str, str]]:
    lines = jobs.folder(name).results.read_text().splitlines()
    return sorted((json.loads(line) for line in lines), key=lambda result: str(result["input"]))


def below(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_with_a_models_files_transforms_as_an_archive_does(
    jobs: TransformJobs, pictures: Path, tmp_path: Path
) -> None:
    model = {"PrimaryContainer": {"ModelDataUrl": str(model_folder_at(tmp_path / "model"))}}
    description = run(jobs, request(pictures), model)
    assert description["TransformJobStatus"] == "Completed"


def test_every_picture_of_a_folder_has_its_answer_below_the_output_path(
    jobs: TransformJobs, model: dict[str, Any], pictures: Path, tmp_path: Path
) -> None:
    output = tmp_path / "masks"
    job = run(jobs, request(pictures.as_uri(), output.as_uri(), MaxConcurrentTransforms=2), model)
    assert below(output) == {"a.jpg.out": ANSWER, "b.jpg.out": ANSWER, "night/a.jpg.out": ANSWER}
    assert job["TransformJobStatus"] == "Completed"
    assert job["TransformOutput"]["S3OutputPath"] == output.as_uri()
    assert job["CreationTime"] <= job["TransformStartTime"] <= job["TransformEndTime"]
    assert isinstance(job["CreationTime"], datetime)
    assert "FailureReason" not in job
    assert results(jobs)[2] == {"input": "night/a.jpg", "output": (output / "night" / "a.jpg.out").as_uri()}
    assert not jobs.folder("job").server_home.exists()


def test_a_job_that_is_stopped_while_its_server_loads_asks_it_nothing(
    jobs: TransformJobs, model: dict[str, Any], pictures: Path
) -> None:
    folder, lock = jobs.prepare(request(pictures), model)
    folder.stop_request.touch()
    with lock:
        TransformSupervisor(folder, jobs.command, jobs.account).run()
    assert jobs.describe("job")["TransformJobStatus"] == "Stopped"
    assert not folder.results.exists()


def test_a_job_is_not_begun_where_its_process_could_not_be_given_the_credentials(
    model: dict[str, Any], pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").write_text("[default]\nregion = eu-west-1\ncredential_process = false\n")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    jobs = TransformJobs(Home(tmp_path / "home"), Account(boto3.Session()), SERVE)
    with pytest.raises(CredentialRetrievalError):
        jobs.start(request("s3://bucket/pictures"), model)
    assert not jobs.has("job")
    assert "AWS_CONFIG_FILE" not in jobs.environment(needs_s3=False)


def test_answers_stay_with_the_job_if_no_output_path_is_given(
    jobs: TransformJobs, model: dict[str, Any], pictures: Path
) -> None:
    job = run(jobs, request(pictures / "a.jpg"), model)
    output = Path(job["TransformOutput"]["S3OutputPath"][len("file://") :])
    assert output == jobs.folder("job").root / "output"
    assert below(output) == {"a.jpg.out": ANSWER}


def test_the_server_is_sent_what_the_request_says(
    jobs: TransformJobs, model: dict[str, Any], pictures: Path, tmp_path: Path
) -> None:
    asked = request(pictures / "a.jpg", str(tmp_path / "told"))
    asked["TransformInput"]["ContentType"] = "image/jpeg"
    asked["TransformOutput"]["Accept"] = "application/json"
    run(jobs, asked, model)
    told = json.loads((tmp_path / "told" / "a.jpg.out").read_bytes())
    assert (told["content-type"], bytes.fromhex(told["body"])) == ("image/jpeg", b"a picture, more or less")


def test_a_picture_that_is_refused_fails_the_job_and_leaves_the_other_answers(
    jobs: TransformJobs, model: dict[str, Any], pictures: Path, tmp_path: Path
) -> None:
    (pictures / "b.jpg").write_bytes(b"refuse me")
    with pytest.raises(
        PlatformError,
        match=r"^Error for Transform job job: Failed\. Reason: 1 of 3 pictures failed, the answers to the others are "
        r"kept: b\.jpg: the body must be a picture, got text$",
    ):
        run(jobs, request(pictures, str(tmp_path / "masks")), model)
    assert sorted(below(tmp_path / "masks")) == ["a.jpg.out", "night/a.jpg.out"]
    assert results(jobs)[1] == {"input": "b.jpg", "error": "the body must be a picture, got text"}
    assert jobs.describe("job")["TransformJobStatus"] == "Failed"


def test_a_picture_over_the_payload_is_not_sent(jobs: TransformJobs, model: dict[str, Any], pictures: Path) -> None:
    (pictures / "b.jpg").write_bytes(bytes(3 * 2**20))
    with pytest.raises(PlatformError, match=r"b\.jpg: a picture must have at most 2 MB \(max_payload\), got 3\.0 MB$"):
        run(jobs, request(pictures, MaxPayloadInMB=2), model)


def test_an_answer_that_is_not_the_last_word_is_asked_for_again(
    jobs: TransformJobs, model: dict[str, Any], pictures: Path, tmp_path: Path
) -> None:
    asked = request(pictures / "a.jpg", ModelClientConfig={"InvocationsMaxRetries": 2})
    asked["Environment"] = {"FAKE_SERVE_BUSY": str(tmp_path / "busy")}
    (tmp_path / "busy").write_text("xx")  # two refusals with 503, then an answer
    run(jobs, asked, model)
    assert (tmp_path / "busy").read_text() == ""


def test_a_busy_server_is_asked_again_when_it_says(jobs: TransformJobs, model: dict[str, Any], pictures: Path) -> None:
    (pictures / "a.jpg").write_bytes(b"come back")  # in a second
    job = run(jobs, request(pictures / "a.jpg", ModelClientConfig={"InvocationsMaxRetries": 1}), model)
    assert job["TransformJobStatus"] == "Completed"


def test_as_many_pictures_are_under_way_as_the_server_asks_for(
    jobs: TransformJobs, model: dict[str, Any], pictures: Path
) -> None:
    for name in ("a.jpg", "b.jpg", "night/a.jpg"):
        (pictures / name).write_bytes(b"meet")  # each is answered once three are there
    job = run(jobs, request(pictures, Environment={"FAKE_SERVE_CONCURRENT": "3"}), model)
    assert job["TransformJobStatus"] == "Completed"
    assert "MaxConcurrentTransforms" not in job


def test_the_server_has_the_jobs_patience_room_for_its_pictures_and_the_cache_of_all(
    jobs: TransformJobs, model: dict[str, Any], pictures: Path, tmp_path: Path
) -> None:
    asked = request(pictures / "a.jpg", str(tmp_path / "told"), MaxConcurrentTransforms=80)
    asked["ModelClientConfig"] = {"InvocationsTimeoutInSeconds": 90}
    told = environment_told(jobs, asked, model, tmp_path)
    assert (told["SEMSEG_DEADLINE_SECONDS"], told["SEMSEG_MAX_QUEUE"]) == ("90", "80")
    assert told["SAGEMAKER_MAX_CONCURRENT_TRANSFORMS"] == "80"
    assert told["SEMSEG_CACHE_DIR"] == str(tmp_path / "home" / "compiled")


def test_what_the_model_says_of_patience_and_room_holds(
    jobs: TransformJobs, model: dict[str, Any], pictures: Path, tmp_path: Path
) -> None:
    model["PrimaryContainer"]["Environment"] = {"SEMSEG_DEADLINE_SECONDS": "7", "SEMSEG_MAX_QUEUE": "99"}
    asked = request(pictures / "a.jpg", str(tmp_path / "told"), MaxConcurrentTransforms=80)
    told = environment_told(jobs, asked, model, tmp_path)
    assert (told["SEMSEG_DEADLINE_SECONDS"], told["SEMSEG_MAX_QUEUE"]) == ("7", "99")


def environment_told(jobs: TransformJobs, asked: dict[str, Any], model: dict[str, Any], folder: Path) -> dict[str, str]:
    """The variables of the server of a job that answers a.jpg."""
    asked["TransformOutput"]["Accept"] = "application/json"
    jobs.start(asked, model)
    jobs.wait("job")
    environment: dict[str, str] = json.loads((folder / "told" / "a.jpg.out").read_bytes())["environment"]
    return environment


def test_a_token_is_asked_for_by_the_server_borne_by_the_job_and_shown_by_nobody(
    jobs: TransformJobs, model: dict[str, Any], pictures: Path, tmp_path: Path
) -> None:
    asked = request(pictures, str(tmp_path / "masks"), Environment={"SEMSEG_TOKEN": "open-sesame"})
    job = run(jobs, asked, model)
    assert len(below(tmp_path / "masks")) == 3
    assert job["Environment"] == {"SEMSEG_TOKEN": "***"}
    told = [path for path, content in below(tmp_path / "home").items() if b"open-sesame" in content]
    assert told == []
    assert stat.S_IMODE(jobs.folder("job").request.stat().st_mode) == 0o600


def test_a_jobs_server_has_a_token_that_no_model_and_no_user_has(
    jobs: TransformJobs, model: dict[str, Any], pictures: Path, tmp_path: Path
) -> None:
    asked = request(pictures / "a.jpg", str(tmp_path / "told"))
    asked["TransformOutput"]["Accept"] = "application/json"
    model["PrimaryContainer"]["Environment"] = {"SEMSEG_TOKEN": "open-sesame"}
    run(jobs, asked, model)
    told = json.loads((tmp_path / "told" / "a.jpg.out").read_bytes())
    token = told["environment"]["SEMSEG_TOKEN"]
    assert re.fullmatch("[0-9a-f]{64}", token)
    assert told["authorization"] == f"Bearer {token}"
    kept = below(tmp_path / "home").items()
    assert [path for path, content in kept if b"open-sesame" in content or token.encode() in content] == []


@pytest.mark.parametrize("end", [b"end", b"end slowly"])
def test_a_server_that_dies_fails_the_job_at_once(
    jobs: TransformJobs, model: dict[str, Any], pictures: Path, end: bytes
) -> None:
    (pictures / "a.jpg").write_bytes(end)
    with pytest.raises(PlatformError, match=r"Reason: the job's endpoint has ended; the last line of its log: "):
        run(jobs, request(pictures), model)


def test_a_server_that_does_not_start_fails_the_job_with_its_last_line(
    jobs: TransformJobs, model: dict[str, Any], pictures: Path
) -> None:
    asked = request(pictures, Environment={"FAKE_SERVE": "broken"})
    with pytest.raises(PlatformError, match=r"not to my taste$"):
        run(jobs, asked, model)
    assert not jobs.folder("job").server_home.exists()


def test_a_job_that_is_stopped_keeps_what_is_there(
    jobs: TransformJobs, model: dict[str, Any], pictures: Path, tmp_path: Path
) -> None:
    (pictures / "b.jpg").write_bytes(b"wait")
    jobs.start(request(pictures, str(tmp_path / "masks")), model)
    wait_for_line(jobs.folder("job").log, "done: a.jpg")
    assert jobs.describe("job")["TransformJobStatus"] == "InProgress"
    jobs.stop("job")
    jobs.wait("job", show_logs=False)
    assert jobs.describe("job")["TransformJobStatus"] == "Stopped"
    assert "night/a.jpg.out" not in below(tmp_path / "masks")
    assert "a.jpg.out" in below(tmp_path / "masks")


def test_a_job_that_waits_to_ask_again_sees_its_stop_at_once(
    jobs: TransformJobs, model: dict[str, Any], pictures: Path
) -> None:
    (pictures / "b.jpg").write_bytes(b"come back much later")  # in a minute
    jobs.start(request(pictures, MaxConcurrentTransforms=1), model)
    wait_for_line(jobs.folder("job").log, "done: a.jpg")
    jobs.stop("job")
    deadline = time.monotonic() + 30
    while not jobs.folder("job").read_status().is_final and time.monotonic() < deadline:
        time.sleep(0.05)
    assert jobs.describe("job")["TransformJobStatus"] == "Stopped"


def test_the_log_can_be_shown(
    jobs: TransformJobs, model: dict[str, Any], pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs.start(request(pictures), model)
    jobs.wait("job", show_logs=True)
    told, *lines = capsys.readouterr().out.splitlines()
    assert told == "1 file is left out, hidden or without the name of a picture: .DS_Store"
    assert lines[0] == "#transform_notice. pictures: 3"
    assert lines[3].startswith("#transform_notice. done: night/a.jpg (")


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        ("SplitType", "Line", "SplitType of a transform job must be None on this machine, got 'Line'"),
        ("CompressionType", "Gzip", "CompressionType of a transform job must be None on this machine, got 'Gzip'"),
    ],
)
def test_what_this_machine_cannot_do_is_refused_by_name(
    jobs: TransformJobs, model: dict[str, Any], pictures: Path, place: str, value: str, sentence: str
) -> None:
    asked = request(pictures)
    asked["TransformInput"][place] = value
    with pytest.raises(UserError, match=f"^{sentence}$"):
        jobs.start(asked, model)


@pytest.mark.parametrize("payload", [-1, 101, True, "6"])
def test_a_number_out_of_its_range_is_refused(
    jobs: TransformJobs, model: dict[str, Any], pictures: Path, payload: object
) -> None:
    with pytest.raises(UserError, match=r"^MaxPayloadInMB of a transform job must be a whole number from 0 to 100"):
        jobs.start(request(pictures, MaxPayloadInMB=payload), model)


def test_an_empty_folder_is_refused_before_anything_starts(
    jobs: TransformJobs, model: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"^the data of a transform job must name at least one picture, and there is"):
        jobs.start(request(tmp_path / "empty"), model)
    assert not jobs.home.transform_jobs.exists()


def test_a_fifo_among_the_pictures_is_refused_before_anything_starts(
    jobs: TransformJobs, model: dict[str, Any], pictures: Path
) -> None:
    os.mkfifo(pictures / "c.jpg")
    with pytest.raises(UserError) as refusal:
        jobs.start(request(pictures), model)
    assert str(refusal.value) == f"{pictures}/c.jpg must be a regular file or a link to one, got a FIFO: remove it"
    assert not jobs.home.transform_jobs.exists()


def test_a_picture_that_became_a_fifo_is_not_waited_for(pictures: Path) -> None:
    items = list_inputs(str(pictures), Account()).inputs
    (pictures / "b.jpg").unlink()
    os.mkfifo(pictures / "b.jpg")
    with pytest.raises(UserError, match=r"b\.jpg cannot be read: it must be a regular file or a link to one, got a FI"):
        read_input(items[1], Account())


def test_a_picture_of_more_than_a_gibibyte_is_refused_before_it_is_read(pictures: Path) -> None:
    os.truncate(pictures / "a.jpg", 2**30 + 1)
    item = list_inputs(str(pictures / "a.jpg"), Account()).inputs[0]
    with pytest.raises(
        UserError, match=r"a\.jpg cannot be read: it must have at most 1073741824 bytes, got 1073741825$"
    ):
        read_input(item, Account())


def test_a_job_that_is_not_there_is_told(jobs: TransformJobs) -> None:
    with pytest.raises(UserError, match="no transform job 'other'"):
        jobs.describe("other")


@pytest.mark.usefixtures("aws")
def test_objects_of_s3_become_objects_of_s3_and_a_neighbour_is_left_alone(tmp_path: Path) -> None:
    account = Account()
    account.connection.client("s3").create_bucket(
        Bucket="street", CreateBucketConfiguration={"LocationConstraint": account.boto_region_name}
    )
    for key in ("in/a.jpg", "in/night/b.jpg", "input/c.jpg"):
        account.objects.write(S3Uri("street", key), b"a picture")
    account.objects.write(S3Uri("street", "models/model.tar.gz"), model_at(tmp_path).read_bytes())
    jobs = TransformJobs(Home(tmp_path / "home"), account, SERVE)
    model = {"PrimaryContainer": {"ModelDataUrl": "s3://street/models/model.tar.gz"}}
    with pytest.warns(UserWarning, match="input"):
        jobs.start(request("s3://street/in", "s3://street/out"), model)
    jobs.wait("job", show_logs=False)
    written = account.objects.list_prefix(S3Uri("street", "out"))
    assert [item.uri.key for item in written] == ["out/a.jpg.out", "out/night/b.jpg.out"]
    assert account.objects.read(S3Uri("street", "out/a.jpg.out")) == ANSWER


@pytest.mark.usefixtures("aws")
def test_a_key_that_would_be_written_elsewhere_is_refused(jobs: TransformJobs, model: dict[str, Any]) -> None:
    client = jobs.account.connection.client("s3")
    client.create_bucket(
        Bucket="rooted", CreateBucketConfiguration={"LocationConstraint": jobs.account.boto_region_name}
    )
    jobs.account.objects.write(S3Uri("rooted", "in//etc/a.jpg"), b"a picture")
    with pytest.raises(UserError, match="'s3://rooted/in//"):
        jobs.start(request("s3://rooted/in"), model)


def test_a_job_whose_process_is_killed_is_failed_and_leaves_no_server(
    jobs: TransformJobs, model: dict[str, Any], pictures: Path
) -> None:
    (pictures / "a.jpg").write_bytes(b"wait")
    jobs.start(request(pictures), model)
    wait_for_line(jobs.folder("job").log, "pictures: 3")
    server = Endpoints(Home(jobs.folder("job").server_home))
    assert server.names() == ["transform"]
    os.kill(process_of(jobs), signal.SIGKILL)
    deadline = time.monotonic() + 30
    while (server.names() or jobs.describe("job")["TransformJobStatus"] != "Failed") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert jobs.describe("job")["FailureReason"].startswith("The process that looked after the job ended before")
    assert server.names() == []
    assert jobs.folder("job").server_home.exists()
    jobs.start(request(pictures / "b.jpg", name="next"), model)  # which sweeps first
    assert not jobs.folder("job").server_home.exists()
    jobs.wait("next")
    jobs.delete("job")
    jobs.delete("next")
    assert list(jobs.place.iterdir()) == []


def process_of(jobs: TransformJobs) -> int:
    """The process that looks after the job, found by its command line."""
    root = str(jobs.folder("job").root).encode()
    for process in Path("/proc").glob("[0-9]*"):
        words = (process / "cmdline").read_bytes().split(b"\0") if (process / "cmdline").exists() else []
        if b"semseg.local.transform.supervisor" in words and root in words:
            return int(process.name)
    raise AssertionError("no process looks after the job")
