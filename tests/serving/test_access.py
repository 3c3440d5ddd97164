from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.prediction.fake_network import BrightnessNetwork, half_bright
from tests.serving.running import RunningServer, png, serving

TOKEN = "open-sesame"
PICTURE = png(half_bright(8, 8))


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with serving(BrightnessNetwork, token=TOKEN) as running_server:
        yield running_server


@pytest.mark.parametrize("path", ["/ping", "/live"])
def test_health_is_told_to_everybody(server: RunningServer, path: str) -> None:
    assert server.ask("GET", path).status == 200


@pytest.mark.parametrize("path", ["/metrics", "/execution-parameters", "/nowhere", "/ping/", "//ping"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer open-sesam"},
        {"Authorization": "Bearer open-sesame2"},
        {"Authorization": "Basic open-sesame"},
        {"Authorization": "open-sesame"},
    ],
)
def test_without_the_token_the_rest_is_401(server: RunningServer, path: str, headers: dict[str, str]) -> None:
    reply = server.ask("GET", path, headers=headers)
    assert (reply.status, reply.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert reply.message == "This endpoint asks for a token: send the header Authorization: Bearer <token>"


def test_a_picture_is_answered_with_the_token_only(server: RunningServer) -> None:
    assert server.ask("POST", "/invocations", PICTURE).status == 401
    for scheme in ("Bearer", "bearer"):
        assert server.ask("POST", "/invocations", PICTURE, {"Authorization": f"{scheme} {TOKEN}"}).status == 200


def test_a_client_without_the_token_that_sends_much_still_reads_its_401(server: RunningServer) -> None:
    assert server.ask("POST", "/invocations", bytes(3 * 2**20)).status == 401


def test_the_token_is_not_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(BrightnessNetwork, token=TOKEN) as server:
        server.ask("POST", "/invocations", PICTURE, {"Authorization": f"Bearer {TOKEN}"})
        server.ask("POST", "/invocations", PICTURE, {"Authorization": f"Bearer {TOKEN}2"})
    assert TOKEN not in caplog.text
