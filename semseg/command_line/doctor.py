"""``semseg doctor``: what this machine has, and what stands in an engine's way."""

from __future__ import annotations

from dataclasses import asdict

from semseg.command_line.verb import Work, verb
from semseg.doctor import machine_report


@verb
def doctor(work: Work) -> int:
    """Say what this machine has, what stands in the way of each engine, and the way out of it.

    Ends with exit code 1 where no engine can train here.
    """
    report = machine_report()
    content = {
        "Facts": report.facts,
        "Problems": [asdict(problem) for problem in report.problems],
        "EnginesThatTrain": report.able,
    }
    work.output.answer(content, str(report))
    return 0 if report.runs_jobs else 1
