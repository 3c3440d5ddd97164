"""Logs and counts each request except pings, and answers those in which the code behind it fails."""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from semseg.serving.engines import Engines
from semseg.serving.http_refusals import refusal_response
from semseg.serving.limits import Limits
from semseg.serving.metrics import Metrics
from semseg.serving.pipeline import Timings
from semseg.serving.request_body import discard_body

UNLOGGED = ("/ping", "/live", "/metrics")
REQUEST_TIMEOUT = 408

logger = logging.getLogger(__name__)


class RequestLog:
    """Names each request with the header x-request-id, and logs it as JSON when its answer has been sent."""

    def __init__(self, app: ASGIApp, limits: Limits, metrics: Metrics, engines: Engines) -> None:
        self.app = app
        self._limits = limits
        self._metrics = metrics
        self._engines = engines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = Exchange(scope, receive, send, self._limits)
        scope["exchange"] = exchange
        try:
            await self.app(scope, exchange.receive, exchange.send)
        except asyncio.CancelledError:
            if not self._engines.stopping:
                raise  # somebody else cancels this task, and must see that it was cancelled
            # The server stops and cannot wait longer. uvicorn would log a traceback of the task that it has cancelled.
            await exchange.send_refusal(503, "The endpoint is stopping: ask another one")
        except Exception:
            logger.exception("request %s failed", exchange.id)
            await exchange.send_refusal(500, f"The endpoint failed: its log says why, at request {exchange.id}")
        if scope["path"] not in UNLOGGED:
            logger.info(exchange.line())
            exchange.count(self._metrics)


class Exchange:
    """One request and its answer, whose bytes are counted as they pass.

    Attributes:
        id: the request's own, for the log.
        began: when its headers were there, by time.monotonic().
        timings: where its time goes.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send, limits: Limits) -> None:
        self.id = uuid.uuid4().hex
        self.began = time.monotonic()
        self.timings = Timings()
        self._scope, self._receive, self._send = scope, receive, send
        self._limits = limits
        self._status = 0
        self._received = self._sent = 0
        headers = dict(scope["headers"])
        self._has_more = headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
        self._waits_for_leave = b"100-continue" in headers.get(b"expect", b"").lower()

    async def receive(self) -> Message:
        """Returns the next message of the request, and counts its bytes."""
        self._waits_for_leave = False
        message = await self._receive()
        self._received += len(message.get("body", b""))
        self._has_more = message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Sends a message of the answer, and counts its bytes."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = [*message["headers"], (b"x-request-id", self.id.encode())]
            if not await self._is_read():
                # The rest may never end; only closing the connection stops it.
                headers.append((b"connection", b"close"))
            message = {**message, "headers": headers}
        self._sent += len(message.get("body", b""))
        await self._send(message)

    async def send_refusal(self, status: int, message: str) -> None:
        """Answers with a refusal, if nothing has been answered yet."""
        if not self._status:
            answer = refusal_response(status, message)
            await answer(self._scope, self._receive, self.send)

    def line(self) -> str:
        """Returns the log line as JSON, in which no path can begin a line of its own."""
        fields: dict[str, Any] = {
            "request": self.id,
            "method": self._scope["method"],
            "path": self._scope["path"],
            "status": self._status,
            "received_bytes": self._received,
            "sent_bytes": self._sent,
            "milliseconds": _milliseconds(time.monotonic() - self.began),
        }
        timings = vars(self.timings).items()
        fields.update({f"{name}_milliseconds": _milliseconds(value) for name, value in timings if value is not None})
        return json.dumps(fields)

    def count(self, metrics: Metrics) -> None:
        """Adds this request to the counters."""
        metrics.requests.labels(str(self._status)).inc()
        metrics.received.inc(self._received)
        metrics.sent.inc(self._sent)

    async def _is_read(self) -> bool:
        """Returns whether the whole request has been read. A client that still sends would not see its answer."""
        if not self._has_more:
            return True
        if self._waits_for_leave or self._status == REQUEST_TIMEOUT:
            return False
        return await discard_body(self.receive, self._limits)


def _milliseconds(seconds: float) -> float:
    return round(1000 * seconds, 1)
