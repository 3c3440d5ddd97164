"""A server with a fake network, run as ``python -m tests.serving.fake_serve CLASS``, a class of fake_networks."""

from __future__ import annotations

import logging
import os
import sys

from semseg.errors import SemsegError
from semseg.serving.engine_starter import EngineStarter
from semseg.serving.process_end import end_process
from semseg.serving.server import serve
from tests.serving import fake_networks
from tests.serving.fake_engine import command


def main() -> int:
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s")
    try:
        starter = EngineStarter(command(getattr(fake_networks, sys.argv[1])), os.environ)
        starter.start_ahead()
        serve(starter, os.environ)
    except SemsegError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    end_process(main())
