from __future__ import annotations

import contextlib
import hmac
import http.client
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from semseg.errors import PlatformError, UserError
from semseg.serving.server import listen, open_port, raised_limit
from tests.ports import free_port
from tests.prediction.fake_network import half_bright
from tests.serving.fake_networks import FOLDER_VARIABLE
from tests.serving.running import SECONDS, Reply, ask, png, wait_until

ROOT = Path(__file__).parents[2]
PICTURE = png(half_bright(8, 8))


class ServerProcess:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.port = int(self.wait_for("listening on ").split()[-1])

    def wait_for(self, start: str) -> str:
        """The next line of its output that begins so."""
        assert self.process.stdout is not None
        lines = iter(self.process.stdout.readline, "")
        return next(line for line in lines if line.startswith(start))

    def end(self) -> tuple[int, str]:
        """Its exit code and what it wrote to standard error, once it has ended."""
        _, errors = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, errors


@contextlib.contextmanager
def started(
    network: str, folder: Path | None = None, handed_down: Sequence[int] = (), /, **environment: str
) -> Iterator[ServerProcess]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.serving.fake_serve", network],
        cwd=ROOT,
        env={**os.environ, "SAGEMAKER_BIND_TO_PORT": "0", FOLDER_VARIABLE: str(folder), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        pass_fds=handed_down,
    )
    with process:
        try:
            yield ServerProcess(process)
        finally:
            process.kill()


def asked_in_a_thread(server: ServerProcess, folder: Path, replies: list[Reply]) -> threading.Thread:
    """A request that is being computed, and whose reply goes to ``replies``."""

    def ask_and_keep() -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            replies.append(ask(server.port, "POST", "/invocations", PICTURE))

    thread = threading.Thread(target=ask_and_keep)
    thread.start()
    wait_until((folder / "asked").exists)
    return thread


def wait_until_refused(port: int) -> None:
    with contextlib.suppress(ConnectionRefusedError, ConnectionResetError):  # reset: it closed while we knocked
        while True:
            socket.create_connection(("127.0.0.1", port), SECONDS).close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_an_idle_server_with_0(number: signal.Signals) -> None:
    with started("BrightnessNetwork") as server:
        server.wait_for("the model is loaded and warm")
        assert ask(server.port, "GET", "/ping").status == 200
        server.process.send_signal(number)
        assert server.end() == (0, "")


def test_sigterm_refuses_new_connections_finishes_what_is_under_way_and_exits_with_0(tmp_path: Path) -> None:
    replies: list[Reply] = []
    with started("HeldNetwork", tmp_path) as server:
        server.wait_for("the model is loaded and warm")
        asking = asked_in_a_thread(server, tmp_path, replies)
        server.process.send_signal(signal.SIGTERM)
        wait_until_refused(server.port)
        assert not replies
        (tmp_path / "released").touch()
        asking.join(SECONDS)
        assert [reply.status for reply in replies] == [200]
        assert server.end() == (0, "")


def test_a_second_signal_changes_nothing(tmp_path: Path) -> None:
    replies: list[Reply] = []
    with started("HeldNetwork", tmp_path) as server:
        server.wait_for("the model is loaded and warm")
        asking = asked_in_a_thread(server, tmp_path, replies)
        server.process.send_signal(signal.SIGTERM)
        wait_until_refused(server.port)
        server.process.send_signal(signal.SIGINT)
        server.process.send_signal(signal.SIGTERM)
        (tmp_path / "released").touch()
        asking.join(SECONDS)
        assert [reply.status for reply in replies] == [200]
        assert server.end() == (0, "")


def test_a_prediction_that_outlasts_the_drain_is_left_and_the_exit_code_is_0(tmp_path: Path) -> None:
    replies: list[Reply] = []
    with started("HeldNetwork", tmp_path, SEMSEG_DRAIN_SECONDS="1") as server:
        server.wait_for("the model is loaded and warm")
        asking = asked_in_a_thread(server, tmp_path, replies)
        server.process.send_signal(signal.SIGTERM)
        server.wait_for("leaving before 1 requests are answered")
        assert server.process.wait(SECONDS) == 0
        asking.join(SECONDS)
        assert [reply.status for reply in replies] == [503]


def test_sigterm_while_loading_ends_with_0() -> None:
    with started("EndlesslyLoading") as server:
        assert ask(server.port, "GET", "/ping").status == 503
        server.process.send_signal(signal.SIGTERM)
        assert server.end() == (0, "")


def test_a_model_that_cannot_be_loaded_is_one_sentence_and_1() -> None:
    with started("Unloadable") as server:
        assert server.end() == (1, "The model is not one\n")


def test_a_loader_that_crashes_is_one_sentence_and_1_and_its_traceback_is_in_the_log() -> None:
    with started("WithoutEngine") as server:
        server.wait_for("Traceback")
        assert server.end() == (1, "The model could not be loaded: ImportError: no engine here\n")


def children_of(process_id: int) -> list[int]:
    tasks = Path(f"/proc/{process_id}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def is_alive(process_id: int) -> bool:
    return Path(f"/proc/{process_id}").exists()


def test_an_engine_that_is_killed_while_idle_is_replaced() -> None:
    with started("BrightnessNetwork") as server:
        server.wait_for("the model is loaded and warm")
        (engine,) = children_of(server.process.pid)
        os.kill(engine, signal.SIGKILL)
        server.wait_for("the engine process ended (signal 9) and is replaced")
        server.wait_for("the model is loaded and warm")
        assert ask(server.port, "POST", "/invocations", PICTURE).status == 200
        (other,) = children_of(server.process.pid)
        assert other != engine


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_an_engine_ends_with_its_server(number: signal.Signals) -> None:
    with started("BrightnessNetwork") as server:
        server.wait_for("the model is loaded and warm")
        (engine,) = children_of(server.process.pid)
        server.process.send_signal(number)
        server.process.wait(SECONDS)
        wait_until(lambda: not is_alive(engine))


def test_an_engine_leaves_the_signals_of_its_group_to_the_server() -> None:
    with started("BrightnessNetwork") as server:
        server.wait_for("the model is loaded and warm")
        (engine,) = children_of(server.process.pid)
        for number in (signal.SIGTERM, signal.SIGINT):
            os.kill(engine, number)
        assert ask(server.port, "POST", "/invocations", PICTURE).status == 200
        assert children_of(server.process.pid) == [engine]


def test_a_full_disk_behind_the_log_stops_nothing() -> None:
    port = free_port()
    with open("/dev/full", "w") as full:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.serving.fake_serve", "BrightnessNetwork"],
            cwd=ROOT,
            env={**os.environ, "SAGEMAKER_BIND_TO_PORT": str(port)},
            stdout=full,
            stderr=full,
        )
    with process:
        try:
            wait_until(lambda: is_ready(port))
            assert ask(port, "POST", "/invocations", PICTURE).status == 200
            process.terminate()
            assert process.wait(SECONDS) == 0
        finally:
            process.kill()


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits the memory of a running process, as Linux can")
def test_a_picture_that_finds_no_memory_to_be_decoded_is_507_and_the_server_lives() -> None:
    with started("BrightnessNetwork") as server:
        server.wait_for("the model is loaded and warm")
        assert ask(server.port, "POST", "/invocations", PICTURE).status == 200
        status = Path(f"/proc/{server.process.pid}/status").read_text()
        used = 1024 * int(status.split("VmSize:")[1].split()[0])
        room = used + 100 * 2**20
        resource.prlimit(server.process.pid, resource.RLIMIT_AS, (room, room))
        large = png(np.zeros((7000, 7000, 3), np.uint8))  # 147 MB of pixels
        assert ask(server.port, "POST", "/invocations", large).status == 507
        assert ask(server.port, "POST", "/invocations", PICTURE).status == 200


def is_ready(port: int) -> bool:
    with contextlib.suppress(OSError):
        return ask(port, "GET", "/ping").status == 200
    return False


def test_the_endpoints_name_comes_from_the_environment() -> None:
    with started("BrightnessNetwork", SEMSEG_ENDPOINT_NAME="horses") as server:
        server.wait_for("the model is loaded and warm")
        assert ask(server.port, "POST", "/endpoints/horses/invocations", PICTURE).status == 200
        assert ask(server.port, "POST", "/endpoints/cows/invocations", PICTURE).status == 404


def test_the_way_out_of_a_port_in_use_are_the_two_variables() -> None:
    with open_port({"SAGEMAKER_BIND_TO_PORT": "0"}) as taken, pytest.raises(PlatformError) as refusal:
        open_port({"SAGEMAKER_BIND_TO_PORT": str(taken.getsockname()[1])})
    assert str(refusal.value).endswith(
        ": set SAGEMAKER_BIND_TO_PORT to a free port, or SEMSEG_BIND_ADDRESS to an address of this machine"
    )


@pytest.mark.parametrize(
    ("descriptor", "error"), [("0", PlatformError), ("2147483647", PlatformError), ("2147483648", UserError)]
)
def test_a_socket_that_was_handed_down_must_be_one(descriptor: str, error: type[Exception]) -> None:
    """0 is a number too, and here no socket: it is not taken for a variable that is not set."""
    sentence = f"SEMSEG_LISTENING_SOCKET must be the file descriptor of a listening socket, got '?{descriptor}'?"
    with pytest.raises(error, match=sentence):
        listen({"SEMSEG_LISTENING_SOCKET": descriptor, "SAGEMAKER_BIND_TO_PORT": "none"})


def test_an_address_that_is_none_is_one_sentence() -> None:
    with pytest.raises(PlatformError, match=r"^Port 0 of 127\.0\.0\.1\.1 cannot be opened \(.+\): set "):
        open_port({"SAGEMAKER_BIND_TO_PORT": "0", "SEMSEG_BIND_ADDRESS": "127.0.0.1.1"})


def test_the_address_is_this_machine_alone_unless_another_is_set() -> None:
    with open_port({"SAGEMAKER_BIND_TO_PORT": "0"}) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
    with open_port({"SAGEMAKER_BIND_TO_PORT": "0", "SEMSEG_BIND_ADDRESS": "0.0.0.0"}) as listener:
        assert listener.getsockname()[0] == "0.0.0.0"


@pytest.mark.parametrize("port", ["", "http", "-1", "65536"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(UserError) as refusal:
        open_port({"SAGEMAKER_BIND_TO_PORT": port})
    sentence = (
        f"The environment variable SAGEMAKER_BIND_TO_PORT must be a port, a whole number from 0 to 65535, got {port!r}"
    )
    assert str(refusal.value) == sentence


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and asks glibc")
def test_large_blocks_of_memory_are_given_back_when_they_are_freed() -> None:
    command = [sys.executable, "-m", "tests.serving.memory_given_back"]
    kept = {
        how: int(subprocess.check_output([*command, how], cwd=ROOT, text=True, timeout=SECONDS))
        for how in ("asked", "unasked")
    }
    assert kept["asked"] < 20 < kept["unasked"]  # 4 MiB lie between the blocks, which are 60


def test_a_socket_that_was_handed_down_is_served_and_the_engine_does_not_get_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        handed = {"SEMSEG_LISTENING_SOCKET": str(listener.fileno()), "SEMSEG_ENDPOINT_SECRET": "pets-1"}
        with started("BrightnessNetwork", None, [listener.fileno()], **handed) as server:
            assert server.port == port
            listening = os.stat(f"/proc/self/fd/{listener.fileno()}").st_ino
            listener.close()
            challenge = {"x-semseg-challenge": "0f"}
            proof = hmac.new(b"pets-1", b"0f", "sha256").hexdigest()
            assert ask(port, "GET", "/ping", headers=challenge).headers["x-semseg-proof"] == proof  # loading or not
            server.wait_for("the model is loaded and warm")
            reply = ask(port, "GET", "/ping", headers=challenge)
            assert (reply.status, reply.headers["x-semseg-proof"]) == (200, proof)
            assert ask(port, "GET", "/ping").headers["x-semseg-proof"] is None  # nobody asked
            (engine,) = children_of(server.process.pid)
            assert listening in inodes_of(server.process.pid)
            assert listening not in inodes_of(engine)


def inodes_of(process_id: int) -> set[int]:
    """The inodes of the files that a process has open."""
    found = set()
    for file in Path(f"/proc/{process_id}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            found.add(file.stat().st_ino)
    return found


@pytest.mark.parametrize(
    ("now", "highest", "allowed", "expected"),
    [
        (1024, 65536, 65536, 65536),
        (256, 65536, 10240, 10240),  # macOS
        (256, 65536, 0, 256),
        (20000, 65536, 0, 20000),
        (1048576, 65536, 65536, 1048576),
        (4096, 4096, 4096, 4096),
    ],
)
def test_as_many_files_as_the_system_allows_may_be_open(now: int, highest: int, allowed: int, expected: int) -> None:
    limits = [now]

    def set_limit(limit: int) -> None:
        if limit > allowed:
            raise ValueError("not allowed to raise maximum limit")
        limits.append(limit)

    assert raised_limit(now, highest, set_limit) == expected
    assert limits[-1] == expected
