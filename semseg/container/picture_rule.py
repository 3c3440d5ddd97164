"""The one rule by which a job reads pictures; it goes into the model, for endpoints, transforms and exports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from semseg.container.splits import Split
from semseg.contract.environment import AUTO
from semseg.contract.hyperparameters import Hyperparameters
from semseg.data.pictures.picture_reading import PictureReading


def settled(hyperparameters: Hyperparameters, bits: int) -> Hyperparameters:
    """Returns the hyperparameters with a number as ``sample_bits``.

    Args:
        bits: that the pictures use, as far as they were looked at; taken where ``sample_bits`` is "auto".
    """
    return replace(hyperparameters, sample_bits=str(bits)) if hyperparameters.sample_bits == AUTO else hyperparameters


def give_rule(splits: Sequence[Split], hyperparameters: Hyperparameters) -> None:
    """Lets both halves read their images as the hyperparameters say."""
    for split in splits:
        split.dataset.reading = rule_of(hyperparameters)


def rule_of(hyperparameters: Hyperparameters) -> PictureReading:
    """Returns how a job with these hyperparameters reads images."""
    return PictureReading.of(hyperparameters.exif_orientation, hyperparameters.sample_bits)
