"""The one thread that a model lives in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from semseg.prediction.segmenter import Segmenter

WARM_UP_SIDE = 240  # pixels; the default crop_size, so that every network can look at it


class ModelThread:
    """Loads a segmenter and asks it, always in the same thread: MXNet is not thread safe.

    Args:
        load: makes the segmenter; called once, in that thread.
    """

    def __init__(self, load: Callable[[], Segmenter]) -> None:
        self._load = load
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")
        self._segmenter: Segmenter | None = None
        self._latest: Future[None] | Future[np.ndarray] | None = None

    @property
    def ready(self) -> bool:
        """Whether the segmenter is loaded and has answered once."""
        return self._segmenter is not None

    @property
    def busy(self) -> bool:
        """Whether something is loading, under way or waiting: all that is asked is done in order."""
        return self._latest is not None and not self._latest.done()

    def start(self) -> Future[None]:
        """Begin to load and to warm up; the future carries the error where that fails."""
        loading = self._executor.submit(self._load_and_warm_up)
        self._latest = loading
        return loading

    async def run(self, predict: Callable[[Segmenter, np.ndarray], np.ndarray], image: np.ndarray) -> np.ndarray:
        """``predict(segmenter, image)``, once all that was asked before is done; needs :attr:`ready`."""
        prediction = self._executor.submit(predict, self._loaded(), image)
        self._latest = prediction
        return await asyncio.wrap_future(prediction)

    def _loaded(self) -> Segmenter:
        if self._segmenter is None:
            raise RuntimeError("the model was asked before it was ready")
        return self._segmenter

    def _load_and_warm_up(self) -> None:
        segmenter = self._load()
        segmenter.mask(np.zeros((WARM_UP_SIDE, WARM_UP_SIDE, 3), np.uint8))
        self._segmenter = segmenter
