"""What is found in the data of a job: each finding is one sentence, told once for all files that it is true of.

Findings are made by the check of a job's channels, told in its log or in its failure reason, and kept in the report.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

REFUSED, WARNED, NOTED = LEVELS = ("refused", "warned", "noted")
SHOWN_FILES = 3  # that a sentence names


@dataclass(frozen=True)
class Finding:
    """Something that is to be known about the data of a job.

    Attributes:
        level: "refused" ends the job before training, "warned" is told in its log, "noted" stands in the report alone.
        cause: what kind of finding it is, for programs: lower-case words with hyphens, such as "no-mask".
        channel: the name of the channel of the files.
        sentence: the thing, the rule, what was seen, and the way out; without a full stop.
        count: of the files that it is true of; 0 where it is true of no file in particular.
        files: the names of the first of them, in the order of the samples, each with its channel before it.
    """

    level: str
    cause: str
    channel: str
    sentence: str
    count: int = 0
    files: tuple[str, ...] = ()


def first_names(names: Sequence[str], count: int) -> str:
    """Returns how a sentence names the first few of ``count`` files: "a.png, b.png, c.png and 17 more"."""
    shown = list(names[:SHOWN_FILES])
    more = count - len(shown)
    last = f"{more} more" if more else shown.pop()
    return f"{', '.join(shown)} and {last}" if shown else last
