"""Serves the model that lies in the job directory: ``python -m semseg.container.serve``."""

from __future__ import annotations

import logging
import os
import sys
from functools import partial

from semseg.container.loading import keeps_every_size, load_segmenter
from semseg.contract.job_directory import JobDirectory
from semseg.errors import SemsegError
from semseg.gluon.machine import this_machine
from semseg.gluon.runtime import refuse_what_cannot_work


def main() -> int:
    """The exit code: 0 after SIGTERM or SIGINT, 1 after a failure, which standard error says in one sentence."""
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        refuse_what_cannot_work(this_machine())
        # Not at the top: where the engine's extra is absent, so is the HTTP server, and the line above says what to do.
        from semseg.serving.server import serve

        directory = JobDirectory.from_environment(os.environ)
        keeps_every_size(os.environ)  # refused now, not once the port is open
        load = partial(load_segmenter, directory, os.environ)
        serve(load, os.environ)
    except SemsegError as error:
        sys.stdout.flush()
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
