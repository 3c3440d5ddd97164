from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from semseg.errors import PlatformError, RequestError
from semseg.local.endpoint.invocation import NoAnswer
from semseg.local.endpoint.retries import Retries

GIVEN_UP = threading.Event()  # never set


class Endpoint:
    """Fails with these errors, one after the other, then answers; counts how often it was asked."""

    def __init__(self, *errors: Exception) -> None:
        self.errors: Iterator[Exception] = iter(errors)
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        for error in self.errors:
            raise error
        return "answer"


def busy(seconds: float | None = 0.01) -> RequestError:
    return RequestError(503, "busy", seconds)


def test_a_busy_server_is_asked_again_as_often_as_it_says_within_the_time() -> None:
    endpoint = Endpoint(*(busy() for _ in range(5)))
    assert Retries(busy_seconds=60, times=0).ask(endpoint, GIVEN_UP) == "answer"
    assert endpoint.asked == 6


def test_a_busy_server_that_wants_more_time_than_there_is_is_not_asked_again() -> None:
    endpoint = Endpoint(busy(7))
    with pytest.raises(RequestError, match=r"^busy$"):
        Retries(busy_seconds=5, times=3).ask(endpoint, GIVEN_UP)
    assert endpoint.asked == 1


@pytest.mark.parametrize("status", [400, 401, 413, 415, 507])
def test_a_last_word_is_not_asked_for_again(status: int) -> None:
    endpoint = Endpoint(RequestError(status, "no"))
    with pytest.raises(RequestError, match=r"^no$"):
        Retries(busy_seconds=60, times=3).ask(endpoint, GIVEN_UP)
    assert endpoint.asked == 1


@pytest.mark.parametrize("error", [RequestError(500, "no"), RequestError(504, "no"), busy(None), NoAnswer("no")])
def test_any_other_failure_is_asked_again_so_many_times(error: Exception) -> None:
    endpoint = Endpoint(error)
    assert Retries(busy_seconds=0, times=1).ask(endpoint, GIVEN_UP) == "answer"
    assert endpoint.asked == 2
    endpoint = Endpoint(error, error)
    with pytest.raises(type(error)):
        Retries(busy_seconds=0, times=1).ask(endpoint, GIVEN_UP)
    assert endpoint.asked == 2


def test_an_endpoint_that_has_ended_is_not_asked_again() -> None:
    endpoint = Endpoint(PlatformError("ended"))
    with pytest.raises(PlatformError):
        Retries(busy_seconds=60, times=3).ask(endpoint, GIVEN_UP)
    assert endpoint.asked == 1


@pytest.mark.timeout(30)
def test_who_waits_is_woken_by_a_stop() -> None:
    stopping = threading.Event()
    threading.Timer(0.1, stopping.set).start()
    endpoint = Endpoint(busy(1000))
    with pytest.raises(RequestError, match=r"^busy$"):
        Retries(busy_seconds=10_000, times=0).ask(endpoint, stopping)
    assert endpoint.asked == 1
