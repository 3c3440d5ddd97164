"""Says once what is true of both halves of a job's data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from semseg.contract.findings import Finding


def told_once(first: Sequence[Finding], second: Sequence[Finding]) -> list[Finding]:
    """Returns the findings of two channels. One of the second that has the cause and the way out of one of the first is
    said in that one's sentence, and counted there.
    """
    whole = list(first)
    for finding in second:
        alike = [place for place, known in enumerate(whole) if _way_out(known) == _way_out(finding)]
        if alike:
            whole[alike[0]] = _with(whole[alike[0]], finding)
        else:
            whole.append(finding)
    return whole


def _with(finding: Finding, other: Finding) -> Finding:
    what, _, way_out = finding.sentence.partition(": ")
    more = f"{other.count} of channel {other.channel}" if other.count else f"channel {other.channel}"
    return replace(
        finding,
        sentence=f"{what} (likewise {more}): {way_out}",
        count=finding.count + other.count if other.count else 0,
    )


def _way_out(finding: Finding) -> tuple[str, str, str]:
    """Returns what findings to be told together have in common; the way out stands behind the first colon."""
    _, colon, way_out = finding.sentence.partition(": ")
    return (finding.cause, finding.level, way_out) if colon else ("", "", finding.sentence)
