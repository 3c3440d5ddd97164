"""From the bytes of a picture to the bytes of its answer: decoded and encoded in threads, computed by the engines."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from semseg.contract import recordio
from semseg.data.pictures.image_files import decode_image, picture_size
from semseg.data.pictures.picture_reading import AS_STORED, PictureReading
from semseg.serving.answers import AnswerFormat, Encoded
from semseg.serving.budget import Budget
from semseg.serving.engine_loop import MASK
from semseg.serving.engines import Engines
from semseg.serving.limits import Limits
from semseg.serving.metrics import Metrics
from semseg.serving.request_body import Body
from semseg.serving.shared_array import SharedArray

THREADS = 2  # that decode, and as many that encode; the engines compute on all cores anyway
FEW_PIXELS = 400_000  # 1.2 MB; a further turn in a thread would take long in comparison

T = TypeVar("T")


@dataclass
class Timings:
    """The time that each stage of a request took, in seconds; None for a stage that it did not reach."""

    queue: float | None = None
    decode: float | None = None
    engine: float | None = None
    encode: float | None = None


class Pipeline:
    """Takes pictures through the engines, within a bound on the memory that they hold.

    Args:
        reading: the rule by which pictures are read.
    """

    def __init__(self, engines: Engines, limits: Limits, metrics: Metrics, reading: PictureReading = AS_STORED) -> None:
        self.engines = engines
        self._reading = reading
        self._limits = limits
        self._metrics = metrics
        self._budget = Budget(limits.held_pixel_bytes)
        self._decoders = ThreadPoolExecutor(THREADS, "decode")
        self._encoders = ThreadPoolExecutor(THREADS, "encode")

    async def run(self, body: Body, answer: AnswerFormat, timings: Timings, held: ExitStack) -> Encoded:
        """Returns the answer to a picture.

        Args:
            body: given up once it is decoded.
            held: what it takes until the answer is sent is given back when this is closed.

        Raises:
            UserError: the picture cannot be decoded, or its answer not be encoded.
            RequestError: the engine could not answer.
            MemoryError: there is no room for it.
        """
        line = self.engines.line
        line.coming += 1
        try:
            image, result = await self._prepare(body, answer, timings, held)
        finally:
            line.coming -= 1
        self._metrics.queue.inc()
        try:
            job = await line.compute(answer.kind, image, result)
        finally:
            self._metrics.queue.dec()
            image.close()
            result.close()
        del image
        timings.queue = (timings.queue or 0) + job.waited
        timings.engine = job.computed
        self._metrics.queue_seconds.observe(timings.queue)
        began = time.perf_counter()
        encoded = await self._in_thread(self._encoders, lambda: answer.encode(result.array))
        timings.encode = time.perf_counter() - began
        self._metrics.encode_seconds.observe(timings.encode)
        return encoded

    def close(self) -> None:
        """Stops taking work; work that has begun ends by itself."""
        self._decoders.shutdown(wait=False)
        self._encoders.shutdown(wait=False)

    async def _prepare(
        self, body: Body, answer: AnswerFormat, timings: Timings, held: ExitStack
    ) -> tuple[SharedArray, SharedArray]:
        """Returns the decoded picture and an array for its result."""
        began = time.perf_counter()
        limits, data, reading = self._limits, body.data, self._reading
        size, image = await self._in_thread(self._decoders, lambda: _looked_at(data, limits, reading))
        looked = time.perf_counter()
        shape, dtype = self._result_form(answer.kind, size)
        taken = await self._budget.lend(3 * math.prod(size) + math.prod(shape) * np.dtype(dtype).itemsize)
        held.callback(self._budget.give_back, taken)
        lent = time.perf_counter()
        if image is None:
            image = await self._in_thread(self._decoders, lambda: _decoded(data, size, limits, reading))
        timings.queue = lent - looked
        timings.decode = time.perf_counter() - began - timings.queue
        self._metrics.decode_seconds.observe(timings.decode)
        body.give_up()
        return image, SharedArray.create(shape, dtype)

    def _result_form(self, kind: str, size: tuple[int, int]) -> tuple[tuple[int, ...], type[np.generic]]:
        if kind == MASK:
            return size, np.uint8
        facts = self.engines.facts
        assert facts is not None
        shape = (facts.classes, *size)
        recordio.check_record_size(shape)
        return shape, np.float32

    async def _in_thread(self, threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(threads, work)


def _looked_at(data: bytes, limits: Limits, reading: PictureReading) -> tuple[tuple[int, int], SharedArray | None]:
    """Returns the size of a picture, and its pixels if they are so few that they need not wait for memory."""
    size = picture_size(data, limits.max_pixels, limits.max_side, reading)
    return size, _decoded(data, size, limits, reading) if math.prod(size) <= FEW_PIXELS else None


def _decoded(data: bytes, size: tuple[int, int], limits: Limits, reading: PictureReading) -> SharedArray:
    image = SharedArray.create((*size, 3), np.uint8)
    decode_image(data, limits.max_pixels, limits.max_side, out=image.array, reading=reading)
    return image
