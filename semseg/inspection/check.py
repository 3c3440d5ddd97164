"""The public call that checks a data set as a job would, before there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from semseg.contract.environment import AUTO
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.rules import wire_form
from semseg.data.dataset_check import CheckedHalf, Half, HalfCheck, findings_together
from semseg.data.dataset_report import DatasetReport, in_order
from semseg.data.file_check import ReadFacts
from semseg.data.look.class_weights import class_weights, shares_of
from semseg.data.look.judgment import judge, resolved_sample_bits
from semseg.data.pictures.picture_reading import PictureReading
from semseg.inspection.class_shares import ClassShare
from semseg.inspection.data_folders import Data, HalfFolders, open_data
from semseg.inspection.inspected import Inspected
from semseg.inspection.looks import HalfLook
from semseg.inspection.suggestion import suggest, suggested_classes
from semseg.machine.facts import this_machine
from semseg.plumbing.teller import Printer, Teller

_UNKNOWN_CLASSES = 254  # while files are read: what is wrong with values is judged afterwards
_WORKERS = 4
_USED_OF_GPU = 0.9


def check(
    data: Data,
    num_classes: int | None = None,
    *,
    hyperparameters: Mapping[str, Any] | None = None,
    workers: int = _WORKERS,
    teller: Teller | None = None,
) -> Inspected:
    """Reads all files of a data set, and tells what a training job would say of it, what it holds, and what suits it.

    Args:
        data: the folder that holds the folders ``train``, ``train_annotation``, ``validation``,
            ``validation_annotation`` and, if there is one, ``label_map``; or a dictionary of these channels and their
            folders.
        num_classes: of the job; as suggested where it is not given, here and in ``hyperparameters``.
        hyperparameters: others of the job, by their names, such as ``algorithm`` and ``mini_batch_size``; those that
            are suggested need not be given.
        workers: threads that read.
        teller: shows how far it is; None prints a bar on a terminal and in a notebook.

    Returns:
        What was found. Print it, or ask it: ``is_refused`` says whether a job would be refused, ``report`` has the
        findings, ``suggestion`` has hyperparameters.

    Raises:
        ChannelError: a channel is missing or no folder of this machine, or a label map cannot be used.
        HyperparameterError: a hyperparameter is unknown or out of its range.
    """
    given = dict(hyperparameters or {})
    if num_classes is not None:
        given["num_classes"] = num_classes
    reading = _hyperparameters({"num_classes": _UNKNOWN_CLASSES, "num_training_samples": 1, **given})
    halves = open_data(data)
    looks = HalfLook(halves[0].channel), HalfLook(halves[1].channel)
    shown = Printer() if teller is None else teller
    checked = [_read(half, look, reading, workers, shown) for half, look in zip(halves, looks)]
    maps, memory = (halves[0].label_map, halves[1].label_map), _free_memory()
    classes = reading.num_classes if "num_classes" in given else suggested_classes(looks, maps)
    suggestion = suggest(looks[0].size_range(), len(checked[0].samples), classes, reading.backbone, memory)
    job = _settled(_hyperparameters({**suggestion.as_hyperparameters(), **given}), looks)
    findings = findings_together(*checked)
    findings += judge(*looks, maps, job, len(memory or [0]))
    report = DatasetReport(in_order(findings), _summaries(halves, checked, looks, classes), _left_out(halves, checked))
    sizes = {look.channel: look.size_range() for look in looks}
    return Inspected(report, _classes(looks, halves, classes), sizes, suggestion)


def _read(half: HalfFolders, look: HalfLook, job: Hyperparameters, workers: int, teller: Teller) -> CheckedHalf:
    bar = teller.bar("sample", half.channel, len(half.found.samples))
    try:
        facts = ReadFacts(PictureReading.of(job.exif_orientation, job.sample_bits))
        check_of_half = HalfCheck(facts, job.num_classes, workers, job.bad_samples)
        return check_of_half.run(Half(half.channel, half.found, half.label_map), look, bar.move)
    finally:
        bar.close()


def _settled(job: Hyperparameters, looks: tuple[HalfLook, HalfLook]) -> Hyperparameters:
    """Returns the hyperparameters with the bits of 16-bit samples that a job would settle on."""
    return replace(job, sample_bits=str(resolved_sample_bits(*looks))) if job.sample_bits == AUTO else job


def _summaries(
    halves: Sequence[HalfFolders], checked: Sequence[CheckedHalf], looks: Sequence[HalfLook], num_classes: int
) -> dict[str, dict[str, Any]]:
    return {
        half.channel: {"samples": len(read.samples), **look.summary(half.label_map, num_classes)}
        for half, read, look in zip(halves, checked, looks)
    }


def _left_out(halves: Sequence[HalfFolders], checked: Sequence[CheckedHalf]) -> dict[str, Sequence[str]]:
    return {half.channel: read.left_out for half, read in zip(halves, checked) if read.left_out}


def _hyperparameters(values: Mapping[str, Any]) -> Hyperparameters:
    return Hyperparameters.from_strings({name: wire_form(value) for name, value in values.items()})


def _free_memory() -> list[int] | None:
    """Returns the bytes that each device can give to training: the GPUs', or the machine's memory as one."""
    machine = this_machine()
    if machine.gpus:
        return [int(_USED_OF_GPU * gpu.memory) for gpu in machine.gpus]
    return None if machine.free_memory is None else [machine.free_memory]


def _classes(looks: Sequence[HalfLook], halves: Sequence[HalfFolders], num_classes: int) -> tuple[ClassShare, ...]:
    training, validation = (
        shares_of(look.class_pixels(half.label_map, num_classes)) for look, half in zip(looks, halves)
    )
    weights = class_weights(training)
    names = {**halves[1].names, **halves[0].names}
    return tuple(
        ClassShare(number, names.get(number, ""), *(float(each[number]) for each in (training, validation, weights)))
        for number in range(num_classes)
    )
