"""Samples that cannot be used, where a job leaves them out instead of ending."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from semseg.contract.bad_samples import MOST_SKIPPED, SKIP
from semseg.contract.findings import REFUSED, WARNED, Finding
from semseg.plumbing.counted import counted

SHOWN_NAMES = 20  # of samples that are left out, in the log

# What is true of single files: they have no partner, or are no pictures that the channel may have.
_OF_FILES = ("no-mask", "no-image", "foreign-suffix")


def left_out(channel: str, total: int, bad: Sequence[str], findings: Sequence[Finding]) -> list[Finding]:
    """Returns what is told of one half, where its bad samples are left out.

    Args:
        channel: name of the channel of the images.
        total: the number of its samples, with those that are bad.
        bad: the names of those that are bad.
        findings: what is wrong with them, and with files that are not even half a sample.
    """
    if not bad:  # foreign files are no samples
        foreign = sum(finding.count for finding in findings)
        return list(findings) if are_too_many(foreign, total) else list(map(_excused, findings))
    if are_too_many(len(bad), total):
        sentence = (
            f"channel {channel} has {counted(len(bad), 'bad sample')} of {total}, and bad_samples {SKIP} leaves out at "
            f"most {100 * MOST_SKIPPED:.0f} % of a channel: mend what is told of them"
        )
        return [Finding(REFUSED, "too-many-bad-samples", channel, sentence), *findings]
    more = f" and {len(bad) - SHOWN_NAMES} more" if len(bad) > SHOWN_NAMES else ""
    sentence = (
        f"{len(bad)} of {counted(total, 'sample')} of channel {channel} {'is' if len(bad) == 1 else 'are'} left out, "
        f"because bad_samples is {SKIP}: {', '.join(bad[:SHOWN_NAMES])}{more}"
    )
    return [Finding(WARNED, "left-out", channel, sentence, len(bad), tuple(bad)), *map(_excused, findings)]


def are_too_many(bad: int, total: int) -> bool:
    """Returns whether so many bad samples of a channel may not be left out."""
    return bad > MOST_SKIPPED * total


def is_of_files(finding: Finding) -> bool:
    """Returns whether what is told of names in a channel is true of single files, which can be left out."""
    return finding.cause in _OF_FILES


def _excused(finding: Finding) -> Finding:
    return replace(finding, level=WARNED) if finding.level == REFUSED else finding
