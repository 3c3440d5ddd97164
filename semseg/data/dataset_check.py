"""Checks all files of both halves of a data set in one run, and gives one report of all that is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from semseg.contract.bad_samples import FAIL
from semseg.contract.findings import Finding
from semseg.data.checks import value_problems
from semseg.data.file_check import Checked, Facts, FileCheck, Judge, Look, OnProgress
from semseg.data.file_faults import FileFault, folded
from semseg.data.labels.channel_colours import ChannelColours
from semseg.data.labels.label_map import LabelMap
from semseg.data.look.folding import told_once
from semseg.data.pictures.facts import MaskFacts
from semseg.data.samples import FoundSamples, Sample
from semseg.data.skipped import are_too_many, is_of_files, left_out


@dataclass(frozen=True)
class Half:
    """The training or the validation data of a job, in files that can be read before it.

    Attributes:
        channel: name of the channel of the images; that of the masks is the same with ``_annotation``.
        found: the samples, and what is told of the names.
    """

    channel: str
    found: FoundSamples
    label_map: LabelMap


@dataclass(frozen=True)
class CheckedHalf:
    """A half after its check.

    Attributes:
        samples: that can be used.
        findings: what is wrong with names and files.
        left_out: the names of the samples that are left out.
    """

    samples: Sequence[Sample]
    findings: Sequence[Finding]
    left_out: Sequence[str] = ()


def findings_together(training: CheckedHalf, validation: CheckedHalf) -> list[Finding]:
    """Returns what is wrong with the files of both halves; what is true of several files in each is told once."""
    single = [finding for finding in validation.findings if finding.count == 1]
    several = [finding for finding in validation.findings if finding.count != 1]
    return [*told_once(training.findings, several), *single]


@dataclass(frozen=True)
class HalfCheck:
    """How a half is checked.

    Args:
        facts: where the facts of its files come from.
        num_classes: of the job.
        workers: threads that read.
        bad_samples: "fail" refuses samples that are bad, "skip" leaves them out.
    """

    facts: Facts
    num_classes: int
    workers: int
    bad_samples: str = FAIL

    def run(self, half: Half, look: Look, progress: OnProgress) -> CheckedHalf:
        """Reads every file of a half once, those without a partner too.

        Args:
            look: which sums up what is seen of the samples that are used.
            progress: called with the number of samples that were read and of all, after each.
        """
        if self.bad_samples == FAIL:
            return CheckedHalf(half.found.samples, self._read(half, half.found, look, progress)[1])
        checked, findings = self._read(half, half.found, look, progress, self._judge_of(half))
        return self._without_bad(half, checked, findings, look)

    def _read(
        self, half: Half, found: FoundSamples, look: Look, progress: OnProgress, judge: Judge | None = None
    ) -> tuple[Checked, list[Finding]]:
        """Returns what reading the files of ``found``, all or some of the half's, shows to be wrong."""
        masks = f"{half.channel}_annotation"
        colours = ChannelColours(masks, half.label_map, self.num_classes)
        checked = FileCheck(half.channel, self.facts, look, colours, self.workers, judge).run(found, progress)
        counts = {
            half.channel: len(half.found.samples) + sum(apart.image is not None for apart in half.found.apart),
            masks: len(half.found.samples) + sum(apart.mask is not None for apart in half.found.apart),
        }
        findings = [*half.found.findings, *folded(checked.faults, counts), *colours.findings(counts[masks])]
        return checked, findings

    def _without_bad(self, half: Half, checked: Checked, findings: list[Finding], look: Look) -> CheckedHalf:
        found, channel, bad = half.found, half.channel, set(checked.bad)
        names = [found.samples[number].shown(channel)[0] for number in checked.bad]
        names += [apart.shown_name for apart in found.apart]
        samples = [sample for number, sample in enumerate(found.samples) if number not in bad]
        total = len(found.samples) + len(found.apart)
        if are_too_many(len(names), total):  # now the look is to see them, and tells what their masks have in common
            of_bad = FoundSamples([found.samples[number] for number in checked.bad], (), found.apart)
            _, findings = self._read(half, of_bad, look, lambda done, all_samples: None)
        if not all(map(is_of_files, found.findings)):
            return CheckedHalf(samples, findings, names)
        return CheckedHalf(samples, left_out(channel, total, names, findings), names)

    def _judge_of(self, half: Half) -> Judge:
        channel = f"{half.channel}_annotation"

        def judge(facts: MaskFacts, name: str) -> FileFault | None:
            for problem in value_problems(facts, half.label_map, self.num_classes, name):
                fault, _, way_out = problem.removeprefix(f"{name} ").rpartition(": ")
                return FileFault(channel, name, "value", problem, "cannot be used", fault, way_out)
            return None

        return judge
