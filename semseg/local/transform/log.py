"""The lines by which the log of a batch transform job tells how far it is, written and read."""

from __future__ import annotations

import re

from semseg.local.process.progress_bar import CountingReader

_TOTAL = re.compile(r"^#transform_notice\. pictures: (\d+)$")
_DONE = re.compile(r"^#transform_notice\. (?:done|failed): ")


def total(pictures: int) -> str:
    """Returns the line that says how many pictures there are."""
    return f"#transform_notice. pictures: {pictures}"


def done(key: str, seconds: float) -> str:
    """Returns the line of a picture whose answer is written."""
    return f"#transform_notice. done: {key} ({seconds:.2f} s)"


def failed(key: str, sentence: str) -> str:
    """Returns the line of a picture that was left out, with the reason."""
    return f"#transform_notice. failed: {key}: {sentence}"


def reader() -> CountingReader:
    """Returns a new reader of such a log, which counts pictures."""
    return CountingReader("picture", _TOTAL, _DONE)
