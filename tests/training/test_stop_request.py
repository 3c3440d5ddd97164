from __future__ import annotations

import pytest

from semseg.engines.group import Group
from semseg.training.stop_request import ScoringRounds, StopAsked
from tests.engines.group_of_threads import in_threads


def scored(batches: list[int], asked: tuple[int, int] | None = None) -> list[int | Exception]:
    """How many batches each process scores of its own, where process ``asked[0]`` is asked to stop in the batch
    ``asked[1]``, counted from 1.
    """
    done = [0] * len(batches)

    def score(group: Group) -> int:
        rounds = ScoringRounds(
            group, lambda: asked is not None and asked[0] == group.rank and done[group.rank] >= asked[1]
        )
        try:
            for _ in range(batches[group.rank]):
                done[group.rank] += 1
                rounds.after_batch()
            rounds.finish()
        except StopAsked:
            return -done[group.rank]
        return done[group.rank]

    return in_threads(len(batches), score)


@pytest.mark.parametrize("batches", [[0, 0], [1, 0], [4, 4], [5, 4], [3, 17, 8], [9]])
def test_processes_that_nobody_stops_score_all_of_their_batches(batches: list[int]) -> None:
    assert scored(batches) == batches


@pytest.mark.parametrize(
    ("batches", "asked", "expected"),
    [
        ([9, 9], (1, 1), [-4, -4]),
        ([9, 9], (1, 5), [-8, -8]),
        ([9, 2], (1, 2), [-4, -2]),  # the second is through, and is asked while it waits
        ([9, 2], (0, 8), [-8, -2]),
        ([3, 2], (0, 3), [3, 2]),  # all are through before they ask
        ([9], (0, 2), [-2]),
    ],
)
def test_they_stop_together_after_a_fourth_batch(
    batches: list[int], asked: tuple[int, int], expected: list[int]
) -> None:
    assert scored(batches, asked) == expected
