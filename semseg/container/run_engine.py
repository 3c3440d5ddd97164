"""The command of an engine process, which the endpoint starts: ``python -m semseg.container.run_engine <file
descriptor>``.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
from functools import partial

from semseg.container.loading import load_segmenter
from semseg.contract.job_directory import JobDirectory
from semseg.serving import engine_loop


def main() -> None:
    """Serves the socket that the endpoint hands over, until it ends."""
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.raiseExceptions = False  # a log that cannot be written must not stop an answer
    connection = socket.socket(fileno=int(sys.argv[1]))
    directory = JobDirectory.from_environment(os.environ)
    engine_loop.run(partial(load_segmenter, directory, os.environ), connection)


if __name__ == "__main__":
    main()
