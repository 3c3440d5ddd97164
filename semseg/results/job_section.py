"""The parts of a report about the job: what it is, its hyperparameters, its speed and memory, what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from semseg.contract.hyperparameters import default_strings
from semseg.contract.job_progress import JobProgress
from semseg.plumbing.counted import counted, duration
from semseg.results.epoch_scores import EpochScores
from semseg.results.job_facts import JobFacts
from semseg.results.markup import paragraph, rows_table, section, wide
from semseg.results.tables import escaped

_GB = 1e9


def headline(facts: JobFacts) -> list[str]:
    """Returns sentences that say what was reported on, and how it ended."""
    lines = [] if facts.progress is None else [_what(facts.progress)]
    after = f" after {duration(facts.seconds)}" if facts.seconds is not None else ""
    reached = "" if facts.progress is None or not facts.progress.epochs else _reached(facts.progress)
    if facts.ending:
        lines.append(f"{facts.ending}{after}{reached}.")
    return lines


def job_section(facts: JobFacts, epochs: Sequence[EpochScores]) -> str:
    """Returns the hyperparameters that differ from the default, the speed and the memory."""
    return section("job", "Job", paragraph(_pace(facts, epochs)), _hyperparameters(facts.hyperparameters))


def next_section(commands: Mapping[str, str]) -> str:
    """Returns commands, each below the sentence that says what it does; "" without any."""
    parts = [f"{paragraph(told)}<pre>{escaped(command)}</pre>" for told, command in commands.items()]
    return section("next", "What next", *parts)


def differing(hyperparameters: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Returns the hyperparameters that differ from their default, each with its value and the default; "" stands for
    none.
    """
    defaults = default_strings()
    return {
        name: (value, defaults.get(name, "")) for name, value in hyperparameters.items() if value != defaults.get(name)
    }


def _what(job: JobProgress) -> str:
    pictures = [
        f"{counted(number, f'{half} picture')}"
        for number, half in ((job.training_pictures, "training"), (job.validation_pictures, "validation"))
        if number
    ]
    parts = [job.network, job.engine, counted(job.classes, "class", "classes"), " and ".join(pictures)]
    return ", ".join(part for part in parts if part)


def _reached(job: JobProgress) -> str:
    return f", {job.epoch} of {counted(job.epochs, 'epoch')}"


def _pace(facts: JobFacts, epochs: Sequence[EpochScores]) -> str:
    paces = [each.pictures_per_second for each in epochs if each.pictures_per_second is not None]
    seconds = [each.seconds for each in epochs if each.seconds is not None]
    parts = [
        f"{fmean(paces):.1f} pictures a second in training" if paces else "",
        f"{duration(fmean(seconds))} an epoch with scoring and saving" if seconds else "",
        f"{duration(facts.seconds)} in all" if facts.seconds is not None else "",
        f"at most {facts.peak_memory / _GB:.1f} GB of memory" if facts.peak_memory else "",
    ]
    told = "; ".join(part for part in parts if part)
    return f"{told[:1].upper()}{told[1:]}." if told else ""


def _hyperparameters(given: Mapping[str, str]) -> str:
    if not given:
        return ""
    rows = [
        [f"<code>{escaped(name)}</code>", escaped(value), escaped(default) or '<span class="soft">none</span>']
        for name, (value, default) in sorted(differing(given).items())
    ]
    title = "<h3>Hyperparameters that differ from the default</h3>"
    if not rows:
        return title + paragraph("None.")
    return title + wide("hyperparameters", rows_table(["name", "value", "default"], rows))
