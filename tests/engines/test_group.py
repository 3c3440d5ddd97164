from __future__ import annotations

from semseg.engines.group import ALONE, Group, GroupEnded, bytes_of, float_from_first, from_first, gathered
from tests.engines.group_of_threads import in_threads


def test_each_process_is_told_the_number_of_the_first() -> None:
    assert in_threads(3, lambda group: from_first(7 + group.rank, group)) == [7, 7, 7]
    assert from_first(7, ALONE) == 7


def test_each_process_is_told_the_float_of_the_first_bit_for_bit() -> None:
    assert in_threads(3, lambda group: float_from_first(0.1 + group.rank, group)) == [0.1, 0.1, 0.1]
    assert float_from_first(0.1, ALONE) == 0.1


def test_numbers_of_all_processes_are_known_to_all_of_them() -> None:
    numbers = [-1, 2**56, -1 + 2 * 2**56]
    assert in_threads(3, lambda group: gathered(numbers[group.rank], group)) == [numbers] * 3
    assert gathered(5, ALONE) == [5]


def test_the_end_of_a_process_is_another_error_than_its_cause() -> None:
    def end(group: Group) -> None:
        if group.rank == 1:
            raise ValueError("the cause")
        gathered(1, group)

    first, second, third = in_threads(3, end)
    assert isinstance(second, ValueError)
    assert isinstance(first, GroupEnded)
    assert isinstance(third, GroupEnded)


def test_bytes_of_one_process_are_known_to_all_of_them() -> None:
    def told(group: Group) -> list[bytes]:
        return [bytes_of(rank, b"x" * group.rank, group) for rank in range(3)]

    assert in_threads(3, told) == [[b"", b"x", b"xx"]] * 3
    assert bytes_of(0, b"alone", ALONE) == b"alone"
