"""How good a model is on a set of pictures: what ``evaluation.json`` holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from semseg.results.confusion_matrix import ConfusionMatrix

EVALUATION = "evaluation.json"
WHOLE_PICTURES, CROPS = "whole pictures", "crops"  # what scores are measured on


@dataclass(frozen=True)
class ClassScores:
    """The scores of one class, 0 to 1; None where they are not defined.

    Attributes:
        number: the class.
        name: as the label map names it; "" where it does not.
        iou: hits, divided by the pixels that are labelled or predicted as the class.
        precision: the share of the pixels predicted as the class that are of it.
        recall: the share of the pixels of the class that are predicted as it.
        dice: twice the hits, divided by labelled and predicted pixels together.
        labelled_pixels: how many pixels are of the class.
    """

    number: int
    name: str
    iou: float | None
    precision: float | None
    recall: float | None
    dice: float | None
    labelled_pixels: int


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How good a model is on a set of pictures. Printed, it is a table of the classes; a notebook shows it as HTML.

    Attributes:
        matrix: the counts that all scores are made from.
        names: of those classes that have one.
        scored_on: "whole pictures" or "crops".
        pictures: how many were scored; None where it is not known.
        colours: of those classes that a label map gives one, as (red, green, blue), 0 to 255.
    """

    matrix: ConfusionMatrix
    names: Mapping[int, str] = field(default_factory=dict)
    scored_on: str = WHOLE_PICTURES
    pictures: int | None = None
    colours: Mapping[int, tuple[int, int, int]] = field(default_factory=dict)

    @classmethod
    def of_matrix(
        cls,
        matrix: ConfusionMatrix,
        names: Mapping[int, str] | None = None,
        scored_on: str = WHOLE_PICTURES,
        pictures: int | None = None,
        colours: Mapping[int, tuple[int, int, int]] | None = None,
    ) -> Evaluation:
        """Returns the evaluation that these counts make."""
        return cls(matrix, dict(names or {}), scored_on, pictures, dict(colours or {}))

    @classmethod
    def from_file(cls, path: Path) -> Evaluation:
        """Returns what an ``evaluation.json`` holds, of an older version too.

        Raises:
            FileNotFoundError: there is no such file.
            PlatformError: it is damaged.
        """
        raise NotImplementedError

    @property
    def mean_iou(self) -> float:
        """The mean IoU of the classes that occur in truth or prediction, 0 to 1."""
        return self.matrix.mean_iou()

    @property
    def pixel_accuracy(self) -> float:
        """The share of the labelled pixels that are right, 0 to 1."""
        return self.matrix.pixel_accuracy()

    @property
    def frequency_weighted_iou(self) -> float:
        """The mean IoU in which each class counts as much as it has labelled pixels, 0 to 1."""
        return self.matrix.frequency_weighted_iou()

    @property
    def mean_dice(self) -> float:
        """The mean Dice coefficient of the classes that occur in truth or prediction, 0 to 1."""
        return self.matrix.mean_dice()

    @property
    def classes(self) -> tuple[ClassScores, ...]:
        """The scores of each class, in the order of their numbers."""
        raise NotImplementedError

    def content(self) -> dict[str, Any]:
        """Returns what ``evaluation.json`` holds: ratios from 0 to 1, pixels as counts, None where not defined."""
        raise NotImplementedError

    def write(self, path: Path) -> None:
        """Writes ``evaluation.json``, whole."""
        raise NotImplementedError

    def __str__(self) -> str:
        raise NotImplementedError

    def _repr_html_(self) -> str:
        raise NotImplementedError
