"""Labelled pictures become scores, in their order, and the files and the report that a training job ends with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from types import TracebackType

import numpy as np

from semseg.bulk.answers import Answers
from semseg.data.dataset import Dataset
from semseg.errors import PlatformError
from semseg.plumbing.ordered_map import ordered_map
from semseg.results.confusion_matrix import ConfusionMatrix
from semseg.results.evaluation import Evaluation
from semseg.results.files import content_of, write_results
from semseg.results.job_facts import JobFacts
from semseg.results.picture_scores import PER_PICTURE, PictureScore, PictureScoresFile
from semseg.results.report import write_report
from semseg.results.shown_pictures import ShownPictures


class Scoring:
    """Counts what is right and wrong in pictures, in constant memory, and writes the results at the end.

    Used in a ``with`` block around :meth:`add`; after it come the results. If the block raises, nothing is written.

    Args:
        folder: that gets the files; it must be there.
        num_classes: of the model.
        class_names: of those classes that have one.
    """

    def __init__(self, folder: Path, num_classes: int, class_names: Mapping[int, str]) -> None:
        self._folder = folder
        self._names = class_names
        self._matrix = ConfusionMatrix(num_classes)
        self._shown = ShownPictures()
        self._rows = PictureScoresFile(folder / PER_PICTURE, class_names, num_classes)
        self._pictures = 0

    def __enter__(self) -> Scoring:
        self._rows.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._rows.__exit__(kind, error, trace)

    def add(self, name: str, image: np.ndarray, truth: np.ndarray, predicted: np.ndarray) -> None:
        """Counts one picture.

        Args:
            name: of its file.
            image: (H, W, 3) uint8 RGB.
            truth: (H, W) uint8, class ids and 255 = ignore.
            predicted: (H, W) uint8, class ids.

        Raises:
            PlatformError: a class is predicted that the model does not have.
        """
        most = len(self._matrix.counts)
        if predicted.size and predicted.max() >= most:
            raise PlatformError(f"a mask must have classes below {most}, got {predicted.max()} for picture {name}")
        alone = ConfusionMatrix(len(self._matrix.counts))
        alone.add(truth, predicted)
        self._matrix.counts += alone.counts
        self._rows.add(PictureScore.of_counts(name, alone.counts))
        self._shown.add(name, image, truth, predicted)
        self._pictures += 1

    def write_results(self, facts: JobFacts) -> Evaluation:
        """Writes ``evaluation.json``, the drawings and ``report.html``, and returns the scores."""
        evaluation = Evaluation.of_matrix(self._matrix, self._names, pictures=self._pictures)
        write_results(self._folder, evaluation, shown=self._shown)
        write_report(self._folder, content_of(self._folder, facts, self._shown))
        return evaluation


def score(dataset: Dataset, answers: Answers, scoring: Scoring, moved: Callable[[int, int], None]) -> None:
    """Scores all samples of a data set, in their order.

    Args:
        dataset: of files that were checked.
        answers: who turns pictures into masks.
        moved: told how many pictures are done, and of how many.

    Raises:
        ChannelError: a file changed since it was checked.
        RequestError: a picture is refused by whoever answers.
    """

    def predicted(place: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        image, truth = dataset.read(place)
        return image, truth, answers.mask(dataset.samples[place].image, image)

    moved(0, len(dataset))
    with scoring, closing(ordered_map(predicted, dataset.one_pass(), answers.workers)) as results:
        for place, (image, truth, mask) in enumerate(results):
            scoring.add(dataset.samples[place].name, image, truth, mask)
            moved(place + 1, len(dataset))
