"""The classes of a data set: how much of the pixels each has, and what weight would balance them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ClassShare:
    """One class of a data set.

    Attributes:
        number: the class.
        name: as the label map names it; "" where it does not.
        training: its share of the training pixels that have a class, 0 to 1.
        validation: likewise.
        weight: 1 / sqrt(training), scaled so that the mean over all these pixels is 1; 0.0 where no training pixel has
            the class.
    """

    number: int
    name: str
    training: float
    validation: float
    weight: float
