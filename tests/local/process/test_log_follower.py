from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from semseg.local.process.log_follower import LogFollower
from semseg.plumbing.rotating_log import RotatingLog, numbers


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


def test_no_line_is_lost_or_read_twice_while_parts_are_put_aside(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    reading, writing = os.pipe()
    writer = RotatingLog(log, most_bytes=500, kept_parts=1000)
    writer.take(os.fdopen(reading, "rb"))
    lines = [f"line {number}" for number in range(5000)]

    def write() -> None:
        with os.fdopen(writing, "w") as output:
            for number, line in enumerate(lines):
                print(line, file=output, flush=True)
                if number % 50 == 0:
                    time.sleep(0.001)  # else all of them would come at once

    thread = threading.Thread(target=write)
    thread.start()
    found: list[str] = []
    follower = LogFollower(log, lambda: True)
    while thread.is_alive() or not found:
        found += follower.new_lines()
    writer.finish()
    found += follower.new_lines()
    assert len(numbers(log)) > 10
    assert found == lines


def test_who_comes_late_begins_with_the_oldest_part_that_is_there(tmp_path: Path) -> None:
    for name, text in (("log.9.txt", "nine\nte"), ("log.10.txt", "n\n"), ("log.txt", "last"), ("log.x.txt", "none")):
        (tmp_path / name).write_text(text)
    assert list(LogFollower(tmp_path / "log.txt", Steps()).lines()) == ["nine", "ten", "last"]


def test_a_part_that_was_read_while_it_was_written_is_read_to_its_end(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_text("one\n")
    follower = LogFollower(log, Steps())
    assert list(follower.new_lines()) == ["one"]
    append(log, "two\n")
    log.rename(tmp_path / "log.1.txt")
    assert list(follower.new_lines()) == ["two"]
    log.write_text("three\n")
    assert list(follower.new_lines()) == ["three"]
