"""A server with a fake network, run as ``python -m tests.serving.fake_serve MODE``; prints a line at each event.

MODE: ready; held (a prediction waits for a line on standard input); loading (never ends); unloadable; crashing.
"""

from __future__ import annotations

import logging
import os
import sys
import threading

import numpy as np

from semseg.errors import ModelError, SemsegError
from semseg.prediction.segmenter import Segmenter
from semseg.serving.server import serve
from tests.prediction.fake_network import BrightnessNetwork


class HeldNetwork(BrightnessNetwork):
    def mask(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        if self.shapes:
            print("predicting", flush=True)
            sys.stdin.readline()
        return super().mask(images, size)


def load(mode: str) -> Segmenter:
    if mode == "loading":
        threading.Event().wait()
    if mode == "unloadable":
        raise ModelError("The model is not one")
    if mode == "crashing":
        raise ImportError("no engine here")
    return Segmenter(HeldNetwork() if mode == "held" else BrightnessNetwork(), None)


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s")
    try:
        serve(lambda: load(sys.argv[1]), os.environ)
    except SemsegError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
