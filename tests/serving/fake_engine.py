"""An engine process with a fake network: ``python -m tests.serving.fake_engine MODULE CLASS FILE_DESCRIPTOR``."""

from __future__ import annotations

import importlib
import logging
import socket
import sys

from semseg.engines.network import Network
from semseg.prediction.scale import ScaleRule
from semseg.prediction.segmenter import Segmenter
from semseg.serving import engine_loop


def command(network: type[Network]) -> list[str]:
    """Starts an engine process with a network of this class."""
    return [sys.executable, "-m", __name__, network.__module__, network.__qualname__]


def main() -> None:
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s")
    module, name, file = sys.argv[1:]

    def load() -> Segmenter:
        return Segmenter(getattr(importlib.import_module(module), name)(), ScaleRule(None))

    engine_loop.run(load, socket.socket(fileno=int(file)))


if __name__ == "__main__":
    main()
