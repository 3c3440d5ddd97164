from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from semseg.errors import PlatformError
from semseg.plumbing.rotating_log import RotatingLog
from semseg.serving.engine_starter import EngineStarter, environment_of_engines
from semseg.serving.limits import Limits
from tests.serving.running import SECONDS

AWS = {"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "B", "AWS_SESSION_TOKEN": "C", "AWS_PROFILE": "mine"}
ECHO = "import os, socket, sys; socket.socket(fileno=int(sys.argv[1])).send(os.environ['WORD'].encode())"


def test_a_process_gets_its_environment_and_the_other_end_of_the_socket() -> None:
    process, connection = EngineStarter([sys.executable, "-c", ECHO], {"WORD": "hello"}).start()
    with process, connection:
        connection.settimeout(SECONDS)
        assert connection.recv(100) == b"hello"
        assert connection.recv(100) == b""
        assert process.wait(SECONDS) == 0


def test_what_a_process_prints_goes_to_the_log_of_its_server(tmp_path: Path) -> None:
    log = RotatingLog(tmp_path / "log.txt")
    process, connection = EngineStarter([sys.executable, "-c", "print('ready', flush=True); 1 / 0"], {}, log).start()
    with process, connection:
        assert process.wait(SECONDS) == 1
        log.finish()
    lines = (tmp_path / "log.txt").read_text().splitlines()
    assert (lines[0], lines[-1]) == ("ready", "ZeroDivisionError: division by zero")


def test_the_process_that_was_started_ahead_is_the_first_one_given() -> None:
    starter = EngineStarter([sys.executable, "-c", ECHO], {"WORD": "hello"})
    starter.start_ahead()
    started = [starter.start(), starter.start()]
    for process, connection in started:
        with process, connection:
            assert process.wait(SECONDS) == 0
    assert started[0][0].pid != started[1][0].pid


def test_a_command_that_cannot_be_started_is_one_sentence() -> None:
    with pytest.raises(PlatformError) as refusal:
        EngineStarter(["/nowhere/engine"], {}).start()
    assert str(refusal.value) == "The engine process cannot be started: No such file or directory"


def test_the_first_engine_can_be_started_before_the_http_server_is_imported() -> None:
    code = "import sys, semseg.serving.engine_starter; print({'uvicorn', 'starlette'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"


def test_engines_are_told_how_many_threads_to_take_and_no_secret() -> None:
    told = {"SEMSEG_TOKEN": "secret", "SEMSEG_ENDPOINT_SECRET": "secret", "PATH": "/bin", **AWS}
    environment = environment_of_engines(told, Limits(engine_processes=2), cores=8)
    assert environment == {"PATH": "/bin", "SEMSEG_ENGINE_THREADS": "4", "OMP_NUM_THREADS": "4"}


@pytest.mark.parametrize(
    ("limits", "threads"), [(Limits(), "3"), (Limits(engine_threads=2), "2"), (Limits(engine_processes=4), "2")]
)
def test_a_single_engine_keeps_to_the_openmp_threads_that_it_was_told(limits: Limits, threads: str) -> None:
    assert environment_of_engines({"OMP_NUM_THREADS": "3"}, limits, cores=8)["OMP_NUM_THREADS"] == threads
