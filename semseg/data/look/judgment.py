"""Judges what was seen in the data of a job, before it trains: everything once, the worst first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

import numpy as np

from semseg.contract.environment import AUTO
from semseg.contract.findings import LEVELS, REFUSED, Finding
from semseg.contract.hyperparameters import Hyperparameters
from semseg.data.labels.class_names import name_findings
from semseg.data.labels.label_map import LabelMap
from semseg.data.look.batch_norm import lonely_samples
from semseg.data.look.channel_look import ChannelLook
from semseg.data.look.class_presence import unscored_classes, untaught_classes
from semseg.data.look.folding import told_once
from semseg.data.look.ignored import ignored_findings
from semseg.data.look.index_colours import IndexColours
from semseg.data.look.mask_values import MaskValues
from semseg.data.look.one_class import one_class
from semseg.data.look.same_pictures import in_both
from semseg.data.look.sample_bits import bits_together
from semseg.data.look.smoothed_masks import SMOOTHED, smoothed_finding
from semseg.data.look.value_findings import are_others_wrong, value_findings
from semseg.data.pictures.picture_reading import PictureReading


def judge(
    training: ChannelLook,
    validation: ChannelLook,
    maps: tuple[LabelMap, LabelMap],
    hyperparameters: Hyperparameters,
    devices: int,
) -> list[Finding]:
    """Returns all that is to be said of a job's data, those that refuse it first, then warnings, then notes.

    Args:
        training: all training samples.
        validation: all validation samples.
        maps: the label maps of both.
        devices: that share each batch.
    """
    classes = hyperparameters.num_classes
    reading = _reading(hyperparameters, training, validation)
    scored = maps[1].classes(classes, validation.values.present)
    of_training = training_masks(training, maps[0], classes, scored)
    of_validation: Iterable[Finding] = ()
    if not _is_told(of_training, training, validation, maps):
        taught = maps[0].classes(classes, training.values.present)
        of_validation = _validation_masks(validation, maps[1], classes, taught)
    found = told_once(
        [*of_training, *_pictures(training, reading)],
        [*of_validation, *_pictures(validation, reading)],
    )
    found += _given(IndexColours.together([training.colours, validation.colours]).finding(training.masks_channel))
    found += _given(in_both(training.pictures, validation.pictures, validation.channel))
    found += name_findings(maps[0].names, maps[1].names, classes)
    found += _given(lonely_samples(hyperparameters, devices))
    return sorted(found, key=lambda finding: LEVELS.index(finding.level))


def judge_late(look: ChannelLook, label_map: LabelMap, num_classes: int, reading: PictureReading) -> list[Finding]:
    """Returns what is to be said of training data that are read during training, after all of them were, those that end
    the job first.

    Args:
        reading: how its pictures are read.
    """
    found = [
        *training_masks(look, label_map, num_classes),
        *_pictures(look, reading),
        *_given(look.colours.finding(look.masks_channel)),
    ]
    return sorted(found, key=lambda finding: LEVELS.index(finding.level))


def findings_of(look: ChannelLook, label_map: LabelMap, num_classes: int, reading: PictureReading) -> list[Finding]:
    """Returns what is to be said of the validation data alone, where there is no training data.

    Args:
        reading: how its pictures are read.
    """
    return [*_validation_masks(look, label_map, num_classes, ()), *_pictures(look, reading)]


def resolved_sample_bits(training: ChannelLook, validation: ChannelLook) -> int:
    """Returns how many bits of 16-bit samples a job reads whose hyperparameter sample_bits is auto: 8, 10, 12, 14 or
    16, the fewest that hold the highest sample of both halves.
    """
    return bits_together(training.bits, validation.bits)


def training_masks(
    look: ChannelLook, label_map: LabelMap, num_classes: int, scored: Collection[int] = ()
) -> list[Finding]:
    """Returns what is said of the values of training masks.

    Args:
        scored: the classes that validation masks hold.
    """
    values, channel = look.values, look.masks_channel
    if not values.masks:
        return []
    found = wrong_values(look, values, label_map, num_classes)
    if not any(finding.cause == SMOOTHED for finding in found):
        alone = one_class(values, label_map, num_classes, channel)
        if alone is not None:
            return [alone]
    if not found:
        found += _given(untaught_classes(values, label_map, num_classes, channel, scored))
    return [*found, *ignored_findings(values, label_map, channel)]


def _validation_masks(
    look: ChannelLook, label_map: LabelMap, num_classes: int, taught: Collection[int]
) -> list[Finding]:
    """Returns what is said of the values of validation masks; ``taught`` are the classes that training masks hold."""
    values, channel = look.values, look.masks_channel
    if not values.masks:
        return []
    found = wrong_values(look, values, label_map, num_classes)
    if not found:
        found += _given(unscored_classes(values, label_map, num_classes, channel, taught))
    return [*found, *ignored_findings(values, label_map, channel)]


def wrong_values(look: ChannelLook, values: MaskValues, label_map: LabelMap, num_classes: int) -> list[Finding]:
    """Returns the refusals of pixel values that are no classes: of smoothed masks for what they are, and not for each
    of their values.

    Args:
        values: of all masks of the look.
    """
    channel = look.masks_channel
    smoothed = smoothed_finding(look.smoothed, look.plain, label_map, num_classes, channel)
    if smoothed is None:
        return value_findings(values, label_map, num_classes, channel)
    # Masks with few edges do not look smoothed; what is wrong with them is told with the others.
    if not are_others_wrong(look.plain, label_map, num_classes, look.smoothed.at_edges_alone):
        return [smoothed]
    return [smoothed, *value_findings(look.plain, label_map, num_classes, channel, values.masks)]


def _is_told(
    found: Iterable[Finding], training: ChannelLook, validation: ChannelLook, maps: tuple[LabelMap, LabelMap]
) -> bool:
    """Returns whether what is said of the values of training masks is said of those of validation masks too: the job is
    refused for one class, and they have the same label map and no other values.
    """
    is_one_class = any(finding.level == REFUSED and finding.cause == "one-class" for finding in found)
    is_same_map = np.array_equal(maps[0].table, maps[1].table) and np.array_equal(maps[0].known, maps[1].known)
    return is_one_class and is_same_map and not (validation.values.present & ~training.values.present).any()


def _reading(hyperparameters: Hyperparameters, training: ChannelLook, validation: ChannelLook) -> PictureReading:
    """Returns how a job reads its pictures."""
    reading = PictureReading.of(hyperparameters.exif_orientation, hyperparameters.sample_bits)
    if hyperparameters.sample_bits != AUTO:
        return reading
    return replace(reading, sample_bits=resolved_sample_bits(training, validation))


def _pictures(look: ChannelLook, reading: PictureReading) -> Iterator[Finding]:
    """Yields what is said of the files of one half apart from the classes of their pixels."""
    yield from look.orientations.findings(look.channel, reading.is_turned)
    yield from look.bits.findings(look.channel, reading.sample_bits)
    yield from _given(look.pictures.finding(look.channel))


def _given(finding: Finding | None) -> Iterable[Finding]:
    return () if finding is None else (finding,)
