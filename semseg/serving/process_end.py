"""The end of a server's process."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from typing import NoReturn


def end_process(code: int) -> NoReturn:
    """Ends the process with this exit code. It does not wait for threads, and ignores a log that cannot be written."""
    with contextlib.suppress(OSError):
        logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(code)
