"""Labelled pictures become scores, in their order, and the files and the report that a training job ends with."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import numpy as np

from semseg.bulk.answers import Answers, SureMask
from semseg.data.dataset import Dataset
from semseg.errors import PlatformError
from semseg.plumbing.ordered_map import ordered_map
from semseg.results.evaluation import Evaluation
from semseg.results.files import content_of, write_results
from semseg.results.job_facts import JobFacts
from semseg.results.picture_scores import PER_PICTURE, PictureScore, PictureScoresFile
from semseg.results.report import write_report
from semseg.results.score_counts import ScoreCounts
from semseg.results.shown_pictures import ShownPictures

Moved = Callable[[int, int], None]  # is told how many pictures are done, and of how many


class Scoring:
    """Scores all pictures of a data set in constant memory, and writes the results.

    Args:
        dataset: of files that were checked; its number of classes is the model's.
        answers: who turns pictures into masks.
        class_names: of the model, of those classes that have one; they count more than the label map's.
    """

    def __init__(self, dataset: Dataset, answers: Answers, class_names: Mapping[int, str]) -> None:
        self._dataset = dataset
        self._answers = answers
        self._names = {**dataset.label_map.names, **class_names}
        self._counts = ScoreCounts(dataset.num_classes)
        self._shown = ShownPictures()

    def run(self, folder: Path, title: str, moved: Moved) -> None:
        """Scores the pictures, in their order, and writes ``evaluation.json`` and the other files.

        Args:
            folder: that gets the files; it is made where it is not there.
            title: what the report calls the model.
            moved: told of every picture.

        Raises:
            ChannelError: a file changed since it was checked.
            RequestError: a picture is refused by whoever answers.
            PlatformError: a class is predicted that the model does not have.
        """
        started, total = time.monotonic(), len(self._dataset)
        folder.mkdir(parents=True, exist_ok=True)
        moved(0, total)
        with (
            PictureScoresFile(folder / PER_PICTURE, self._names, self._dataset.num_classes) as rows,
            closing(ordered_map(self._predicted, self._dataset.one_pass(), self._answers.workers)) as scored,
        ):
            for place, (image, truth, answer) in enumerate(scored):
                rows.add(self._counted(self._dataset.name_of(place), image, truth, answer))
                moved(place + 1, total)
        label_map = self._dataset.label_map
        colours = label_map.class_colours()
        way = self._answers.test_time_augmentation
        evaluation = Evaluation.of_counts(self._counts, self._names, colours, way)
        write_results(folder, evaluation, shown=self._shown)
        lines = [f"{self._dataset.channel}: {line}" for line in label_map.table_lines(self._dataset.num_classes)]
        facts = JobFacts(name=title, label_map=lines, seconds=time.monotonic() - started)
        write_report(folder, content_of(folder, facts, self._shown))

    def _predicted(self, place: int) -> tuple[np.ndarray, np.ndarray, SureMask]:
        image, truth = self._dataset.read(place)
        return image, truth, self._answers.sure_mask(self._dataset.samples[place].image, image)

    def _counted(self, name: str, image: np.ndarray, truth: np.ndarray, answer: SureMask) -> PictureScore:
        predicted, confidence = answer
        if predicted.size and predicted.max() >= self._dataset.num_classes:
            raise PlatformError(
                f"a mask must have classes below {self._dataset.num_classes}, got {predicted.max()} for {name}"
            )
        counts = self._counts.add(truth, predicted, confidence)
        self._shown.add(name, image, truth, predicted)
        return PictureScore.of_counts(name, counts)
