from __future__ import annotations

from semseg.training.checkpoint_clock import CheckpointClock


class Time:
    """A clock that a test sets, in seconds."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


def test_a_checkpoint_is_due_after_so_many_seconds_of_work() -> None:
    time = Time()
    clock = CheckpointClock(300, time)
    time.now = 349.9
    assert not clock.is_due()
    time.now = 350.0
    assert clock.is_due()
    clock.saved()
    assert not clock.is_due()
    time.now = 650.0
    assert clock.is_due()


def test_with_no_seconds_one_is_always_due() -> None:
    clock = CheckpointClock(0, Time())
    assert clock.is_due()
    assert clock.is_due_before_validation()


def test_before_a_validation_one_is_due_that_would_be_during_it() -> None:
    time = Time()
    clock = CheckpointClock(300, time)
    time.now = 199.0  # 149 seconds of work, and as many are supposed of the first validation
    assert not clock.is_due_before_validation()
    time.now = 200.0
    assert clock.is_due_before_validation()
    clock.begin_validation()
    time.now = 450.0
    clock.end_validation()  # it took 250
    clock.saved()
    time.now = 499.0
    assert not clock.is_due_before_validation()
    time.now = 500.0
    assert clock.is_due_before_validation()
