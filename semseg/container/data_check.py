"""The check of a job's data before training: all files of both halves in one run, and one report of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from semseg.container.class_check import judge_classes
from semseg.container.splits import Split
from semseg.contract.findings import REFUSED, WARNED, Finding
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.job_directory import JobDirectory
from semseg.contract.problems import raise_refused
from semseg.data.checks import value_problems
from semseg.data.dataset import Dataset, UncheckedDataset
from semseg.data.dataset_check import CheckedHalf, Half, HalfCheck
from semseg.data.dataset_report import FILE_NAME, LEFT_OUT, DatasetReport, in_order
from semseg.data.facts import ImageFacts, MaskFacts
from semseg.data.file_check import ReadFacts
from semseg.data.label_map import LabelMap
from semseg.data.mask_values import MaskValues
from semseg.engines.group import Group
from semseg.plumbing.counted import counted
from semseg.plumbing.json_file import read_json, write_public_json
from semseg.training.copied_files import copy_from_first
from semseg.training.job_log import JobLog


def checked_splits(
    splits: tuple[Split, Split],
    results: JobDirectory,
    hyperparameters: Hyperparameters,
    workers: int,
    log: JobLog,
    group: Group,
) -> tuple[Split, Split]:
    """Checks a job's data in rank 0 of its processes, and returns the halves without the samples that are left out.

    Args:
        results: where this process writes its results.

    Raises:
        ChannelError: in rank 0, naming everything that is wrong.
        GroupEnded: in the others then.
    """
    path = results.output_data / FILE_NAME
    if group.rank == 0:
        splits = DataCheck(results, hyperparameters, workers, log).run(splits)
    copied = copy_from_first(path, path, group)
    if group.rank == 0 or copied is None:
        return splits
    left_out = read_json(copied)[LEFT_OUT]
    return splits if not left_out else (_without(splits[0], left_out), _without(splits[1], left_out))


class ValuesLook:
    """What the masks of a half hold."""

    def __init__(self, channel: str, label_map: LabelMap, num_classes: int) -> None:
        self.values = MaskValues()
        self.channel = channel
        self.label_map = label_map
        self.num_classes = num_classes
        self.problems: list[Finding] = []

    def add(self, names: tuple[str, str], image: ImageFacts | None, mask: MaskFacts | None) -> None:
        """Counts the values of one mask."""
        self.values.add(None if mask is None else mask.counts)
        if mask is not None:
            found = value_problems(mask.counts, self.label_map, self.num_classes, names[1])
            masks = f"{self.channel}_annotation"
            self.problems += [Finding(REFUSED, "values", masks, problem, 1, (names[1],)) for problem in found]

    def judge(self) -> list[Finding]:
        """Returns what is wrong with the values of all masks."""
        refused, warned = judge_classes(self.channel, self.values, self.label_map, self.num_classes)
        levels = {REFUSED: refused, WARNED: warned}
        found = [Finding(level, "classes", self.channel, said) for level, several in levels.items() for said in several]
        return [*found, *self.problems]


class DataCheck:
    """The check of a job's data.

    Args:
        directory: of the job; the report goes to its output.
        workers: threads that read.
        log: is warned of what does not end the job.
    """

    def __init__(self, directory: JobDirectory, hyperparameters: Hyperparameters, workers: int, log: JobLog) -> None:
        self.directory = directory
        self.hyperparameters = hyperparameters
        self.workers = workers
        self.log = log

    def run(self, splits: tuple[Split, Split]) -> tuple[Split, Split]:
        """Reads every file of both halves before training begins, and writes the report.

        Pictures that come in a stream or are read on demand are not opened: they are checked when they are read.

        Returns:
            The halves without the samples that are left out.

        Raises:
            ChannelError: naming everything that is wrong; the log and the report have the whole of it.
        """
        looks = [ValuesLook(split.channel, split.label_map, self.hyperparameters.num_classes) for split in splits]
        halves = [self._checked(split, look) for split, look in zip(splits, looks)]
        findings = [finding for half in halves for finding in half.findings]
        for split, look in zip(splits, looks):
            findings += look.judge() if _is_read_before(split) else []
            for line in split.label_map.table_lines(self.hyperparameters.num_classes):
                self.log.info(f"label map {split.channel}: {line}")
        self._tell(DatasetReport(in_order(findings), _summaries(splits, halves), _left_out(splits, halves)))
        left_out = _left_out(splits, halves)
        return _without(splits[0], left_out), _without(splits[1], left_out)

    def _checked(self, split: Split, look: ValuesLook) -> CheckedHalf:
        if not _is_read_before(split):
            self.log.info(f"Samples of channel {split.channel} are checked as they come.")
            return CheckedHalf(split.found.samples, split.found.findings)

        def progress(done: int, total: int) -> None:
            if done % max(total // 10, 100) == 0 or done == total:
                self.log.info(f"Checked {done} of {counted(total, 'sample')} of channel {split.channel}.")

        given = self.hyperparameters
        check = HalfCheck(ReadFacts(), given.num_classes, self.workers, bad_samples=given.bad_samples)
        return check.run(Half(split.channel, split.found, split.label_map), look, progress)

    def _tell(self, report: DatasetReport) -> None:
        path = self.directory.output_data / FILE_NAME
        path.parent.mkdir(parents=True, exist_ok=True)
        write_public_json(path, report.to_json())
        raise_refused(report.refused, str(path))
        for finding in report.warned:
            self.log.warning(finding.sentence)


def _is_read_before(split: Split) -> bool:
    """Returns whether the files of a half are read before training."""
    return isinstance(split.dataset, Dataset) and not isinstance(split.dataset, UncheckedDataset)


def _summaries(splits: Sequence[Split], halves: Sequence[CheckedHalf]) -> dict[str, dict[str, int]]:
    return {split.channel: {"samples": len(half.samples)} for split, half in zip(splits, halves)}


def _left_out(splits: Sequence[Split], halves: Sequence[CheckedHalf]) -> dict[str, Sequence[str]]:
    return {split.channel: half.left_out for split, half in zip(splits, halves) if half.left_out}


def _without(split: Split, left_out: Mapping[str, Sequence[str]]) -> Split:
    """Returns a half without its samples that are left out."""
    names, dataset = frozenset(left_out.get(split.channel, ())), split.dataset
    if not names or not isinstance(dataset, Dataset):
        return split
    samples = [sample for sample in dataset.samples if sample.shown(split.channel)[0] not in names]
    return Split(split.channel, Dataset(samples, split.label_map, dataset.num_classes, split.channel), split.found)
