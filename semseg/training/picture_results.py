"""What is found of single pictures while a model is scored: their rows in ``per_picture.csv``, and some of them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import IO

from semseg.engines.group import ALONE, Group, bytes_of, gathered
from semseg.results.picture_scores import PictureScore, PictureScoresFile
from semseg.results.shown_pictures import ShownPictures
from semseg.training.evaluation import Scored
from semseg.training.job_log import encodable

IN_MEMORY = 2**20  # bytes of rows; those of more pictures wait on the disk
ROWS = 256  # that a process of a group sends at once


@contextmanager
def picture_results(num_classes: int, group: Group = ALONE) -> Iterator[PictureResults]:
    """Yields what takes in pictures that are scored.

    Args:
        num_classes: of the model.
        group: the processes that share the pictures.
    """
    with tempfile.SpooledTemporaryFile(IN_MEMORY, "w+", encoding="utf-8") as rows:
        yield PictureResults(rows, num_classes, group)


class PictureResults:
    """Takes in whole pictures as they are scored, in constant memory.

    Each process of a group takes in its share, every so many-th picture; then all of them call :meth:`write` and
    :meth:`kept`.
    """

    def __init__(self, rows: IO[str], num_classes: int, group: Group) -> None:
        self._rows = rows
        self._num_classes = num_classes
        self._group = group
        self._count = 0
        self._shown = ShownPictures()

    def add(self, scored: Scored) -> None:
        """Takes in one whole picture."""
        name = encodable(scored.name)
        self._rows.write(f"{_line(PictureScore.of_counts(name, scored.counts))}\n")
        self._count += 1
        self._shown.add(name, scored.images[0], scored.truths[0], scored.predicted[0])

    def write(self, path: Path, class_names: Mapping[int, str]) -> int:
        """Writes the rows of all processes into a file, in rank 0 alone, in the order of the pictures.

        Returns:
            How many they are.
        """
        rows = self._rows_of_all()
        if self._group.rank == 0:
            with PictureScoresFile(path, class_names, self._num_classes) as file:
                for line in rows:
                    file.add(_score(line))
        else:
            for _ in rows:  # these are sent to rank 0 as they are read
                pass
        return sum(gathered(self._count, self._group))

    def kept(self) -> ShownPictures:
        """Returns the pictures that people are to look at, of all processes; in rank 0 alone, in others their own."""
        for rank in range(1, self._group.size):
            content = self._shown.to_bytes() if rank == self._group.rank else b""
            sent = bytes_of(rank, content, self._group)
            if self._group.rank == 0:
                self._shown.take(ShownPictures.from_bytes(sent))
        return self._shown

    def _rows_of_all(self) -> Iterator[str]:
        """Yields the lines of all processes in turn, as the pictures were shared out."""
        self._rows.seek(0)
        own = iter(self._rows)
        if self._group.size == 1:
            yield from own
            return
        for _ in range(0, max(gathered(self._count, self._group)), ROWS):
            content = "".join(islice(own, ROWS)).encode()
            parts = [bytes_of(rank, content, self._group).decode().splitlines() for rank in range(self._group.size)]
            yield from (line for line in chain.from_iterable(zip_longest(*parts)) if line is not None)


def _line(score: PictureScore) -> str:
    fields = [score.name, score.labelled_pixels, score.wrong_pixels, score.pixel_accuracy, score.mean_iou]
    return json.dumps([*fields, score.class_iou])


def _score(line: str) -> PictureScore:
    name, labelled, wrong, accuracy, mean_iou, class_iou = json.loads(line)
    return PictureScore(name, labelled, wrong, accuracy, mean_iou, tuple(class_iou))
