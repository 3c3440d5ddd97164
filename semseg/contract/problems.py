"""All problems of a job's channels, told in one error."""

from __future__ import annotations

from collections.abc import Sequence

from semseg.errors import ChannelError

_SHOWN_PROBLEMS = 20


def raise_problems(problems: Sequence[str]) -> None:
    """Raise one ChannelError with the count of all problems and the first 20, one a line; with none do nothing."""
    if not problems:
        return
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    lines = [f"the channels cannot be used, {count}:", *problems[:_SHOWN_PROBLEMS]]
    if len(problems) > _SHOWN_PROBLEMS:
        lines.append(f"... and {len(problems) - _SHOWN_PROBLEMS} more")
    raise ChannelError("\n".join(lines))
