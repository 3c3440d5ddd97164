"""What is wrong with the lines of a manifest: each cause is told once, with the numbers of its lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from semseg.contract.findings import REFUSED, SHOWN_FILES, Finding

SHOWN_RUNS = 5  # of lines that follow one another
LEAVE_OUT = ("leave this line out", "leave these lines out")


@dataclass
class _Fault:
    seen: str  # on the first of its lines
    lines: list[int] = field(default_factory=list)


class LineFaults:
    """Collects the lines of one manifest that cannot be used.

    Attributes:
        lines: how many there are in all.
    """

    def __init__(self, name: str, channel: str, lines: int = 0) -> None:
        self.lines = lines
        self._name = name
        self._channel = channel
        self._found: dict[tuple[str, str], _Fault] = {}

    def add(self, cause: str, number: int, seen: str, about: str = "") -> None:
        """Notes a line; ``about`` is what of it is wrong, ``seen`` a part of the sentence."""
        self._found.setdefault((cause, about), _Fault(seen)).lines.append(number)

    def told(
        self, cause: str, words: tuple[str, str], way_out: str = "", about: str = "", way_out_of_all: str = ""
    ) -> list[Finding]:
        """Returns the finding of one cause; none where no line has it.

        Args:
            words: what is wrong, of one line and of several: "has no ..." and "have no ...".
            way_out: "" means that the lines are to be left out.
            way_out_of_all: the same, where no line is without the fault.
        """
        fault = self._found.get((cause, about))
        if fault is None:
            return []
        count = len(fault.lines)
        way_out = (way_out_of_all if count == self.lines else "") or way_out or LEAVE_OUT[count > 1]
        whole = f"{count} of {self.lines} line{'s' * (self.lines != 1)} of {self._name}"
        sentence = f"{whole} {words[count > 1]} ({shown_lines(fault.lines)}; {fault.seen}): {way_out}"
        files = tuple(f"line {number} of {self._name}" for number in fault.lines[:SHOWN_FILES])
        return [Finding(REFUSED, cause, self._channel, sentence, count, files)]


def shown_lines(numbers: Sequence[int]) -> str:
    """Returns how a sentence names lines, given in rising order: "lines 2 to 9, 12 and 80 more"."""
    runs = _runs(numbers)
    shown = [_shown_run(run) for run in runs[:SHOWN_RUNS]]
    more = sum(len(run) for run in runs[SHOWN_RUNS:])
    last = f"{more} more" if more else shown.pop()
    return f"line{'s' * (len(numbers) > 1)} " + (f"{', '.join(shown)} and {last}" if shown else last)


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    """Returns the numbers, those that follow one another together; two alone are no run."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return [part for run in runs for part in ([run] if len(run) > 2 else [[number] for number in run])]


def _shown_run(run: Sequence[int]) -> str:
    return str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}"
