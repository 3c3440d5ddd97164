"""All problems of a job's channels, told in one error."""

from __future__ import annotations

import re
from collections.abc import Sequence

from semseg.contract.findings import REFUSED, Finding
from semseg.errors import ChannelError

_SHOWN_PROBLEMS = 20
_MORE = re.compile(r"\.\.\. and ([0-9]+) more")
_REPORT = "The whole report is "
_CUT = "..."  # ends what is cut within a sentence
_CLAUSE_ENDS = (". ", "; ", ": ", ", ")


def raise_problems(problems: Sequence[str], report: str = "") -> None:
    """Raise one ChannelError with the count of all problems and the first 20, one a line; with none do nothing.

    Args:
        report: where all of them are told, for the last line.
    """
    if not problems:
        return
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    lines = [f"the channels cannot be used, {count}:", *problems[:_SHOWN_PROBLEMS]]
    if len(problems) > _SHOWN_PROBLEMS:
        lines.append(f"... and {len(problems) - _SHOWN_PROBLEMS} more")
    if report:
        lines.append(f"{_REPORT}{report}.")
    raise ChannelError("\n".join(lines))


def raise_refused(findings: Sequence[Finding], report: str = "") -> None:
    """Raise one ChannelError with the findings that refuse a job; with none do nothing. See :func:`raise_problems`."""
    raise_problems([finding.sentence for finding in findings if finding.level == REFUSED], report)


def shortened(text: str, most: int) -> str:
    """Returns a text of at most so many characters that ends with a whole sentence.

    Of several lines, as :func:`raise_problems` makes them, the last ones are left out and counted, and the line that
    says where the report is stays. One line that is too long by itself ends with a whole clause.
    """
    if len(text) <= most:
        return text
    lines = text.splitlines()
    report = [lines.pop()] if lines[-1].startswith(_REPORT) else []
    told = _MORE.fullmatch(lines[-1])
    more = int(told[1]) if told else 0
    lines = lines[:-1] if told else lines
    while len(lines) > 2:
        lines.pop()
        more += 1
        kept = "\n".join([*lines, f"... and {more} more", *report])
        if len(kept) <= most:
            return kept
    end = "".join(f"\n{line}" for line in [*([f"... and {more} more"] if more else []), *report])
    return _cut("\n".join(lines), most - len(end)) + end


def _cut(text: str, most: int) -> str:
    """Returns the whole clauses of a sentence that there is room for, or its whole words."""
    room = max(0, most - len(_CUT))
    place = max(text.rfind(end, 0, room) for end in _CLAUSE_ENDS)
    if place <= room // 2:
        place = text.rfind(" ", 0, room + 1)
    return text[:place] + _CUT if place > 0 else text[: max(0, most)]
