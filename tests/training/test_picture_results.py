"""What is found of single pictures, also where the processes of a group share them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from semseg.engines.group import ALONE, Group
from semseg.results.picture_scores import PictureScore, read_picture_scores
from semseg.training.evaluation import Scored
from semseg.training.picture_results import picture_results
from tests.engines.group_of_threads import in_threads


def scored(number: int) -> Scored:
    """A picture of ten pixels of class 1, of which ``number`` modulo 10 are taken for class 0."""
    wrong = number % 10
    truth, predicted = np.ones((2, 5), np.uint8), np.ones(10, np.uint8)
    predicted[:wrong] = 0
    counts = np.array([[0, 0], [wrong, 10 - wrong]])
    return Scored(
        f"street/ä\n{number}.png", [np.zeros((2, 5, 3), np.uint8)], [truth], [predicted.reshape(2, 5)], counts
    )


def write(folder: Path, pictures: int, group: Group = ALONE) -> tuple[int, list[str], list[str]]:
    """What a process finds of its share: how many pictures there are, and the names of the worst and the random."""
    with picture_results(2, group) as results:
        for number in range(group.rank, pictures, group.size):
            results.add(scored(number))
        count = results.write(folder / str(group.rank) / "per_picture.csv", {})
        shown = results.kept()
    return count, [each.name for each in shown.worst], [each.name for each in shown.random]


def test_each_picture_is_a_row_in_their_order(tmp_path: Path) -> None:
    count, worst, _ = write(tmp_path, 21)
    rows = list(read_picture_scores(tmp_path / "0" / "per_picture.csv"))
    assert count == len(rows) == 21
    # six of ten are right: class 1 has 6 of 10, class 0 none of 4
    assert rows[14] == PictureScore("street/ä\n14.png", 10, 4, 0.6, 0.3, (0, 0.6))
    assert [row.wrong_pixels for row in rows] == [number % 10 for number in range(21)]
    assert worst[:3] == ["street/ä\n19.png", "street/ä\n9.png", "street/ä\n18.png"]


def test_a_name_that_is_no_utf_8_is_written_as_the_log_writes_it(tmp_path: Path) -> None:
    with picture_results(2) as results:
        results.add(replace(scored(1), name="caf\udce9.png"))
        results.write(tmp_path / "per_picture.csv", {})
        assert [each.name for each in results.kept().worst] == ["caf\\udce9.png"]
    assert [row.name for row in read_picture_scores(tmp_path / "per_picture.csv")] == ["caf\\udce9.png"]


@pytest.mark.parametrize("pictures", [7, 800])
def test_processes_of_a_group_find_together_what_one_would_find(tmp_path: Path, pictures: int) -> None:
    alone = write(tmp_path / "alone", pictures)
    together = in_threads(3, lambda group: write(tmp_path / "group", pictures, group))
    assert together[0] == alone
    files = [(tmp_path / place / "0" / "per_picture.csv").read_text() for place in ("alone", "group")]
    assert files[0] == files[1]
    assert [path.name for path in (tmp_path / "group").iterdir()] == ["0"]  # the others write nothing
    assert [found[0] for found in together if isinstance(found, tuple)] == [pictures] * 3
