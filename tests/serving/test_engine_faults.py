"""A full queue, engines that crash, hang or find no memory, clients that go away, pictures that go together."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from semseg.contract import png_mask, recordio
from semseg.engines.network import Network
from semseg.errors import PlatformError
from semseg.serving.engine_starter import EngineStarter
from semseg.serving.limits import Limits
from semseg.serving.server import Server
from tests.prediction.fake_network import half_bright, half_mask
from tests.serving.fake_engine import command
from tests.serving.fake_networks import (
    FickleNetwork,
    GreedyNetwork,
    HeldNetwork,
    LoadedOnce,
    MortalNetwork,
    StoppingNetwork,
)
from tests.serving.running import SECONDS, Reply, RunningServer, metric, png, serving, wait_until

PROTOBUF = "application/x-protobuf"
PICTURE = png(half_bright(8, 8))
QUICK = Limits(restart_delays=(0, 0, 0, 0, 0))


class HeldServer:
    """A server whose engine holds every picture until it is released."""

    def __init__(self, server: RunningServer, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.threads: list[threading.Thread] = []

    def begin(self, picture: bytes, replies: list[Reply], accept: str = "image/png") -> None:
        """Ask, in a thread, and wait until the request is admitted."""
        before = self.in_flight()
        thread = threading.Thread(target=lambda: replies.append(self.server.segment(picture, accept)))
        thread.start()
        self.threads.append(thread)
        wait_until(lambda: self.in_flight() > before)

    def begin_and_wait_for_the_engine(self, picture: bytes, replies: list[Reply]) -> None:
        self.begin(picture, replies)
        wait_until((self.folder / "asked").exists)

    def release(self) -> None:
        (self.folder / "released").touch()
        for thread in self.threads:
            thread.join(SECONDS)

    def asked(self) -> list[str]:
        """What the engine was asked for: count x height x width."""
        return (self.folder / "asked").read_text().splitlines()

    def in_flight(self) -> float:
        return metric(self.server, "semseg_requests_in_flight")


@contextlib.contextmanager
def held(folder: Path, limits: Limits = QUICK, network: type[Network] = HeldNetwork) -> Iterator[HeldServer]:
    with serving(network, limits, FAKE_FOLDER=str(folder)) as server:
        held_server = HeldServer(server, folder)
        try:
            yield held_server
        finally:
            held_server.release()


def statuses(replies: Sequence[Reply]) -> list[int]:
    return [reply.status for reply in replies]


def test_a_full_queue_refuses_at_once_with_503_and_takes_more_once_it_has_answered(tmp_path: Path) -> None:
    replies: list[Reply] = []
    with held(tmp_path, replace(QUICK, max_queue=2)) as server:
        server.begin(PICTURE, replies)
        server.begin(PICTURE, replies)
        refused = server.server.segment(PICTURE)
        assert not replies
        server.release()
        assert statuses(replies) == [200, 200]
        assert server.server.segment(PICTURE).status == 200
    assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
    assert refused.message == "The endpoint has 2 requests to answer: ask again"


def test_a_request_that_is_too_late_is_504_and_what_has_not_begun_is_not_computed(tmp_path: Path) -> None:
    replies: list[Reply] = []
    with held(tmp_path, replace(QUICK, deadline_seconds=1)) as server:
        server.begin_and_wait_for_the_engine(png(half_bright(5, 8)), replies)
        server.begin(png(half_bright(6, 8)), replies)
        for thread in server.threads:
            thread.join(SECONDS)
        assert server.in_flight() == 0
        server.release()
        server.server.wait_until_ready()
        assert server.server.segment(png(half_bright(7, 8))).status == 200
        assert server.asked() == ["1 x 5 x 8", "1 x 7 x 8"]
    assert statuses(replies) == [504, 504]
    assert replies[0].message == "A request must be answered within 1 second, and this one was not"


def test_an_engine_that_hangs_is_replaced_and_its_picture_is_504(tmp_path: Path) -> None:
    with serving(StoppingNetwork, replace(QUICK, deadline_seconds=1), FAKE_FOLDER=str(tmp_path)) as server:
        assert server.segment(png(half_bright(13, 8))).status == 504
        wait_until(lambda: metric(server, "semseg_engine_restarts_total") == 1)
        server.wait_until_ready()
        assert server.segment(png(half_bright(13, 8))).status == 200


def test_a_client_that_goes_away_frees_its_place_and_its_picture_is_not_computed(tmp_path: Path) -> None:
    replies: list[Reply] = []
    with held(tmp_path, replace(QUICK, max_queue=2)) as server:
        server.begin_and_wait_for_the_engine(png(half_bright(5, 8)), replies)
        body = png(half_bright(6, 8))
        with socket.create_connection(("127.0.0.1", server.server.port), SECONDS) as connection:
            connection.sendall(
                b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            )
            wait_until(lambda: server.in_flight() == 2)
        wait_until(lambda: server.in_flight() == 1)
        server.begin(png(half_bright(7, 8)), replies)
        server.release()
        assert statuses(replies) == [200, 200]
        assert server.asked() == ["1 x 5 x 8", "1 x 7 x 8"]
        assert metric(server.server, 'semseg_requests_total{code="499"}') == 1


def test_a_picture_whose_engine_crashes_once_is_answered_and_twice_is_503_and_the_others_are_answered(
    tmp_path: Path,
) -> None:
    with serving(MortalNetwork, QUICK, FAKE_FOLDER=str(tmp_path)) as server:
        once = server.segment(png(half_bright(14, 8)))
        assert np.array_equal(png_mask.decode(once.body), half_mask(14, 8))
        assert metric(server, "semseg_engine_restarts_total") == 1
        twice = server.segment(png(half_bright(13, 8)))
        assert (twice.status, twice.headers["Retry-After"]) == (503, "1")
        assert twice.message.startswith("The engine process ended twice while it computed this picture: ")
        assert server.segment(PICTURE).status == 200
        assert metric(server, "semseg_engine_restarts_total") == 3


def test_requests_wait_while_an_engine_is_replaced(tmp_path: Path) -> None:
    replies: list[Reply] = []
    pictures = [png(half_bright(14, 8)), *(png(half_bright(20 + number, 8)) for number in range(5))]
    with serving(MortalNetwork, QUICK, FAKE_FOLDER=str(tmp_path)) as server:
        threads = [threading.Thread(target=lambda one=one: replies.append(server.segment(one))) for one in pictures]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SECONDS)
    assert statuses(replies) == [200] * 6


@pytest.mark.parametrize("height", [13, 14])
def test_out_of_memory_is_507_and_the_server_lives(height: int) -> None:
    with serving(GreedyNetwork, QUICK) as server:
        reply = server.segment(png(half_bright(height, 8)))
        assert reply.status == 507
        assert reply.message.startswith("There is not enough memory for this picture (")
        assert server.segment(PICTURE).status == 200
        assert metric(server, "semseg_engine_restarts_total") == 1


def test_a_model_that_cannot_be_loaded_again_five_times_ends_the_server(tmp_path: Path) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    starter = EngineStarter(command(LoadedOnce), {**os.environ, "FAKE_FOLDER": str(tmp_path)})
    server = Server(listener, starter, QUICK)
    failures: list[BaseException] = []

    def run() -> None:
        try:
            server.run()
        except PlatformError as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    asking = RunningServer(listener.getsockname()[1], server)
    asking.wait_until_ready()
    with contextlib.suppress(OSError):
        asking.segment(png(half_bright(13, 8)))
    thread.join(SECONDS)
    assert [str(failure) for failure in failures] == ["The model could not be loaded in 5 attempts: The model is gone"]


def test_pictures_of_one_size_that_wait_are_computed_together_and_the_answers_are_their_own(tmp_path: Path) -> None:
    replies: dict[int, list[Reply]] = {number: [] for number in range(4)}
    pictures = [np.roll(half_bright(6, 8), number, axis=1) for number in range(4)]
    with held(tmp_path) as server:
        server.begin_and_wait_for_the_engine(png(half_bright(5, 8)), [])
        for number, picture in enumerate(pictures):
            server.begin(png(picture), replies[number])
        wait_until(lambda: metric(server.server, "semseg_queue_length") == 5)
        server.release()
        assert server.asked() == ["1 x 5 x 8", "4 x 6 x 8"]
        assert metric(server.server, "semseg_batch_size_sum") == 5
    for number in range(4):
        assert np.array_equal(png_mask.decode(replies[number][0].body), np.roll(half_mask(6, 8), number, axis=1))


def test_other_sizes_probabilities_and_more_than_the_limit_are_computed_apart(tmp_path: Path) -> None:
    replies: list[Reply] = []
    with held(tmp_path, replace(QUICK, max_batch=2)) as server:
        server.begin_and_wait_for_the_engine(png(half_bright(5, 8)), replies)
        for height in (6, 6, 6, 7):
            server.begin(png(half_bright(height, 8)), replies)
        server.begin(png(half_bright(6, 8)), replies, PROTOBUF)
        wait_until(lambda: metric(server.server, "semseg_queue_length") == 6)
        server.release()
        assert sorted(server.asked()) == ["1 x 5 x 8", "1 x 6 x 8", "1 x 7 x 8", "2 x 6 x 8"]
        assert metric(server.server, "semseg_batch_size_count") == 5
    assert statuses(replies) == [200] * 6


def test_a_network_whose_batches_differ_is_asked_for_one_picture_at_a_time() -> None:
    replies: list[Reply] = []
    with serving(FickleNetwork) as server:
        threads = [threading.Thread(target=lambda: replies.append(server.segment(PICTURE))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SECONDS)
        assert metric(server, "semseg_batch_size_count") == 8
    assert len({reply.body for reply in replies}) == 1


def test_two_engine_processes_compute_at_the_same_time(tmp_path: Path) -> None:
    replies: list[Reply] = []
    with held(tmp_path, replace(QUICK, engine_processes=2, max_batch=1)) as server:
        wait_until(lambda: metric(server.server, "semseg_engines_ready") == 2)
        server.begin(PICTURE, replies)
        server.begin(PICTURE, replies)
        wait_until(lambda: (tmp_path / "asked").exists() and len(server.asked()) == 2)
        server.release()
    assert statuses(replies) == [200, 200]


def test_a_picture_larger_than_all_memory_for_pictures_is_let_in_alone() -> None:
    with serving(MortalNetwork, replace(QUICK, held_pixel_bytes=100), FAKE_FOLDER="unused") as server:
        replies: list[Reply] = []
        pictures = [png(half_bright(20 + number, 30)) for number in range(4)]
        threads = [threading.Thread(target=lambda one=one: replies.append(server.segment(one))) for one in pictures]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SECONDS)
        assert recordio.decode_probabilities(server.segment(pictures[0], PROTOBUF).body).shape == (2, 20, 30)
    assert statuses(replies) == [200] * 4
