"""HTTP requests to one endpoint of this machine, many over one connection; to be imported where one is sent."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Union, cast

from urllib3 import HTTPConnectionPool, Timeout
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError, ProtocolError

from semseg.contract import media_types
from semseg.contract.echoed import echoed
from semseg.contract.server_proof import CHALLENGE_HEADER, PROOF_HEADER, new_challenge, proof_of
from semseg.errors import UserError
from semseg.local.endpoint.invocation import (
    ANSWER_SECONDS,
    LONGEST_ANSWER,
    LONGEST_MESSAGE,
    LONGEST_PARAMETERS,
    LOOPBACK,
    MOST_REQUESTS,
    PING_SECONDS,
    EndpointAnswer,
    NoAnswer,
    seconds_of,
)
from semseg.local.endpoint.timed_socket import TimedSocket

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse  # not in urllib3 1

PIECE = 2**20  # bytes of an answer without a length that are read at a time
ONE_LINE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")  # what a header may hold
# What http.client and urllib3 raise on an answer that is no HTTP; ValueError and OverflowError: lengths of chunks.
BROKEN_ANSWER = (HTTPError, http.client.HTTPException, OSError, ValueError, OverflowError)

Body = Union[bytes, bytearray, memoryview]


class StrangeServer(ConnectionError):
    """Somebody else listens on the endpoint's port."""


class StaleConnection(ConnectionError):
    """The server had closed a connection that was kept."""


class EndpointClient:
    """Asks one endpoint; may be used by many threads at a time.

    No proxy is asked and no redirect followed. A request is sent again, once and over a new connection, where the
    server had closed the kept one: it may have been read all the same, and to predict twice does no harm.

    Args:
        port: where the endpoint listens.
        secret: what only its server knows. Over each new connection, before anything else, the server at the other end
            has to prove at GET /ping that it knows it, so that no token and no picture goes to another server. The
            secret itself is not sent. None asks for no proof: of a server that has no secret.
        address: the address at which it is asked, such as "127.0.0.1" or "::1".
    """

    def __init__(self, port: int, secret: str | None, address: str = LOOPBACK) -> None:
        self._made_for = (port, secret, address, os.getpid())
        self._pool = HTTPConnectionPool(address, port, maxsize=MOST_REQUESTS)
        self._pool.ConnectionCls = connections_to(secret)
        weakref.finalize(self, self._pool.close)

    def is_for(self, port: int, secret: str | None, address: str = LOOPBACK) -> bool:
        """Returns whether it asks this endpoint, in this process: a fork must not share its parent's connections."""
        return self._made_for == (port, secret, address, os.getpid())

    def invoke(self, body: Body, headers: Mapping[str, str], seconds: float = ANSWER_SECONDS) -> EndpointAnswer:
        """Returns the answer to POST /invocations; the body is sent as it is, without a copy.

        Args:
            seconds: how long it takes at most to be connected, then to send the request, and then to receive the whole
                answer.

        Raises:
            UserError: a header is more than one line, or not of Latin-1 characters.
            NoAnswer: there was no whole answer in time, or it was longer than one that holds probabilities may be.
        """
        for name, value in headers.items():
            _check_header(name, value)
        return self._ask("POST", "/invocations", seconds, headers, body)

    def is_ready(self) -> bool:
        """Returns whether GET /ping is answered with 200, by this endpoint's server, within 2 seconds."""
        return self._ping_status() == 200

    def is_there(self) -> bool:
        """Returns whether GET /ping is answered at all, by this endpoint's server, within 2 seconds."""
        return self._ping_status() is not None

    def concurrent_requests(self, headers: Mapping[str, str]) -> int:
        """Returns how many requests at a time the endpoint asks for at GET /execution-parameters, 1 to 100; 1 where it
        does not say.

        Source: "How containers serve requests" of batch transform, SageMaker developer guide.
        """
        try:
            answer = self._ask("GET", "/execution-parameters", PING_SECONDS, headers, most=LONGEST_PARAMETERS)
            wanted = json.loads(answer.body)["MaxConcurrentTransforms"]
        except (NoAnswer, ValueError, KeyError, TypeError, RecursionError):
            return 1
        return min(max(wanted, 1), MOST_REQUESTS) if type(wanted) is int else 1

    def _ping_status(self) -> int | None:
        try:
            return self._ask("GET", "/ping", PING_SECONDS, {}, most=LONGEST_PARAMETERS).status
        except NoAnswer:
            return None

    def _ask(
        self,
        method: str,
        path: str,
        seconds: float,
        headers: Mapping[str, str],
        body: Body | None = None,
        most: int = LONGEST_ANSWER,  # bytes of the answer
    ) -> EndpointAnswer:
        timeout = Timeout(connect=seconds, read=seconds)
        try:
            response = self._sent(method, path, timeout, dict(headers), body)
            with contextlib.closing(response):  # which ends a connection that was not read to its end, and no other
                content = _content(response, most)
        except BROKEN_ANSWER as error:
            raise NoAnswer(_cause(error)) from error
        content_type = response.headers.get("Content-Type", media_types.OCTET_STREAM)
        return EndpointAnswer(
            response.status, content_type, content, seconds_of(response.headers.get("Retry-After", ""))
        )

    def _sent(
        self, method: str, path: str, timeout: Timeout, headers: dict[str, str], body: Body | None
    ) -> BaseHTTPResponse:
        while True:
            try:
                return self._pool.urlopen(
                    method,
                    path,
                    body=cast(bytes, body),  # the others are sent as well, but urllib3's types do not say so
                    headers=headers,
                    timeout=timeout,
                    retries=False,
                    redirect=False,
                    preload_content=False,
                )
            except ProtocolError as error:
                # Each such connection is gone now. It ends with a new one, which is never stale.
                if not isinstance(error.args[-1], StaleConnection):
                    raise


def connections_to(secret: str | None) -> type[HTTPConnection]:
    """Returns the class of connections to the server that knows this secret; None asks for no proof."""

    class Connection(HTTPConnection):
        _was_used = False  # for a whole request

        def connect(self) -> None:
            super().connect()
            self._was_used = False
            self.sock = TimedSocket.taken_from(self.sock)
            try:
                if secret is not None and not _knows(self, secret):
                    raise StrangeServer("another server listens on this endpoint's port")
            except BROKEN_ANSWER as error:
                self.close()
                # Of a plain OSError urllib3 may think that an answer is there all the same.
                raise ProtocolError("the server did not say who it is", error) from error

        def getresponse(self):  # type: ignore[no-untyped-def]  # the two versions of urllib3 return different classes
            try:
                response = super().getresponse()
            except ConnectionError as error:
                if self._was_used:
                    raise StaleConnection("the server had closed the connection") from error
                raise
            self._was_used = True
            return response

    return Connection


def _knows(connection: HTTPConnection, secret: str) -> bool:
    """Returns whether the server at the other end proves at GET /ping that it knows the secret."""
    challenge = new_challenge()
    asking = http.client.HTTPConnection(connection.host)
    asking.sock = connection.sock
    asking.request("GET", "/ping", headers={CHALLENGE_HEADER: challenge})
    with contextlib.closing(asking.getresponse()) as response:  # which the connection outlives
        response.read(LONGEST_PARAMETERS)
        return bool(response.headers.get(PROOF_HEADER) == proof_of(secret, challenge))


def _content(response: BaseHTTPResponse, most: int) -> bytes:
    """Returns the body of an answer; raises NoAnswer where it is longer than so many bytes, or cut off."""
    declared = response.length_remaining
    if declared is not None and declared > most:
        raise NoAnswer(f"its answer is longer than {most} bytes")
    size = 0
    parts: list[bytes] = []
    while size <= most:
        # A body of a known length is read at once, without a copy; by one byte more its end is seen.
        part = response.read(PIECE if declared is None else declared + 1, decode_content=False)
        if not part:
            break
        parts.append(part)
        size += len(part)
    else:
        raise NoAnswer(f"its answer is longer than {most} bytes")
    if declared is not None and size < declared:  # urllib3 1 does not say so
        raise NoAnswer(f"its answer ended after {size} of {declared} bytes")
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _check_header(name: str, value: str) -> None:
    """Raises UserError for what http.client would not send, or send as two lines."""
    if isinstance(value, str) and not ONE_LINE.fullmatch(value):
        raise UserError(f"the header {name} must be one line of Latin-1 characters, got {echoed(value)}")


def _cause(error: Exception) -> str:
    """Returns what went wrong, in short, without urllib3's wrapping of it."""
    cause = error.args[-1] if isinstance(error, ProtocolError) else error
    return repr(cause)[:LONGEST_MESSAGE]
