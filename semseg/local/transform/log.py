"""What the log of a batch transform job says, and the bar that shows it."""

from __future__ import annotations

import re

from semseg.local.process.progress_bar import open_bar

_TOTAL = re.compile(r"^#transform_notice\. pictures: (\d+)$")
_DONE = re.compile(r"^#transform_notice\. (?:done|failed): ")


def total(pictures: int) -> str:
    return f"#transform_notice. pictures: {pictures}"


def done(key: str, seconds: float) -> str:
    return f"#transform_notice. done: {key} ({seconds:.2f} s)"


def failed(key: str, sentence: str) -> str:
    return f"#transform_notice. failed: {key}: {sentence}"


class TransformBar:
    """Fed with the lines of a log; counts pictures. It shows nothing without a terminal or a notebook."""

    def __init__(self, job_name: str) -> None:
        self._bar = open_bar("picture", job_name)

    def feed(self, line: str) -> None:
        """Move the bar where the line tells of progress."""
        found = _TOTAL.match(line)
        if found:
            self._bar.reset(total=int(found[1]))
        elif _DONE.match(line):
            self._bar.update()

    def print(self, line: str) -> None:
        """Print a line above the bar."""
        self._bar.write(line)

    def close(self) -> None:
        self._bar.close()
