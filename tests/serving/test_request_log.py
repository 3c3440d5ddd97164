"""What comes of a request whose task is cancelled."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from semseg.serving.engine_starter import EngineStarter
from semseg.serving.engines import Engines
from semseg.serving.limits import Limits
from semseg.serving.metrics import Metrics
from semseg.serving.request_log import RequestLog

SCOPE: dict[str, Any] = {"type": "http", "method": "GET", "path": "/ping", "headers": []}


async def waits_for_ever(scope: Scope, receive: Receive, send: Send) -> None:
    await asyncio.Event().wait()


async def nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def cancelled(stopping: bool) -> list[int]:
    """The statuses that were sent; raises what the cancelled task raises."""
    engines = Engines(EngineStarter(["false"], {}), Limits(), Metrics())
    engines.stopping = stopping
    statuses: list[int] = []

    async def send(message: Message) -> None:
        statuses.extend([message["status"]] if message["type"] == "http.response.start" else [])

    task = asyncio.ensure_future(RequestLog(waits_for_ever, Limits(), Metrics(), engines)(SCOPE, nothing, send))
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return [*statuses, -1]
    return statuses


@pytest.mark.parametrize(("stopping", "outcome"), [(True, [503]), (False, [-1])])
def test_a_stopping_server_answers_with_503_and_anybody_else_sees_that_the_task_was_cancelled(
    stopping: bool, outcome: list[int]
) -> None:
    assert asyncio.run(cancelled(stopping)) == outcome
