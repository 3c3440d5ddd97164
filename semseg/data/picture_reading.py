"""How the pixels of a picture file are read: one rule for a job, its endpoints and its transforms."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PictureReading:
    """The rule by which pictures are read.

    Attributes:
        is_turned: whether a picture is turned and mirrored as its EXIF orientation says; else pixels stay as stored.
        sample_bits: how many bits of a 16-bit sample are used, 8 to 16: a sample of 2^sample_bits - 1 becomes 255.
    """

    is_turned: bool = False
    sample_bits: int = 16


AS_STORED = PictureReading()
