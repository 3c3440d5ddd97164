"""A client that hangs up costs nobody else anything, whenever it does."""

from __future__ import annotations

import asyncio
import contextlib
import os

import numpy as np
import pytest

from semseg.serving.engine_loop import MASK
from semseg.serving.engine_starter import EngineStarter
from semseg.serving.engines import Engines
from semseg.serving.limits import Limits
from semseg.serving.metrics import Metrics
from semseg.serving.shared_array import SharedArray
from tests.prediction.fake_network import BrightnessNetwork, half_bright, half_mask
from tests.serving.fake_engine import command
from tests.serving.running import REPOSITORY, SECONDS

SIZE = (48, 64)


def arrays() -> tuple[SharedArray, SharedArray]:
    image = SharedArray.create((*SIZE, 3), np.uint8)
    image.array[...] = half_bright(*SIZE)
    return image, SharedArray.create(SIZE, np.uint8)


async def ask(engines: Engines) -> np.ndarray:
    """Asks for a mask; the arrays are closed at once when the answer is there, or nobody waits for it any more."""
    image, result = arrays()
    try:
        await engines.line.compute(MASK, image, result)
        return result.array.copy()
    finally:
        image.close()
        result.close()


async def give_up(engines: Engines, turns: int) -> None:
    """Asks for a mask and hangs up so many turns of the event loop later."""
    asked = asyncio.ensure_future(ask(engines))
    for _ in range(turns):
        await asyncio.sleep(0)
    asked.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asked


@pytest.mark.parametrize("turns", range(12))
def test_a_request_that_is_given_up_ends_no_engine(turns: int) -> None:
    async def run() -> None:
        starter = EngineStarter(command(BrightnessNetwork), {**os.environ, "PYTHONPATH": str(REPOSITORY)})
        metrics = Metrics()
        engines = Engines(starter, Limits(), metrics)
        async with engines.running():
            assert np.array_equal(await asyncio.wait_for(ask(engines), SECONDS), half_mask(*SIZE))
            await give_up(engines, turns)
            assert np.array_equal(await asyncio.wait_for(ask(engines), SECONDS), half_mask(*SIZE))
            assert b"semseg_engine_restarts_total 0.0" in metrics.exposition()

    asyncio.run(run())
