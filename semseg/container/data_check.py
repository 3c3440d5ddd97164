"""The check of a job's data before training: all files of both halves in one run, and one report of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from semseg.container.picture_rule import give_rule, rule_of, settled
from semseg.container.splits import Split
from semseg.contract.bad_samples import check_bad_samples
from semseg.contract.channels import FAST_FILE, PIPE
from semseg.contract.class_weights import check_class_weights
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.job_directory import JobDirectory
from semseg.contract.problems import raise_refused
from semseg.data.dataset import Dataset, UncheckedDataset
from semseg.data.dataset_check import CheckedHalf, Half, HalfCheck, findings_together
from semseg.data.dataset_report import FILE_NAME, LEFT_OUT, DatasetReport, in_order
from semseg.data.file_check import ReadFacts
from semseg.data.kept_facts import FactStore, KeptFacts
from semseg.data.look.channel_look import ChannelLook
from semseg.data.look.judgment import judge, resolved_sample_bits
from semseg.data.pictures.picture_reading import ALL_BITS, PictureReading
from semseg.engines.group import Group, from_first
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
    devices: int,
    facts_folder: str | None = None,
) -> tuple[tuple[Split, Split], Hyperparameters]:
    """Checks a job's data in rank 0 of its processes, and settles how pictures are read.

    Returns:
        The halves without the samples that are left out, and the hyperparameters with a number as ``sample_bits``.

    Args:
        results: where this process writes its results.
        devices: that share each batch.
        facts_folder: where the facts of files that do not change are kept; None keeps none.

    Raises:
        ChannelError: in rank 0, naming everything that is wrong.
        GroupEnded: in the others then.
    """
    path = results.output_data / FILE_NAME
    if group.rank == 0:
        check = DataCheck(results, hyperparameters, workers, log, devices, facts_folder)
        splits, hyperparameters = check.run(splits)
    copied = copy_from_first(path, path, group)
    if group.rank > 0 and copied is not None:
        splits = _without_all(splits, read_json(copied)[LEFT_OUT])
    hyperparameters = settled(hyperparameters, from_first(rule_of(hyperparameters).sample_bits, group))
    give_rule(splits, hyperparameters)
    return splits, hyperparameters


class DataCheck:
    """The check of a job's data.

    Args:
        directory: of the job; the report goes to its output.
        workers: threads that read.
        log: is warned of what does not end the job.
        devices: that share each batch.
        facts_folder: where the facts of files that do not change are kept; None keeps none.
    """

    def __init__(
        self,
        directory: JobDirectory,
        hyperparameters: Hyperparameters,
        workers: int,
        log: JobLog,
        devices: int = 1,
        facts_folder: str | None = None,
    ) -> None:
        self.directory = directory
        self.hyperparameters = hyperparameters
        self.workers = workers
        self.log = log
        self.devices = devices
        self.store = None if facts_folder is None else FactStore(Path(facts_folder))

    def run(self, splits: tuple[Split, Split]) -> tuple[tuple[Split, Split], Hyperparameters]:
        """Reads every file of both halves before training begins, and writes the report.

        Pictures that come in a stream or are read on demand are not opened: they are checked when they are read.

        Returns:
            As :func:`checked_splits`.

        Raises:
            ChannelError: naming everything that is wrong; the log and the report have the whole of it.
        """
        modes = _late_modes(splits)
        check_bad_samples(self.hyperparameters.bad_samples, modes)
        check_class_weights(self.hyperparameters.class_weights, modes)
        looks = ChannelLook(splits[0].channel), ChannelLook(splits[1].channel)
        halves = [self._checked(split, look) for split, look in zip(splits, looks)]
        for split in splits:
            for line in split.label_map.table_lines(self.hyperparameters.num_classes):
                self.log.info(f"label map {split.channel}: {line}")
        findings = findings_together(*halves)
        maps = splits[0].label_map, splits[1].label_map
        given = settled(self.hyperparameters, _bits_of(splits, looks))
        findings += judge(*looks, maps, given, self.devices)
        left_out = {split.channel: half.left_out for split, half in zip(splits, halves) if half.left_out}
        self._tell(DatasetReport(in_order(findings), self._summaries(splits, halves, looks), left_out))
        return _without_all(splits, left_out), given

    def _checked(self, split: Split, look: ChannelLook) -> CheckedHalf:
        if not _is_read_before(split):
            self.log.info(f"Samples of channel {split.channel} are checked as they come.")
            return CheckedHalf(split.found.samples, split.found.findings)

        def progress(done: int, total: int) -> None:
            if done % max(total // 10, 100) == 0 or done == total:
                self.log.info(f"Checked {done} of {counted(total, 'sample')} of channel {split.channel}.")

        given = self.hyperparameters
        keeper = split.dataset.kept if isinstance(split.dataset, Dataset) else None
        read = ReadFacts(PictureReading(rule_of(given).is_turned), keeper)
        kept = None if self.store is None else KeptFacts(self.store, read, repr(read))
        check = HalfCheck(kept or read, given.num_classes, self.workers, given.bad_samples)
        checked = check.run(Half(split.channel, split.found, split.label_map), look, progress)
        if self.store is not None and kept is not None:
            self.store.save()
            self._tell_of_known(kept.known, split.channel)
        return checked

    def _tell_of_known(self, known: int, channel: str) -> None:
        if known:
            files = counted(known, "file")
            self.log.info(
                f"{files} of channel {channel}, or its masks, are known from an earlier job and did not change."
            )

    def _summaries(
        self, splits: Sequence[Split], halves: Sequence[CheckedHalf], looks: Sequence[ChannelLook]
    ) -> dict[str, dict[str, Any]]:
        return {
            split.channel: {
                "samples": len(half.samples),
                **look.summary(split.label_map, self.hyperparameters.num_classes),
            }
            for split, half, look in zip(splits, halves, looks)
            if _is_read_before(split)
        }

    def _tell(self, report: DatasetReport) -> None:
        path = self.directory.output_data / FILE_NAME
        path.parent.mkdir(parents=True, exist_ok=True)
        write_public_json(path, report.to_json())
        raise_refused(report.refused, str(path))
        for finding in report.warned:
            self.log.warning(finding.sentence)


def _late_modes(splits: Sequence[Split]) -> dict[str, str]:
    """Returns the halves whose files are read during training, with their input mode."""
    late = [split for split in splits if not _is_read_before(split)]
    return {split.channel: FAST_FILE if isinstance(split.dataset, Dataset) else PIPE for split in late}


def _is_read_before(split: Split) -> bool:
    """Returns whether the files of a half are read before training."""
    return isinstance(split.dataset, Dataset) and not isinstance(split.dataset, UncheckedDataset)


def _bits_of(splits: Sequence[Split], looks: tuple[ChannelLook, ChannelLook]) -> int:
    """Returns the bits that 16-bit pictures use; 16 where they are not all looked at before training."""
    return resolved_sample_bits(*looks) if all(map(_is_read_before, splits)) else ALL_BITS


def _without_all(splits: tuple[Split, Split], left_out: Mapping[str, Sequence[str]]) -> tuple[Split, Split]:
    return _without(splits[0], left_out), _without(splits[1], left_out)


def _without(split: Split, left_out: Mapping[str, Sequence[str]]) -> Split:
    """Returns a half without its samples that are left out."""
    names, dataset = frozenset(left_out.get(split.channel, ())), split.dataset
    if not names or not isinstance(dataset, Dataset):
        return split
    samples = [sample for sample in dataset.samples if sample.shown(split.channel)[0] not in names]
    fewer = Dataset(samples, split.label_map, dataset.num_classes, split.channel)
    fewer.kept = dataset.kept
    return Split(split.channel, fewer, split.found)
