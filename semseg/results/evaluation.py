"""How good a model is on a set of pictures: what ``evaluation.json`` holds, and what people see of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from semseg.contract.environment import PLAIN
from semseg.drawing.class_colours import Colour, hex_colour
from semseg.plumbing.json_file import broken, read_object, write_public_json
from semseg.results.boundary_iou import BoundaryCounts
from semseg.results.calibration import CalibrationCounts
from semseg.results.confusion_matrix import ConfusionMatrix
from semseg.results.score_counts import ScoreCounts
from semseg.results.tables import escaped, html_table, text_table

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
        boundary_iou: the IoU of the pixels near the class's contours.
        labelled_pixels: how many pixels are of the class.
    """

    number: int
    name: str
    iou: float | None
    precision: float | None
    recall: float | None
    dice: float | None
    boundary_iou: float | None
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
        boundary: the counts of pixels near contours; None where they were not counted.
        calibration: the counts of confidences; None where they are not known.
        test_time_augmentation: "none", "flip" or "multiscale"; None where it is not known.
        plain_mean_iou: the mean IoU of the same pictures without test-time augmentation; None where that was not
            measured beside it.
    """

    matrix: ConfusionMatrix
    names: Mapping[int, str] = field(default_factory=dict)
    scored_on: str = WHOLE_PICTURES
    pictures: int | None = None
    colours: Mapping[int, Colour] = field(default_factory=dict)
    boundary: BoundaryCounts | None = None
    calibration: CalibrationCounts | None = None
    test_time_augmentation: str | None = PLAIN
    plain_mean_iou: float | None = None

    @classmethod
    def of_matrix(
        cls,
        matrix: ConfusionMatrix,
        names: Mapping[int, str] | None = None,
        scored_on: str = WHOLE_PICTURES,
        pictures: int | None = None,
        colours: Mapping[int, Colour] | None = None,
    ) -> Evaluation:
        """Returns the evaluation that these counts make."""
        return cls(matrix, dict(names or {}), scored_on, pictures, dict(colours or {}))

    @classmethod
    def of_counts(
        cls,
        counts: ScoreCounts,
        names: Mapping[int, str],
        colours: Mapping[int, Colour],
        test_time_augmentation: str | None = PLAIN,
        plain_mean_iou: float | None = None,
    ) -> Evaluation:
        """Returns the evaluation that the counts of whole pictures make."""
        calibration = counts.calibration if counts.calibration.counts.any() else None
        return cls(
            counts.matrix,
            dict(names),
            WHOLE_PICTURES,
            counts.pictures,
            dict(colours),
            counts.boundary,
            calibration,
            test_time_augmentation,
            plain_mean_iou,
        )

    @classmethod
    def from_file(cls, path: Path) -> Evaluation:
        """Returns what an ``evaluation.json`` holds, of an older version too.

        Raises:
            FileNotFoundError: there is no such file.
            PlatformError: it is damaged.
        """
        content = read_object(path)
        try:
            return _of_content(content)
        except (KeyError, OverflowError, TypeError, ValueError) as error:
            raise broken(path, f"it is no evaluation ({type(error).__name__}: {error})") from error

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
    def mean_boundary_iou(self) -> float | None:
        """The mean boundary IoU of the classes that have one, 0 to 1; None where it was not counted."""
        return None if self.boundary is None else self.boundary.mean_iou()

    @property
    def calibration_error(self) -> float | None:
        """The expected calibration error, 0 to 1; None where the probabilities are not known."""
        return None if self.calibration is None else self.calibration.error()

    @property
    def classes(self) -> tuple[ClassScores, ...]:
        """The scores of each class, in the order of their numbers."""
        matrix = self.matrix
        boundary = np.full(len(matrix.counts), np.nan) if self.boundary is None else self.boundary.iou()
        columns = zip(matrix.iou(), matrix.precision(), matrix.recall(), matrix.dice(), boundary, matrix.labelled())
        return tuple(
            ClassScores(
                number,
                self.names.get(number, ""),
                _defined(iou),
                _defined(precision),
                _defined(recall),
                _defined(dice),
                _defined(boundary_iou),
                int(labelled),
            )
            for number, (iou, precision, recall, dice, boundary_iou, labelled) in enumerate(columns)
        )

    def content(self) -> dict[str, Any]:
        """Returns what ``evaluation.json`` holds: ratios from 0 to 1, pixels as counts, None where not defined."""
        return {
            "mIOU": self.mean_iou,
            "mIOU_over_all_classes": self.matrix.mean_iou_over_all(),
            "pixel_accuracy": self.pixel_accuracy,
            "frequency_weighted_IoU": self.frequency_weighted_iou,
            "mean_dice": self.mean_dice,
            "mean_boundary_IoU": self.mean_boundary_iou,
            "calibration_error": self.calibration_error,
            "scored_on": self.scored_on,
            "pictures": self.pictures,
            "test_time_augmentation": self.test_time_augmentation,
            "mIOU_without_test_time_augmentation": self.plain_mean_iou,
            "classes": [self._class_content(scores) for scores in self.classes],
            "confusion_matrix": self.matrix.counts.tolist(),
            "boundary": None if self.boundary is None else self.boundary.content(),
            "calibration": None if self.calibration is None else self.calibration.content(),
        }

    def write(self, path: Path) -> None:
        """Writes ``evaluation.json``, whole."""
        write_public_json(path, self.content())

    def title(self) -> str:
        """Returns what was scored: "8 whole pictures", and how, where it was not plainly: ", test-time augmentation
        flip".
        """
        what = self.scored_on if self.pictures is None else f"{self.pictures} {_noun(self.scored_on, self.pictures)}"
        way = self.test_time_augmentation
        return what if way in (None, PLAIN) else f"{what}, test-time augmentation {way}"

    def other_means(self) -> list[str]:
        """Returns what is known beside the scores of all pixels, as a line; none where nothing is."""
        others = {"mean boundary IoU": self.mean_boundary_iou, "expected calibration error": self.calibration_error}
        known = [f"{name} {value:.4f}" for name, value in others.items() if value is not None]
        return [", ".join(known)] if known else []

    def __str__(self) -> str:
        return "\n".join([f"Scores of {self.title()}", *text_table(*self._table()), *self._sums()])

    def _repr_html_(self) -> str:
        head, rows = self._table()
        sums = "".join(f"<div>{escaped(line)}</div>" for line in self._sums())
        return f"<div><b>Scores of {escaped(self.title())}</b></div>{html_table(head, rows)}{sums}"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        counted = self.boundary is not None  # a column of an older file would be empty
        head = ["class", "IoU", "precision", "recall", "Dice", *["boundary IoU"] * counted, "labelled pixels"]
        rows = [
            [
                f"{scores.number} {scores.name}".rstrip(),
                *(shown_score(value) for value in (scores.iou, scores.precision, scores.recall, scores.dice)),
                *[shown_score(scores.boundary_iou)] * counted,
                str(scores.labelled_pixels),
            ]
            for scores in self.classes
        ]
        return head, rows

    def _sums(self) -> list[str]:
        lines = [
            f"mIOU {self.mean_iou:.4f}, pixel accuracy {self.pixel_accuracy:.4f}, mean Dice {self.mean_dice:.4f}, "
            f"frequency-weighted IoU {self.frequency_weighted_iou:.4f}"
        ]
        lines += self.other_means()
        occurring = sum(scores.iou is not None for scores in self.classes)
        if occurring < len(self.matrix.counts):
            lines.append(f"means are over the {occurring} of {len(self.matrix.counts)} classes that occur")
        if self.plain_mean_iou is not None:
            lines.append(f"mIOU {self.plain_mean_iou:.4f} without test-time augmentation")
        return lines

    def _class_content(self, scores: ClassScores) -> dict[str, Any]:
        number = scores.number
        return {
            "class": number,
            **({"name": scores.name} if scores.name else {}),
            **({"color": hex_colour(self.colours[number])} if number in self.colours else {}),
            "IoU": scores.iou,
            "precision": scores.precision,
            "recall": scores.recall,
            "dice": scores.dice,
            "boundary_IoU": scores.boundary_iou,
            "labelled_pixels": scores.labelled_pixels,
        }


def shown_score(value: float | None) -> str:
    """Returns a score as people read it, with four decimals; "-" for None."""
    return "-" if value is None else f"{value:.4f}"


def _of_content(content: Mapping[str, Any]) -> Evaluation:
    counts = np.array(content["confusion_matrix"], dtype=np.int64)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or (counts < 0).any():
        raise ValueError(f"confusion_matrix must be a square of counts, got the shape {counts.shape}")
    classes = {int(each["class"]): each for each in content["classes"]}
    names = {number: str(each["name"]) for number, each in classes.items() if "name" in each}
    colours = {number: _colour(str(each["color"])) for number, each in classes.items() if "color" in each}
    pictures, scored_on = content.get("pictures"), str(content.get("scored_on", WHOLE_PICTURES))
    way, plain = content.get("test_time_augmentation", PLAIN), content.get("mIOU_without_test_time_augmentation")
    boundary, calibration = content.get("boundary"), content.get("calibration")
    return Evaluation(
        ConfusionMatrix.of_counts(counts),
        names,
        scored_on,
        None if pictures is None else int(pictures),
        colours,
        None if boundary is None else BoundaryCounts.of_content(boundary, len(counts)),
        None if calibration is None else CalibrationCounts.of_content(calibration),
        None if way is None else str(way),
        None if plain is None else float(plain),
    )


def _colour(text: str) -> Colour:
    red, green, blue = bytes.fromhex(text.removeprefix("#"))
    return red, green, blue


def _defined(score: float) -> float | None:
    return None if np.isnan(score) else float(score)


def _noun(scored_on: str, count: int) -> str:
    return scored_on.removesuffix("s") if count == 1 else scored_on
