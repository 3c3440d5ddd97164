"""The program itself: help, exit codes, errors, pipes, completion."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from importlib import import_module
from pathlib import Path

import click
import pytest

from semseg import __version__
from semseg.command_line.output import as_text, columns
from semseg.command_line.program import program
from semseg.command_line.verbs import VERBS
from semseg.local.jobs.moment import moment
from semseg.local.process.process import take_lock
from tests.command_line.program import COMMAND, environment, semseg, semseg_here, started
from tests.local.kept import LONG_AGO, file_of, training_job


def test_the_help_lists_each_verb_with_what_it_does(tmp_path: Path) -> None:
    lines = {line.split()[0]: line for line in semseg(tmp_path, "--help").lines if line.startswith("  ")}
    assert {name for name in VERBS if VERBS[name].what.split()[0] in lines.get(name, "")} == set(VERBS)


@pytest.mark.parametrize("name", sorted(VERBS))
def test_each_verb_of_the_table_is_a_command_with_help_json_and_home(name: str) -> None:
    command = getattr(import_module(f"semseg.command_line.{VERBS[name].module}"), name)
    assert isinstance(command, click.Command)
    assert command.help
    assert {"--json", "--home"} <= {option for param in command.params for option in param.opts}
    assert command.get_help(click.Context(command, info_name=name, parent=click.Context(program)))


def test_the_version_is_that_of_the_package(tmp_path: Path) -> None:
    assert semseg_here(tmp_path, "--version").out == f"semseg {__version__}\n"


def test_a_verb_that_is_not_there_is_a_matter_of_usage(tmp_path: Path) -> None:
    ended = semseg_here(tmp_path, "deplay", code=2)
    assert "No such command 'deplay'" in ended.err
    assert ended.out == ""


def test_what_is_refused_is_one_sentence_on_stderr(tmp_path: Path) -> None:
    ended = semseg(tmp_path, "logs", "nobody", code=1)
    where = str(tmp_path / "jobs")
    assert (ended.out, ended.err) == (
        "",
        f"semseg: there is no training job 'nobody' in {where!r}; the latest: none\n",
    )


def test_a_file_that_cannot_be_written_is_one_sentence_too(tmp_path: Path) -> None:
    for folder in ("train", "train_annotation", "validation", "validation_annotation"):
        (tmp_path / "data" / folder).mkdir(parents=True)
    page = tmp_path / "nowhere" / "check.html"
    ended = semseg_here(tmp_path, "check", tmp_path / "data", "--html", page, code=1)
    assert ended.err.startswith("semseg: ")
    assert "No such file or directory" in ended.err
    assert "Traceback" not in ended.err


def test_the_home_is_the_one_that_is_given_or_that_of_the_environment(tmp_path: Path) -> None:
    training_job(tmp_path / "one", "horses")
    training_job(tmp_path / "two", "cows")
    assert semseg(tmp_path / "one", "jobs").lines[1].split()[:2] == ["horses", "Completed"]
    found = semseg(tmp_path / "one", "jobs", "--home", tmp_path / "two", "--json").json
    assert [job["TrainingJobName"] for job in found["TrainingJobSummaries"]] == ["cows"]


def test_a_reader_that_has_gone_ends_the_program_quietly(tmp_path: Path) -> None:
    log = training_job(tmp_path, "horses").log
    file_of(log, 0)
    log.write_text("a line of the log\n" * 50_000)
    with started(tmp_path, "logs", "horses") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "a line of the log\n"
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(60) == 1


def test_ctrl_c_ends_the_program_with_130(tmp_path: Path) -> None:
    training_job(tmp_path, "horses", LONG_AGO, "Completed").log.write_text("first\n")
    status = tmp_path / "jobs" / "horses" / "status.json"
    status.write_text(status.read_text().replace('"Completed"', '"InProgress"'))
    lock = take_lock(tmp_path / "jobs" / "horses" / "lock")  # as its supervisor does
    with lock, started(tmp_path, "logs", "-f", "horses") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "first\n"
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert "Traceback" not in process.stderr.read()
    assert not (tmp_path / "jobs" / "horses" / "stop").exists()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_get_their_completion(tmp_path: Path, shell: str) -> None:
    variables = {**environment(tmp_path), "_SEMSEG_COMPLETE": f"{shell}_source"}
    done = subprocess.run(COMMAND, env=variables, capture_output=True, text=True, check=True)
    assert f"_SEMSEG_COMPLETE={shell}_complete" in done.stdout


def test_a_shell_is_told_the_names_of_jobs(tmp_path: Path) -> None:
    for name in ("street-1", "street-2", "horses"):
        training_job(tmp_path, name)
    asked = {"_SEMSEG_COMPLETE": "bash_complete", "COMP_WORDS": "semseg stop st", "COMP_CWORD": "2"}
    variables = {**environment(tmp_path), **asked}
    done = subprocess.run(COMMAND, env=variables, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["plain,street-1", "plain,street-2"]


def test_columns_are_as_wide_as_their_widest_cell_and_numbers_stand_on_the_right() -> None:
    lines = columns(("NAME", ">SIZE", ""), [["a", "10 B", "x"], ["long-name", "7 B", ""]])
    assert lines == ["NAME       SIZE", "a          10 B  x", "long-name   7 B"]


def test_an_answer_in_json_has_times_in_iso_8601_and_paths_as_texts(tmp_path: Path) -> None:
    assert json.loads(as_text({"when": moment(LONG_AGO), "where": tmp_path})) == {
        "when": "2023-11-14T22:13:20+00:00",
        "where": str(tmp_path),
    }
    with pytest.raises(TypeError, match="got object"):
        as_text(object())


@pytest.mark.slow  # it asks each engine about itself
def test_the_doctor_says_what_this_machine_has_and_what_stands_in_the_way(tmp_path: Path) -> None:
    lines = semseg(tmp_path, "doctor").lines  # of the object that python -m semseg.doctor prints
    end = lines.index("")
    names = [line[:12].strip() for line in lines[:end]]
    assert names[:9] == ["Python", "numpy", "Pillow", "MXNet", "GluonCV", "PyTorch", "OpenVINO", "Training", "Serving"]
    assert lines[end + 1].startswith(("Nothing stands in the way of ", "Hint: "))
