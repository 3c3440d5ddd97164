from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from semseg.local.process.log_follower import LogFollower


class Steps:
    """Does one step each time it is asked; done after the last."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        self.steps = list(steps)

    def __call__(self) -> bool:
        if self.steps:
            self.steps.pop(0)()
        return not self.steps


def test_lines_come_whole_though_they_are_written_in_pieces(tmp_path: Path) -> None:
    log = tmp_path / "log"
    steps = Steps(
        lambda: None, lambda: log.write_text("one\ntw"), lambda: append(log, "o\n"), lambda: append(log, "three")
    )
    assert list(LogFollower(log, steps).lines()) == ["one", "two", "three"]


def test_what_is_written_right_before_the_end_is_read(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert list(LogFollower(log, Steps(lambda: log.write_text("last\r\n"))).lines()) == ["last"]


def test_an_interrupted_reader_goes_on_where_it_was(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("one\ntwo\n")
    follower = LogFollower(log, Steps())
    assert next(follower.lines()) == "one"
    assert list(follower.lines()) == ["two"]


def test_a_log_that_never_came_has_no_lines(tmp_path: Path) -> None:
    assert list(LogFollower(tmp_path / "log", Steps()).lines()) == []


def append(log: Path, text: str) -> None:
    with log.open("a") as file:
        file.write(text)
