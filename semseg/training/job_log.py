"""The training log in the format of the built-in algorithm: a prefix before most lines, none before ``#metrics``."""

from __future__ import annotations

import json
import logging
import sys
import threading
from datetime import datetime
from typing import IO

from semseg.contract.metric_lines import CONTAINER_HOST

ALGORITHM = "AWS/Semantic Segmentation"


class JobLog:
    """Writes each line at once to ``stream``, which is standard output if it is not given."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = stream or sys.stdout

    def plain(self, line: str) -> None:
        """Writes a line without a prefix."""
        print(encodable(line), file=self._stream, flush=True)

    def info(self, message: str) -> None:
        """Writes a line of level INFO."""
        self._prefixed(logging.INFO, message)

    def warning(self, message: str) -> None:
        """Writes a line of level WARNING."""
        self._prefixed(logging.WARNING, message)

    def error(self, message: str) -> None:
        """Writes a line of level ERROR."""
        self._prefixed(logging.ERROR, message)

    def metrics(
        self, start: float, values: dict[str, float], meta: str | None = None, epoch: int | None = None
    ) -> None:
        """Writes a ``#metrics`` line for the time from ``start``, in seconds since 1970, to now."""
        dimensions = {"Algorithm": ALGORITHM, "Host": CONTAINER_HOST, "Operation": "training"}
        if epoch is not None:
            dimensions["epoch"] = str(epoch)
        if meta is not None:
            dimensions["Meta"] = meta
        entry = {
            "StartTime": start,
            "EndTime": datetime.now().timestamp(),
            "Dimensions": dimensions,
            "Metrics": {name: {"sum": v, "count": 1, "min": v, "max": v} for name, v in values.items()},
        }
        self.plain(f"#metrics {json.dumps(entry)}")

    def _prefixed(self, level: int, message: str) -> None:
        time = datetime.now().strftime("%m/%d/%Y %H:%M:%S")
        for line in message.splitlines():
            self.plain(f"[{time} {logging.getLevelName(level)} {threading.get_ident()}] {line}")


def encodable(text: str) -> str:
    r"""Returns the text with lone surrogates written out, such as \udce9. They stand in file names that are not
    UTF-8.
    """
    return text.encode("utf-8", "backslashreplace").decode()
