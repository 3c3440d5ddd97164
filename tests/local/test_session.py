"""The one way in which a session of this machine is put together."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from semseg.container.loading import cache_folder
from semseg.local import LocalSession
from semseg.local.commands import Commands
from semseg.local.jobs.home import Home
from semseg.machine.python_command import python_command

COMMANDS = Commands(("train",), ("serve",), ("export",))


def test_every_part_of_a_session_has_its_home_and_its_command(tmp_path: Path) -> None:
    session = LocalSession.at(Home(tmp_path), COMMANDS)
    parts = (session.jobs, session.endpoints, session.transform_jobs, session.tuning_jobs, session.exports)
    assert [part.home.root for part in (session, *parts)] == [tmp_path] * 6
    assert [part.command for part in parts] == [("train",), ("serve",), ("serve",), ("train",), ("export",)]
    assert [part.account for part in (session.jobs, session.transform_jobs, session.exports)] == [session] * 3


def test_the_commands_are_those_of_the_container() -> None:
    names = ("semseg.container.train", "semseg.container.serve", "semseg.container.export")
    assert Commands() == Commands(*(python_command(name) for name in names))


def test_the_sessions_of_a_test_run_keep_their_files_out_of_the_users_home(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    temporary = tmp_path_factory.getbasetemp()
    code = "from semseg.local import LocalSession; print(LocalSession().home.root)"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    for place in (LocalSession().home.root, Path(child), Path.home(), cache_folder(os.environ)):
        assert place.is_relative_to(temporary)
