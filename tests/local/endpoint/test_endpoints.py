"""Endpoints in real processes, over the small server of fake_serve.py."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from semseg.errors import ModelError, PlatformError, UserError
from semseg.local.endpoint.endpoints import EndpointRequest, Endpoints
from semseg.local.endpoint.folder import EndpointFolder, EndpointRecord
from semseg.local.endpoint.invocation import EndpointEnded, NoAnswer
from semseg.local.jobs.home import Home
from semseg.local.process.process import take_lock, wait_until_unlocked
from semseg.model import Model
from semseg.plumbing.json_file import read_json, write_json
from semseg.plumbing.teller import Silent
from semseg.predictor import Predictor
from semseg.serializers import IdentitySerializer
from tests.local.fakes import SERVE, model_at, session_at

SECONDS = 60  # within which an endpoint is ready


@pytest.fixture
def endpoints(tmp_path: Path) -> Iterator[Endpoints]:
    endpoints = Endpoints(Home(tmp_path), SERVE)
    yield endpoints
    for description in endpoints.descriptions():
        endpoints.delete(description["EndpointName"])


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return model_at(tmp_path)


def request(archive: Path, port: int | None = None, **environment: str) -> EndpointRequest:
    return EndpointRequest("pets", archive, "local", environment, port)


def start(endpoints: Endpoints, archive: Path, port: int | None = None, **environment: str) -> None:
    endpoints.start(request(archive, port, **environment))
    endpoints.wait("pets", SECONDS)


def kill(endpoints: Endpoints) -> None:
    """Kill the server of an endpoint that was ready, and wait for its end."""
    os.kill(endpoints.running("pets").process_id, signal.SIGKILL)
    assert wait_until_unlocked(endpoints.home.endpoints / "pets" / "lock", SECONDS)


def test_a_port_in_use_is_refused_before_anything_is_started(endpoints: Endpoints, archive: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PlatformError) as refusal:
            endpoints.start(request(archive, port))
    assert str(refusal.value) == (
        f"Port {port} of 127.0.0.1 cannot be opened (Address already in use): "
        "set SEMSEG_SERVING_PORT, or serving_port in the session's config, to a free port"
    )
    assert not endpoints.home.endpoints.exists()


def can_listen_at(address: str) -> bool:
    try:
        socket.create_server((address, 0), family=socket.AF_INET6 if ":" in address else socket.AF_INET).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    ("address", "host"),
    [("127.0.0.2", "127.0.0.2"), ("0.0.0.0", "127.0.0.1"), ("::1", "[::1]"), ("::", "[::1]")],
)
def test_an_endpoint_is_asked_where_it_listens(endpoints: Endpoints, archive: Path, address: str, host: str) -> None:
    if not can_listen_at(address):
        pytest.skip(f"this machine has no address {address}")
    start(endpoints, archive, None, SEMSEG_BIND_ADDRESS=address, SEMSEG_TTA="multiscale")
    record = endpoints.running("pets")
    assert endpoints.describe("pets")["TestTimeAugmentation"] == "multiscale"
    assert record.url == f"http://{host}:{record.port}"
    assert endpoints.invoke("pets", b"a picture", {}).status == 200
    with urllib.request.urlopen(f"{record.url}/ping") as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("name", "text", "rule"),
    [
        ("SEMSEG_DEADLINE_SECONDS", "soon", "a whole number of at least 1"),
        ("SEMSEG_MAX_QUEUE", "0", "a whole number of at least 1"),
        ("SEMSEG_PRECISION", "int4", "one of fp32, int8"),
        ("SEMSEG_TTA", "mirror", "one of none, flip, multiscale"),
    ],
)
def test_a_variable_that_clients_go_by_is_refused_before_a_server_is_started(
    endpoints: Endpoints, archive: Path, name: str, text: str, rule: str
) -> None:
    with pytest.raises(UserError) as refusal:
        endpoints.start(request(archive, None, **{name: text}))
    assert str(refusal.value) == f"The environment variable {name} must be {rule}, got {text!r}"
    assert endpoints.descriptions() == []


def test_the_port_belongs_to_the_endpoint_from_its_start_and_is_free_after_its_end(
    endpoints: Endpoints, archive: Path
) -> None:
    endpoints.start(request(archive, FAKE_SERVE="slow"))  # it never listens by itself
    port = endpoints.running("pets").port
    with pytest.raises(OSError, match="in use"):
        socket.create_server(("127.0.0.1", port)).close()
    with pytest.raises(UserError, match=r"^an endpoint .* 'pets'$"):
        endpoints.start(request(archive, port))  # which is the first thing to mend
    endpoints.delete("pets")
    start(endpoints, archive, port)
    assert endpoints.running("pets").port == port


def test_requests_of_one_session_go_over_one_connection(endpoints: Endpoints, archive: Path) -> None:
    start(endpoints, archive)
    log = endpoints.home.endpoints / "pets" / "log.txt"
    before = log.read_text().count('"GET /ping ')  # more than one where the server took its time to be ready
    for body in (b"a", b"b", b"c"):
        assert endpoints.invoke("pets", body, {}).status == 200
    assert log.read_text().count('"GET /ping ') - before in (0, 1)  # asked once who is there, when ready or now
    assert log.read_text().count('"POST /invocations ') == 3


def test_an_endpoint_whose_server_was_killed_is_failed_and_keeps_its_log(endpoints: Endpoints, archive: Path) -> None:
    start(endpoints, archive)
    kill(endpoints)
    for ask in (endpoints.running, endpoints.is_ready, endpoints.requests_in_flight):
        with pytest.raises(EndpointEnded, match="has ended"):
            ask("pets")
    with pytest.raises(EndpointEnded):
        endpoints.wait("pets", SECONDS)
    (description,) = endpoints.descriptions()
    assert description == endpoints.describe("pets")
    assert description["EndpointStatus"] == "Failed"
    assert description["FailureReason"].startswith("the server of endpoint 'pets' has ended; the last line of its log:")
    assert '"GET /ping HTTP/1.1" 200 -' in description["FailureReason"]
    assert endpoints.names() == []
    assert (endpoints.home.endpoints / "pets" / "log.txt").exists()
    endpoints.delete("pets")
    assert list(endpoints.home.endpoints.iterdir()) == []
    with pytest.raises(UserError, match=r"running: none$"):
        endpoints.describe("pets")


def test_a_server_that_takes_its_time_to_end_has_ended_and_not_merely_failed_to_answer(
    endpoints: Endpoints, archive: Path
) -> None:
    start(endpoints, archive)
    sentence = r"^the server of endpoint 'pets' has ended: deploy again; the last line of its log: "
    with pytest.raises(EndpointEnded, match=sentence):
        endpoints.invoke("pets", b"end slowly", {})


def test_a_server_that_lives_and_did_not_answer_is_told_apart_from_one_that_ended(
    endpoints: Endpoints, archive: Path
) -> None:
    start(endpoints, archive, FAKE_SERVE_CONCURRENT="2")
    with pytest.raises(NoAnswer, match=r"^endpoint 'pets' must answer, but it did not: ReadTimeoutError\("):
        endpoints.invoke("pets", b"meet", {}, seconds=0.1)  # it waits for a second one
    assert endpoints.describe("pets")["EndpointStatus"] == "InService"


def test_an_endpoint_that_failed_is_deployed_again_under_its_name_and_with_another_model(tmp_path: Path) -> None:
    session = session_at(tmp_path)
    for name in ("first", "second"):
        model = Model(model_data=model_at(tmp_path), sagemaker_session=session, name=name)
        predictor = model.deploy(1, "local", endpoint_name="pets")
        with pytest.raises(UserError, match="pets"):
            model.deploy(1, "local", endpoint_name="pets")
        if name == "first":
            kill(session.endpoints)
    assert session.describe_endpoint("pets")["EndpointStatus"] == "InService"
    assert session.describe_endpoint_config("pets")["ProductionVariants"][0]["ModelName"] == "second"
    assert [endpoint["EndpointName"] for endpoint in session.list_endpoints()["Endpoints"]] == ["pets"]
    predictor.delete_endpoint()


def test_of_many_that_deploy_a_failed_name_again_one_does_and_lives(endpoints: Endpoints, archive: Path) -> None:
    start(endpoints, archive)
    kill(endpoints)
    outcomes: list[str] = []
    meeting = threading.Barrier(4)

    def deploy() -> None:
        meeting.wait(SECONDS)
        try:
            Endpoints(endpoints.home, SERVE).start(request(archive))
            outcomes.append("started")
        except UserError:
            outcomes.append("refused")

    threads = [threading.Thread(target=deploy) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused"] * 3 + ["started"]
    endpoints.wait("pets", SECONDS)
    assert endpoints.invoke("pets", b"x", {}).status == 200


def test_who_deletes_an_endpoint_leaves_a_later_one_of_its_name(endpoints: Endpoints, archive: Path) -> None:
    start(endpoints, archive)
    folder = EndpointFolder(endpoints.home.endpoints / "pets")
    earlier = folder.read_record()
    kill(endpoints)
    start(endpoints, archive)
    assert not folder.is_of(earlier)
    assert folder.is_of(endpoints.running("pets"))


def test_a_server_that_took_the_port_of_one_that_was_killed_is_sent_nothing(
    endpoints: Endpoints, archive: Path
) -> None:
    start(endpoints, archive, SEMSEG_TOKEN="open-sesame")
    record = endpoints.running("pets")
    kill(endpoints)
    with socket.create_server(("127.0.0.1", record.port)) as other:
        other.settimeout(0)
        with pytest.raises(EndpointEnded):
            endpoints.invoke("pets", b"a picture", {})
        assert endpoints.describe("pets")["EndpointStatus"] == "Failed"
        with pytest.raises(BlockingIOError):
            other.accept()


def test_the_secret_of_an_endpoint_is_known_to_its_server_and_to_its_owner_alone(
    endpoints: Endpoints, archive: Path
) -> None:
    start(endpoints, archive)
    record = endpoints.running("pets")
    answer = endpoints.invoke("pets", b"x", {"Accept": "application/json"})
    told = json.loads(answer.body)["environment"]
    assert told["SEMSEG_ENDPOINT_SECRET"] == record.secret
    assert re.fullmatch(r"[0-9a-f]{64}", record.secret)
    assert told["SAGEMAKER_BIND_TO_PORT"] == str(record.port)
    assert EndpointFolder(endpoints.home.endpoints / "pets").record.stat().st_mode & 0o777 == 0o600
    for shown in (repr(record), repr(endpoints.describe("pets")), repr(endpoints.summaries())):
        assert record.secret not in shown
    for file in (endpoints.home.endpoints / "pets").rglob("*.txt"):
        assert record.secret not in file.read_text()


def test_another_endpoint_on_the_port_of_one_that_was_killed_is_sent_nothing(
    endpoints: Endpoints, archive: Path, tmp_path: Path
) -> None:
    """The lock is held, as by a server that ends slowly: only the proof tells the two servers apart."""
    start(endpoints, archive, SEMSEG_TOKEN="open-sesame")
    port = endpoints.running("pets").port
    kill(endpoints)
    others = Endpoints(Home(tmp_path / "others"), SERVE)
    others.start(EndpointRequest("pets", archive, "local", {"SEMSEG_TOKEN": "another"}, port))
    others.wait("pets", SECONDS)
    try:
        lock = take_lock(endpoints.home.endpoints / "pets" / "lock")
        assert not endpoints.is_ready("pets")
        assert endpoints.describe("pets")["EndpointStatus"] == "Creating"
        assert endpoints.requests_in_flight("pets") == 1
        threading.Timer(0.5, lock.close).start()
        with pytest.raises(EndpointEnded):
            Predictor("pets", session_at(tmp_path), IdentitySerializer()).predict(b"a picture")
        log = (others.home.endpoints / "pets" / "log.txt").read_text()
        assert "POST" not in log
        assert "execution-parameters" not in log
    finally:
        others.delete("pets")


def test_an_endpoint_of_an_earlier_version_cannot_prove_itself_and_is_asked_nothing(
    endpoints: Endpoints, archive: Path
) -> None:
    start(endpoints, archive)
    folder = EndpointFolder(endpoints.home.endpoints / "pets")
    write_json(folder.record, {**read_json(folder.record), "secret": ""})
    sentence = r"^endpoint 'pets' was deployed by an earlier version .*: delete it, then deploy again$"
    with pytest.raises(PlatformError, match=sentence):
        endpoints.invoke("pets", b"x", {})
    described = endpoints.describe("pets")
    assert described["EndpointStatus"] == "OutOfService"
    assert re.match(sentence, described["FailureReason"])
    endpoints.delete("pets")
    start(endpoints, archive)
    assert endpoints.invoke("pets", b"x", {}).status == 200


def test_an_endpoint_that_is_deleted_while_it_is_deployed_leaves_nothing(tmp_path: Path) -> None:
    session = session_at(tmp_path)
    environment = {"FAKE_SERVE": "slow", "SEMSEG_TOKEN": "open-sesame"}
    model = Model(model_data=model_at(tmp_path), sagemaker_session=session, env=environment)
    refusals: list[str] = []

    def deploy() -> None:
        with pytest.raises((UserError, EndpointEnded)) as refusal:
            model.deploy(1, "local", endpoint_name="pets")
        refusals.append(str(refusal.value))

    thread = threading.Thread(target=deploy)
    thread.start()
    record = started_as(session.endpoints, "pets")
    Predictor("pets", session_at(tmp_path)).delete_endpoint()
    thread.join(SECONDS)
    (refusal,) = refusals  # the second where deploy looked between the end of the server and that of its folder
    gone = "there is no endpoint 'pets' on this machine; running: none"
    assert refusal == gone or refusal.startswith("the server of endpoint 'pets' has ended")
    assert not Path(f"/proc/{record.process_id}").exists()
    socket.create_server(("127.0.0.1", record.port)).close()
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert left == [tmp_path / "model.tar.gz"]


def started_as(endpoints: Endpoints, name: str) -> EndpointRecord:
    """Waits until an endpoint is there, and its process known."""
    deadline = time.monotonic() + SECONDS
    while not (endpoints.has(name) and endpoints.running(name).process_id):
        assert time.monotonic() < deadline
        time.sleep(0.001)
    return endpoints.running(name)


def test_a_deploy_that_fails_before_there_is_an_endpoint_leaves_nothing(tmp_path: Path) -> None:
    session = session_at(tmp_path)
    with pytest.raises(ModelError):
        Model(model_data=tmp_path / "none.tar.gz", sagemaker_session=session).deploy(1, "local")
    with socket.create_server(("127.0.0.1", 0)) as other:
        session.config = {"local": {"serving_port": other.getsockname()[1]}}
        with pytest.raises(PlatformError, match="cannot be opened"):
            Model(model_data=model_at(tmp_path), sagemaker_session=session).deploy(1, "local")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "model.tar.gz"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_server_is_told_nothing_of_aws_but_what_its_model_says(
    endpoints: Endpoints, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.setenv(name, "mine")
    start(endpoints, archive, AWS_REGION="eu-west-1")
    told = Path(f"/proc/{endpoints.running('pets').process_id}/environ").read_bytes().split(b"\0")
    assert [entry for entry in told if entry.startswith(b"AWS_")] == [b"AWS_REGION=eu-west-1"]


def test_what_a_start_that_was_killed_has_left_is_removed_by_a_later_one(endpoints: Endpoints, archive: Path) -> None:
    endpoints.home.create()
    for name in (".new-old", ".gone-old", ".new-young"):
        EndpointFolder(endpoints.home.endpoints / name).root.mkdir()
        EndpointFolder(endpoints.home.endpoints / name).write_token("open-sesame")
    for name in (".new-old", ".gone-old"):
        os.utime(endpoints.home.endpoints / name, (1, 1))
    endpoints.start(request(archive, FAKE_SERVE="slow"))
    assert sorted(path.name for path in endpoints.home.endpoints.iterdir()) == [".new-young", "pets"]


class Impatient(Silent):
    """Somebody who presses Ctrl-C at the first hyphen."""

    def mark(self, text: str) -> None:
        """Interrupts whoever waits."""
        raise KeyboardInterrupt


def test_an_interrupted_deploy_leaves_nothing(tmp_path: Path) -> None:
    session = session_at(tmp_path)
    session.teller = Impatient()
    model = Model(model_data=model_at(tmp_path), sagemaker_session=session, env={"FAKE_SERVE": "slow"})
    with pytest.raises(KeyboardInterrupt):
        model.deploy(1, "local")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "model.tar.gz"]
