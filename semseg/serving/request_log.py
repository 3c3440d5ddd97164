"""A log line for each request but pings, and an answer where the code behind it fails."""

from __future__ import annotations

import json
import logging
import time
import uuid

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from semseg.serving.refusals import refusal

UNLOGGED = ("/ping",)

logger = logging.getLogger(__name__)


class RequestLog:
    """Names each request with the header x-request-id, and logs it as JSON when its answer has been sent."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = Exchange(scope, receive, send)
        try:
            await self.app(scope, exchange.receive, exchange.send)
        except Exception:
            logger.exception("request %s failed", exchange.id)
            await exchange.fail()
        if scope["path"] not in UNLOGGED:
            logger.info(exchange.line())


class Exchange:
    """One request and its answer, counted as they pass."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.id = uuid.uuid4().hex
        self._scope, self._receive, self._send = scope, receive, send
        self._began = time.monotonic()
        self._status = 0
        self._received = self._sent = 0

    async def receive(self) -> Message:
        message = await self._receive()
        self._received += len(message.get("body", b""))
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            message = {**message, "headers": [*message["headers"], (b"x-request-id", self.id.encode())]}
        self._sent += len(message.get("body", b""))
        await self._send(message)

    async def fail(self) -> None:
        """Answer 500 and no more than that: what went wrong is in the log."""
        if not self._status:
            answer = refusal(500, f"The endpoint failed: its log says why, at request {self.id}")
            await answer(self._scope, self._receive, self.send)

    def line(self) -> str:
        """JSON, in which no path can begin a line of its own."""
        fields = {
            "request": self.id,
            "method": self._scope["method"],
            "path": self._scope["path"],
            "status": self._status,
            "received_bytes": self._received,
            "sent_bytes": self._sent,
            "milliseconds": round(1000 * (time.monotonic() - self._began)),
        }
        return json.dumps(fields)
