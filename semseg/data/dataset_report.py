"""What was found in the data of a job, or of a data set that no job has yet."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from semseg.contract.findings import LEVELS, NOTED, REFUSED, WARNED, Finding
from semseg.plumbing.counted import counted

FILE_NAME = "dataset.json"  # of the report, among a job's other results
LEFT_OUT = "left_out"  # its key with the samples that are left out
_TITLES = {REFUSED: "Refused", WARNED: "Warned of", NOTED: "Noted"}


@dataclass(frozen=True)
class DatasetReport:
    """What the check of a data set found; printed, it is text for people.

    Attributes:
        findings: what is to be known, the most important first: what refuses a job, then what it warns of, then what
            is noted; of one level first what is true of a whole channel, then what is true of the most files.
        channels: of each channel of images the number of samples ("samples") and what the look at them summed up.
        left_out: of each channel of images the names of the samples that are left out because they are bad; empty
            lists where none is.
    """

    findings: Sequence[Finding]
    channels: Mapping[str, Mapping[str, Any]]
    left_out: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def refused(self) -> list[Finding]:
        """What ends a job before training."""
        return self.of_level(REFUSED)

    @property
    def warned(self) -> list[Finding]:
        """What a job's log warns of."""
        return self.of_level(WARNED)

    @property
    def noted(self) -> list[Finding]:
        """What is told in the report alone."""
        return self.of_level(NOTED)

    def of_level(self, level: str) -> list[Finding]:
        """Returns the findings of one level."""
        return [finding for finding in self.findings if finding.level == level]

    def to_json(self) -> dict[str, Any]:
        """Returns the report as the file ``dataset.json`` has it."""
        return {
            **{level: len(self.of_level(level)) for level in LEVELS},
            "findings": [{**asdict(finding), "files": list(finding.files)} for finding in self.findings],
            "channels": {name: dict(summary) for name, summary in self.channels.items()},
            LEFT_OUT: {name: list(names) for name, names in self.left_out.items()},
        }

    def __str__(self) -> str:
        lines = []
        for channel, summary in self.channels.items():
            lines.append(f"Channel {channel}: {counted(int(summary['samples']), 'sample')}")
            lines += [f"  {name}: {_shown(value)}" for name, value in summary.items() if name != "samples"]
            lines += [f"  left out: {name}" for name in self.left_out.get(channel, ())]
        for level in LEVELS:
            found = self.of_level(level)
            lines += [f"{_TITLES[level]}:", *(f"- {finding.sentence}" for finding in found)] if found else []
        return "\n".join(lines if self.findings else [*lines, "Nothing was found that is to be told."])


def in_order(findings: Sequence[Finding]) -> list[Finding]:
    """Returns findings in the order of :class:`DatasetReport`."""
    return sorted(findings, key=lambda finding: (LEVELS.index(finding.level), finding.count > 0, -finding.count))


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
