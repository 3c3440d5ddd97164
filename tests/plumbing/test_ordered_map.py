from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from semseg.plumbing.ordered_map import ordered_map


@pytest.mark.parametrize("workers", [0, 1, 4])
def test_results_come_in_the_order_of_the_items(workers: int) -> None:
    assert list(ordered_map(lambda item: item * item, range(50), workers)) == [item * item for item in range(50)]


def test_the_order_holds_when_later_items_are_done_first() -> None:
    second_done = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            assert second_done.wait(timeout=10)
        if item == 1:
            second_done.set()
        return item

    assert list(ordered_map(work, range(3), workers=2)) == [0, 1, 2]


@pytest.mark.parametrize(("workers", "ahead"), [(3, 3), (2, 1), (2, 5)])
def test_no_more_than_ahead_items_are_taken_before_the_first_result_is(workers: int, ahead: int) -> None:
    taken = []

    def items() -> Iterator[int]:
        for item in range(20):
            taken.append(item)
            yield item

    results = ordered_map(lambda item: item, items(), workers, ahead)
    assert next(results) == 0
    assert len(taken) == ahead
    assert next(results) == 1
    assert len(taken) == ahead + 1
    results.close()


@pytest.mark.parametrize("workers", [0, 2])
def test_an_exception_is_raised_in_its_place(workers: int) -> None:
    def work(item: int) -> int:
        if item == 2:
            raise KeyError(item)
        return item

    results = ordered_map(work, range(5), workers)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(KeyError):
        next(results)
    with pytest.raises(StopIteration):
        next(results)


def test_stopping_early_leaves_no_thread_and_begins_nothing_new() -> None:
    before = threading.active_count()
    begun = []

    def work(item: int) -> int:
        begun.append(item)
        return item

    results = ordered_map(work, range(1000), workers=3)
    assert next(results) == 0
    results.close()
    assert threading.active_count() == before
    assert len(begun) <= 6
