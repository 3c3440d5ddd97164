"""How the pixels of a picture file are read: one rule for a job, its endpoints and its transforms."""

from __future__ import annotations

from dataclasses import dataclass

from semseg.contract.environment import AUTO
from semseg.contract.hyperparameters import APPLY_ORIENTATION

ALL_BITS = 16


@dataclass(frozen=True)
class PictureReading:
    """The rule by which pictures are read.

    Attributes:
        is_turned: whether a picture is turned and mirrored as its EXIF orientation says; else pixels stay as stored.
        sample_bits: how many bits of a 16-bit sample are used, 8 to 16: a sample of 2^sample_bits - 1 becomes 255.
    """

    is_turned: bool = False
    sample_bits: int = ALL_BITS

    @classmethod
    def of(cls, exif_orientation: str, sample_bits: str) -> PictureReading:
        """Returns the rule that the hyperparameters of these names give; "auto" stands for all 16 bits."""
        return cls(exif_orientation == APPLY_ORIENTATION, ALL_BITS if sample_bits == AUTO else int(sample_bits))


AS_STORED = PictureReading()
