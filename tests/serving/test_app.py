from __future__ import annotations

import http.client
import json
import logging
import os
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import boto3
import botocore.config
import botocore.exceptions
import numpy as np
import pytest
from PIL import Image

from semseg.contract import png_mask, recordio
from semseg.serving.app import PATHS
from semseg.serving.limits import Limits
from tests.prediction.fake_network import BrightnessNetwork, half_bright, half_mask
from tests.serving.fake_networks import BrokenNetwork, HeldNetwork, LoadedOnRelease, ManyClasses
from tests.serving.running import SECONDS, Reply, RunningServer, jpeg, png, running, serving, wait_until

PROTOBUF = "application/x-protobuf"
RECORDIO = "application/x-recordio-protobuf"
PICTURE = jpeg(half_bright(48, 64))
DATA = Path(os.environ.get("SEMSEG_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with serving(BrightnessNetwork, name="horses") as running_server:
        yield running_server


def request_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged of requests."""
    return [record.getMessage() for record in caplog.records if record.name == "semseg.serving.request_log"]


def post(server: RunningServer, headers: dict[str, str], body: bytes = PICTURE) -> Reply:
    return server.ask("POST", "/invocations", body, headers)


def test_ping_is_200_with_an_empty_body(server: RunningServer) -> None:
    reply = server.ask("GET", "/ping")
    assert (reply.status, reply.body) == (200, b"")


@pytest.mark.parametrize("size", [(48, 64), (64, 48), (1, 2), (97, 101), (300, 2)])
@pytest.mark.parametrize("encode", [png, jpeg])
def test_a_mask_has_the_pictures_own_height_and_width(
    server: RunningServer, size: tuple[int, int], encode: Callable[[np.ndarray], bytes]
) -> None:
    reply = server.segment(encode(half_bright(*size)))
    assert (reply.status, reply.headers["Content-Type"]) == (200, "image/png")
    assert png_mask.decode(reply.body).shape == size


def test_a_mask_is_what_the_network_says(server: RunningServer) -> None:
    reply = server.segment(png(half_bright(48, 64)))
    assert np.array_equal(png_mask.decode(reply.body), half_mask(48, 64))


@pytest.mark.parametrize("accept", [PROTOBUF, RECORDIO])
def test_probabilities_are_labelled_as_they_were_asked_for(server: RunningServer, accept: str) -> None:
    reply = server.segment(PICTURE, accept)
    assert (reply.status, reply.headers["Content-Type"]) == (200, accept)
    probabilities = recordio.decode_probabilities(reply.body)
    assert probabilities.shape == (2, 48, 64)
    assert np.array_equal(probabilities.argmax(axis=0), half_mask(48, 64))


def test_two_accept_headers_count_as_one_list(server: RunningServer) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=SECONDS)) as connection:
        connection.putrequest("POST", "/invocations")
        connection.putheader("Accept", "application/json")
        connection.putheader("Accept", PROTOBUF)
        connection.putheader("Content-Length", str(len(PICTURE)))
        connection.endheaders(PICTURE)
        assert connection.getresponse().headers["Content-Type"] == PROTOBUF


@pytest.mark.skipif(not DATA.is_dir(), reason="real pictures are not here: set SEMSEG_TEST_DATA")
def test_a_photograph_is_answered_at_its_own_size(server: RunningServer) -> None:
    path = next(DATA.rglob("*.jpg"))
    with Image.open(path) as picture:
        width, height = picture.size
    assert png_mask.decode(server.segment(path.read_bytes()).body).shape == (height, width)


@pytest.mark.parametrize(
    "content_type",
    [
        *("image/jpeg", "image/png", "image/tiff", "image/bmp", "image/webp", "image/jpg", "application/x-image"),
        *("image/*", "application/octet-stream", "IMAGE/JPEG; q=1", ""),
    ],
)
def test_the_bytes_say_what_a_picture_is(server: RunningServer, content_type: str) -> None:
    assert post(server, {"Content-Type": content_type}).status == 200
    assert post(server, {"Content-Type": content_type}, png(half_bright(8, 8))).status == 200


def test_a_request_without_content_type_and_accept_is_answered_with_a_mask(server: RunningServer) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=SECONDS)) as connection:
        connection.putrequest("POST", "/invocations", skip_accept_encoding=True)
        connection.putheader("Content-Length", str(len(PICTURE)))
        connection.endheaders(PICTURE)
        response = connection.getresponse()
        assert (response.status, response.headers["Content-Type"]) == (200, "image/png")


@pytest.mark.parametrize("content_type", ["text/csv", "application/json", "application/x-recordio", "image/gif"])
def test_another_content_type_is_415(server: RunningServer, content_type: str) -> None:
    reply = post(server, {"Content-Type": content_type})
    assert reply.status == 415
    assert reply.message == (
        "Content-Type must be one of image/jpeg, image/png, image/tiff, image/bmp, image/webp, application/x-image, "
        "image/*, application/octet-stream, "
        f"got {content_type!r}"
    )


def test_a_compressed_body_is_415(server: RunningServer) -> None:
    reply = post(server, {"Content-Encoding": "gzip"}, zlib.compress(PICTURE))
    assert reply.status == 415
    assert reply.message == "Content-Encoding must be left out, got 'gzip': send the picture as it is"


def test_an_accept_header_that_cannot_be_met_is_406_before_the_picture_is_looked_at(server: RunningServer) -> None:
    reply = post(server, {"Accept": "text/html"}, b"no picture")
    assert reply.status == 406
    assert reply.message.startswith("Accept must name one of image/png, ")


@pytest.mark.parametrize("body", [b"no picture", PICTURE[:200], PICTURE[: len(PICTURE) // 2], b"GIF89a" + bytes(50)])
def test_bytes_that_are_no_whole_picture_are_400(server: RunningServer, body: bytes) -> None:
    reply = server.segment(body)
    assert reply.status == 400
    assert "the image" in reply.message


def test_an_empty_body_is_400(server: RunningServer) -> None:
    reply = server.segment(b"")
    assert (reply.status, reply.message) == (400, "A request must carry a picture as its body, got 0 bytes")


def test_the_path_of_the_sagemaker_runtime_answers_to_the_endpoints_name(server: RunningServer) -> None:
    assert server.ask("POST", "/endpoints/horses/invocations", PICTURE).status == 200
    reply = server.ask("POST", "/endpoints/cows/invocations", PICTURE)
    assert (reply.status, reply.message) == (404, "There is no endpoint 'cows' here: this is 'horses'")


def test_without_a_name_every_endpoint_name_is_answered_to() -> None:
    with serving(BrightnessNetwork) as nameless:
        assert nameless.ask("POST", "/endpoints/cows/invocations", PICTURE).status == 200


@pytest.mark.parametrize("path", ["/", "/ping/", "/invocations/", "/models", "/endpoints/a/b/invocations"])
def test_an_unknown_path_is_404(server: RunningServer, path: str) -> None:
    reply = server.ask("GET", path)
    assert reply.status == 404
    assert reply.message == f"There is no path {path!r} here, only {PATHS}"


@pytest.mark.parametrize(("method", "path"), [("GET", "/invocations"), ("DELETE", "/endpoints/horses/invocations")])
def test_a_wrong_method_is_405(server: RunningServer, method: str, path: str) -> None:
    reply = server.ask(method, path)
    assert (reply.status, reply.headers["Allow"]) == (405, "POST")
    assert reply.message == f"{path} must be asked with POST, got {method}"


def test_a_post_to_ping_is_405(server: RunningServer) -> None:
    assert server.ask("POST", "/ping").status == 405


def test_execution_parameters_ask_for_single_pictures_and_for_enough_of_them_to_keep_every_stage_busy(
    server: RunningServer,
) -> None:
    reply = server.ask("GET", "/execution-parameters")
    assert reply.status == 200
    assert json.loads(reply.body) == {
        "MaxConcurrentTransforms": 4,
        "BatchStrategy": "SINGLE_RECORD",
        "MaxPayloadInMB": 25,
    }


def test_a_body_at_the_limit_is_answered_and_one_byte_more_is_413() -> None:
    picture = png(half_bright(8, 8))
    with serving(BrightnessNetwork, Limits(max_body_bytes=len(picture))) as small:
        assert small.segment(picture).status == 200
        reply = small.segment(picture + b"x")
        assert reply.status == 413
        assert reply.message == (
            f"The body of a request must be at most {len(picture)} bytes, got more than {len(picture)}: "
            "compress the picture or scale it down"
        )


def test_a_chunked_body_is_answered_at_the_limit_and_413_beyond() -> None:
    picture = png(half_bright(8, 8))
    with serving(BrightnessNetwork, Limits(max_body_bytes=len(picture))) as small:
        assert small.segment(iter([picture[:10], picture[10:]])).status == 200
        assert small.segment(iter([picture, b"x"])).status == 413


def test_a_large_chunked_picture_is_answered(server: RunningServer) -> None:
    picture = png(np.random.default_rng(0).integers(0, 256, (1200, 1200, 3), np.uint8))
    assert len(picture) > 4_000_000
    chunks = (picture[start : start + 100_000] for start in range(0, len(picture), 100_000))
    assert png_mask.decode(server.segment(chunks).body).shape == (1200, 1200)


def test_a_client_that_sends_three_times_the_limit_still_reads_its_413() -> None:
    with serving(BrightnessNetwork, Limits(max_body_bytes=2**20)) as small:
        assert small.segment(bytes(3 * 2**20)).status == 413
        assert small.segment(PICTURE).status == 200


def connected(server: RunningServer) -> closing[socket.socket]:
    return closing(socket.create_connection(("127.0.0.1", server.port), SECONDS))


def send_without_end(connection: socket.socket) -> None:
    connection.sendall(b"POST /invocations HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"1000\r\n" + bytes(4096) + b"\r\n")


def test_an_endless_body_is_cut_off_and_the_server_lives_on() -> None:
    with serving(BrightnessNetwork, Limits(max_body_bytes=1000)) as small:
        with connected(small) as connection, pytest.raises((BrokenPipeError, ConnectionResetError)):
            send_without_end(connection)
        assert small.segment(png(half_bright(8, 8))).status == 200


def test_a_client_that_waits_for_leave_is_refused_before_it_sends() -> None:
    head = b"POST /invocations HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n"
    with serving(BrightnessNetwork, Limits(max_body_bytes=1000)) as small, connected(small) as connection:
        connection.sendall(head)
        reply = connection.recv(4096)
        assert reply.startswith(b"HTTP/1.1 413 ")
        assert b"must be at most 1000 bytes, got 1001: " in reply + connection.recv(4096)


def test_a_client_that_goes_away_within_its_body_does_no_harm(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "semseg")
    with serving(BrightnessNetwork) as server:
        with connected(server) as connection:
            connection.sendall(b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc")
        assert server.segment(PICTURE).status == 200
    lines = [json.loads(record) for record in request_lines(caplog)]
    assert sorted((line["status"], line["received_bytes"]) for line in lines) == [(200, len(PICTURE)), (400, 3)]


def png_header(width: int, height: int) -> bytes:
    """A PNG that declares a size and has next to no pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = b"IDAT" + zlib.compress(b"\0")
    data = b"\x89PNG\r\n\x1a\n"
    for chunk in (header, pixels, b"IEND"):
        data += struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return data


def test_too_many_pixels_are_400_from_the_header_alone(server: RunningServer) -> None:
    reply = server.segment(png_header(10_000, 10_000))
    assert reply.status == 400
    assert "10000 x 10000 = 100000000 pixels, and at most 50000000 are decoded" in reply.message


def test_too_long_a_side_is_400_from_the_header_alone(server: RunningServer) -> None:
    reply = server.segment(png_header(20_000, 1))
    assert reply.status == 400
    assert "20000 pixels wide" in reply.message
    assert "at most 16384" in reply.message


def test_probabilities_too_many_for_a_record_are_400_and_the_mask_is_answered() -> None:
    picture = png(np.zeros((1000, 1000, 3), np.uint8))
    with serving(ManyClasses) as server:
        reply = server.segment(picture, PROTOBUF)
        assert reply.status == 400
        assert reply.message.startswith("Probabilities must be less than 536870912 bytes in one record, ")
        assert server.segment(picture).status == 200


def test_an_unexpected_failure_is_500_in_one_sentence_and_the_traceback_is_in_the_log_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with serving(BrokenNetwork) as server:
        reply = server.segment(png(half_bright(13, 20)))
        assert server.segment(PICTURE).status == 200
    request = reply.headers["x-request-id"]
    assert reply.status == 500
    assert reply.message == f"The endpoint failed: its log says why, at request {request}"
    (failure,) = [record for record in caplog.records if record.exc_info]
    assert failure.getMessage() == f"request {request} failed"
    assert failure.exc_info is not None
    assert "a secret of the machine" in str(failure.exc_info[1])


def test_a_request_is_one_line_of_json_in_the_log_and_a_ping_is_none(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "semseg")
    with serving(BrightnessNetwork) as server:
        for path in ("/ping", "/live", "/metrics"):
            server.ask("GET", path)
        reply = server.segment(PICTURE)
        missing = server.ask("GET", "/no%0Apath")
    records = request_lines(caplog)
    lines = [json.loads(record) for record in records]
    assert [line["request"] for line in lines] == [reply.headers["x-request-id"], missing.headers["x-request-id"]]
    stages = ("queue", "decode", "engine", "encode")
    for name in ("milliseconds", *(f"{stage}_milliseconds" for stage in stages)):
        assert lines[0].pop(name) >= 0
    assert lines[0] == {
        "request": reply.headers["x-request-id"],
        "method": "POST",
        "path": "/invocations",
        "status": 200,
        "received_bytes": len(PICTURE),
        "sent_bytes": len(reply.body),
    }
    assert sorted(lines[1]) == ["method", "milliseconds", "path", "received_bytes", "request", "sent_bytes", "status"]
    assert (lines[1]["path"], lines[1]["status"]) == ("/no\npath", 404)
    assert "\n" not in records[1]


def test_every_reply_has_a_request_id_of_its_own(server: RunningServer) -> None:
    replies = [server.ask("GET", "/ping"), server.ask("GET", "/nowhere"), server.segment(PICTURE)]
    assert len({reply.headers["x-request-id"] for reply in replies}) == 3


def test_until_the_model_is_loaded_ping_and_invocations_are_503_and_the_server_is_live(tmp_path: Path) -> None:
    with running(LoadedOnRelease, FAKE_FOLDER=str(tmp_path)) as server:
        wait_until((tmp_path / "loading").exists)
        for reply in (server.ask("GET", "/ping"), server.segment(PICTURE)):
            assert (reply.status, reply.headers["Retry-After"]) == (503, "1")
            assert reply.message == "The model is still loading: ask again when GET /ping answers 200"
        assert server.ask("GET", "/live").status == 200
        (tmp_path / "released").touch()
        server.wait_until_ready()
        assert server.ask("GET", "/ping").status == 200
        assert server.segment(PICTURE).status == 200


def asked_in_threads(server: RunningServer, pictures: list[bytes]) -> tuple[list[threading.Thread], list[Reply]]:
    """Requests that are under way, and the list that their replies go to."""
    replies: list[Reply] = []
    threads = [threading.Thread(target=lambda one=one: replies.append(server.segment(one))) for one in pictures]
    for thread in threads:
        thread.start()
    return threads, replies


def test_ping_is_answered_while_a_prediction_runs(tmp_path: Path) -> None:
    with serving(HeldNetwork, FAKE_FOLDER=str(tmp_path)) as server:
        (thread,), replies = asked_in_threads(server, [PICTURE])
        wait_until((tmp_path / "asked").exists)
        assert server.ask("GET", "/ping").status == 200
        assert server.segment(b"no picture").status == 400
        assert not replies
        (tmp_path / "released").touch()
        thread.join(SECONDS)
        assert [reply.status for reply in replies] == [200]


def test_answers_are_not_mixed_up(server: RunningServer) -> None:
    sizes = [(10 + number, 20 + number) for number in range(12)]
    shapes = {}

    def ask(size: tuple[int, int]) -> None:
        shapes[size] = png_mask.decode(server.segment(png(half_bright(*size))).body).shape

    threads = [threading.Thread(target=ask, args=(size,)) for size in sizes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert shapes == {size: size for size in sizes}


@pytest.fixture(scope="module")
def runtime(server: RunningServer) -> Iterator[botocore.client.BaseClient]:
    client = boto3.client(
        "sagemaker-runtime",
        endpoint_url=f"http://127.0.0.1:{server.port}",
        region_name="us-east-1",
        aws_access_key_id="none",
        aws_secret_access_key="none",
        config=botocore.config.Config(retries={"total_max_attempts": 1}, proxies={}),
    )
    yield client
    client.close()


def test_boto3_reads_a_mask(runtime: botocore.client.BaseClient) -> None:
    answer = runtime.invoke_endpoint(EndpointName="horses", ContentType="image/jpeg", Accept="image/png", Body=PICTURE)
    assert answer["ContentType"] == "image/png"
    assert np.array_equal(png_mask.decode(answer["Body"].read()), half_mask(48, 64))


def test_boto3_reads_probabilities(runtime: botocore.client.BaseClient) -> None:
    answer = runtime.invoke_endpoint(EndpointName="horses", ContentType="image/jpeg", Accept=PROTOBUF, Body=PICTURE)
    assert recordio.decode_probabilities(answer["Body"].read()).shape == (2, 48, 64)


@pytest.mark.parametrize(
    ("request_", "status", "sentence"),
    [
        ({"EndpointName": "cows"}, 404, "There is no endpoint 'cows' here: this is 'horses'"),
        ({"Body": b""}, 400, "A request must carry a picture as its body, got 0 bytes"),
        ({"ContentType": "text/csv"}, 415, "Content-Type must be one of image/jpeg, "),
        ({"Accept": "text/csv"}, 406, "Accept must name one of image/png, "),
    ],
)
def test_boto3_shows_the_sentence_of_a_refusal(
    runtime: botocore.client.BaseClient, request_: dict[str, str | bytes], status: int, sentence: str
) -> None:
    request_ = {"EndpointName": "horses", "ContentType": "image/jpeg", "Body": PICTURE, **request_}
    with pytest.raises(botocore.exceptions.ClientError) as refusal:
        runtime.invoke_endpoint(**request_)
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert sentence in str(refusal.value)
