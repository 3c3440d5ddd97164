from __future__ import annotations

import contextlib
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from semseg.engines.network import Network
from semseg.serving import wire
from semseg.serving.engine_loop import NO_MEMORY, answers_batches_alike
from semseg.serving.shared_array import SharedArray
from tests.prediction.fake_network import BrightnessNetwork, half_bright, half_mask
from tests.serving.fake_engine import command
from tests.serving.fake_networks import (
    FOLDER_VARIABLE,
    BrokenNetwork,
    ColdNetwork,
    FickleNetwork,
    GreedyNetwork,
    HeldNetwork,
    Unloadable,
    WithoutEngine,
)
from tests.serving.running import SECONDS, wait_until

ROOT = Path(__file__).parents[2]


class Engine:
    """An engine process and the endpoint's end of its socket."""

    def __init__(self, process: subprocess.Popen[bytes], connection: socket.socket) -> None:
        self.process = process
        self.connection = connection

    def read(self) -> wire.Message:
        received = wire.receive(self.connection)
        assert received is not None
        return received[0]

    def ask(self, kind: str, images: list[np.ndarray]) -> tuple[wire.Message, list[np.ndarray]]:
        """Its message, and what it wrote."""
        shared, results = [], []
        for image in images:
            picture = SharedArray.create(image.shape, np.uint8)
            picture.array[...] = image
            size = image.shape[:2]
            results.append(
                SharedArray.create(size, np.uint8) if kind == "mask" else SharedArray.create((2, *size), np.float32)
            )
            shared += [picture, results[-1]]
        message = {"kind": kind, "sizes": [image.shape[:2] for image in images]}
        wire.send(self.connection, message, [one.file for one in shared])
        return self.read(), [result.array for result in results]


@contextlib.contextmanager
def started(network: type[Network], folder: Path | None = None) -> Iterator[Engine]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(SECONDS)
        process = subprocess.Popen(
            [*command(network), str(theirs.fileno())],
            cwd=ROOT,
            env={**os.environ, FOLDER_VARIABLE: str(folder)},
            pass_fds=[theirs.fileno()],
        )
        theirs.close()
        try:
            yield Engine(process, ours)
        finally:
            process.kill()
            process.wait()


def test_an_engine_says_what_it_is_and_fills_in_what_it_is_asked_for() -> None:
    with started(BrightnessNetwork) as engine:
        assert engine.read() == {"ready": {"classes": 2, "base_size": None, "aligned_sizes": False, "batches": True}}
        message, (mask,) = engine.ask("mask", [half_bright(5, 8)])
        assert message["outcomes"] == [None]
        assert message["seconds"] > 0
        assert np.array_equal(mask, half_mask(5, 8))
        message, (probabilities,) = engine.ask("probabilities", [half_bright(5, 8)])
        assert message["outcomes"] == [None]
        assert probabilities[:, 0, 0].tolist() == [0.75, 0.25]


def test_several_pictures_are_answered_together(tmp_path: Path) -> None:
    (tmp_path / "released").touch()
    with started(HeldNetwork, tmp_path) as engine:
        engine.read()
        message, masks = engine.ask("mask", [half_bright(5, 8), half_bright(5, 8)[:, ::-1]])
        assert message["outcomes"] == [None, None]
        assert np.array_equal(masks[0], half_mask(5, 8))
        assert np.array_equal(masks[1], half_mask(5, 8)[:, ::-1])
    assert (tmp_path / "asked").read_text() == "2 x 5 x 8\n"


def test_where_a_batch_fails_its_pictures_are_asked_about_one_by_one() -> None:
    with started(BrokenNetwork) as engine:
        engine.read()
        message, _ = engine.ask("mask", [half_bright(13, 8), half_bright(13, 8)])
        assert [outcome["kind"] for outcome in message["outcomes"]] == ["failed", "failed"]
        assert all("a secret of the machine" in outcome["message"] for outcome in message["outcomes"])
        message, (mask,) = engine.ask("mask", [half_bright(5, 8)])
        assert np.array_equal(mask, half_mask(5, 8))


@pytest.mark.parametrize(
    "message",
    [
        "std::bad_alloc",
        "Cannot allocate memory",
        "Failed to allocate 126720000 bytes of memory",  # OpenVINO
        "[CPU] Convolution node with name 'layer4.1.conv1/WithoutBiases' can't alloc",  # OpenVINO
        "Check failed: e == cudaSuccess: CUDA: out of memory",  # MXNet
    ],
)
def test_the_words_of_engines_that_find_no_memory_are_known(message: str) -> None:
    assert NO_MEMORY.search(message)


def test_another_failure_is_none_of_memory() -> None:
    assert not NO_MEMORY.search("Check failed: shape mismatch")


@pytest.mark.parametrize(("height", "sentence"), [(13, "no 13 pixels"), (14, "std::bad_alloc")])
def test_an_engine_without_memory_says_so_and_ends(height: int, sentence: str) -> None:
    with started(GreedyNetwork) as engine:
        engine.read()
        message, _ = engine.ask("mask", [half_bright(height, 8)])
        assert message["outcomes"] == [{"kind": "memory", "message": sentence}]
        assert engine.process.wait(SECONDS) == 0


@pytest.mark.parametrize(
    ("network", "sentence"),
    [
        (Unloadable, "The model is not one"),
        (WithoutEngine, "The model could not be loaded: ImportError: no engine here"),
        (ColdNetwork, "The model could not be loaded: RuntimeError: too cold"),
    ],
)
def test_an_engine_that_cannot_load_says_why_and_ends(network: type[Network], sentence: str) -> None:
    with started(network) as engine:
        assert engine.read() == {"unloadable": sentence}
        assert engine.process.wait(SECONDS) == 0


def test_an_engine_ends_with_its_endpoint_even_while_it_computes(tmp_path: Path) -> None:
    with started(HeldNetwork, tmp_path) as engine:
        engine.read()
        image, result = SharedArray.create((5, 8, 3), np.uint8), SharedArray.create((5, 8), np.uint8)
        wire.send(engine.connection, {"kind": "mask", "sizes": [[5, 8]]}, [image.file, result.file])
        wait_until((tmp_path / "asked").exists)
        engine.connection.close()
        assert engine.process.wait(SECONDS) == 0


def test_a_network_whose_batches_differ_is_found_out() -> None:
    assert answers_batches_alike(BrightnessNetwork())
    assert not answers_batches_alike(FickleNetwork())
