"""All engine processes of an endpoint, and the line of pictures that they work on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

from semseg.serving.engine_keeper import EngineKeeper
from semseg.serving.engine_process import EngineFacts
from semseg.serving.engine_starter import EngineStarter
from semseg.serving.limits import Limits
from semseg.serving.metrics import Metrics
from semseg.serving.waiting_line import WaitingLine


class Engines:
    """As many engine processes as the limits say.

    Args:
        starter: starts them.

    Attributes:
        line: where they get their work.
        stopping: whether the endpoint is about to end; then none counts as ready.
    """

    def __init__(self, starter: EngineStarter, limits: Limits, metrics: Metrics) -> None:
        self.line = WaitingLine(limits)
        self.stopping = False
        self._keepers = [EngineKeeper(starter, self.line, limits, metrics) for _ in range(limits.engine_processes)]

    @property
    def ready(self) -> bool:
        """Returns whether an engine is ready now."""
        return not self.stopping and any(keeper.ready for keeper in self._keepers)

    @property
    def facts(self) -> EngineFacts | None:
        """Returns the facts about the model; None until an engine was ready for the first time."""
        return next((keeper.facts for keeper in self._keepers if keeper.facts), None)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Future[None]]:
        """Starts the engines, and ends them when the context ends. The future carries the error if one can never be
        loaded.
        """
        tasks = [asyncio.ensure_future(keeper.run()) for keeper in self._keepers]
        try:
            yield asyncio.ensure_future(_first_failure(tasks))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _first_failure(tasks: Sequence[asyncio.Future[None]]) -> None:
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
