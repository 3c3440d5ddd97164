from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openvino as ov
import pytest

from semseg.archive.mxnet_parameters import write_parameters
from semseg.engines.openvino import opening
from semseg.engines.openvino.compiled_cache import ABANDONED, KEPT, CompiledCache
from semseg.engines.openvino.network import OpenVinoNetwork
from semseg.errors import ModelError, PlatformError
from tests.engines.onnx.random_parameters import random_parameters

CLASSES = 5
IMAGE = np.random.default_rng(0).integers(0, 256, (1, 40, 56, 3)).astype(np.uint8)


class Maker:
    """Builds the network of a file, and counts how often."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.calls = 0

    def __call__(self) -> ov.Model:
        self.calls += 1
        return opening.build(self.file, "fcn", "resnet-50", CLASSES)


@pytest.fixture(scope="module")
def parameters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fcn") / "a.params"
    write_parameters(path, random_parameters("fcn"))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "compiled"


def opened(make: Callable[[], ov.Model], folder: Path, digest: str = "a", threads: int = 2) -> OpenVinoNetwork:
    return opening.open_cached(make, digest, CLASSES, threads, CompiledCache(folder))


def answer(network: OpenVinoNetwork) -> np.ndarray:
    return network.probabilities(IMAGE, (40, 56))


def test_a_network_is_made_once_and_answers_to_the_bit_alike(parameters: Path, folder: Path) -> None:
    make = Maker(parameters)
    first, second = answer(opened(make, folder)), answer(opened(make, folder, threads=1))
    assert make.calls == 1
    assert np.array_equal(first, second)
    (entry,) = folder.iterdir()
    assert entry.suffix == ".compiled"
    assert folder.stat().st_mode & 0o777 == 0o700


def test_another_digest_is_another_network(parameters: Path, folder: Path) -> None:
    make = Maker(parameters)
    for digest in ("a", "b"):
        opened(make, folder, digest)
    assert make.calls == 2
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize(
    "broken",
    [
        lambda content: b"",
        lambda content: content[:20],
        lambda content: content[: len(content) // 2],
        lambda content: content[:1000] + b"?" + content[1001:],
        lambda content: content + b"?",
    ],
    ids=["empty", "shorter than a digest", "half", "changed", "longer"],
)
def test_a_broken_entry_is_made_anew(
    parameters: Path, folder: Path, broken: Callable[[bytes], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    make = Maker(parameters)
    expected = answer(opened(make, folder))
    (entry,) = folder.iterdir()
    entry.write_bytes(broken(entry.read_bytes()))
    for _ in range(2):  # the second finds what the first made
        assert np.array_equal(answer(opened(make, folder)), expected)
    assert make.calls == 2
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_what_openvino_cannot_read_any_more_is_made_anew(
    parameters: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make = Maker(parameters)
    opened(make, folder)
    (entry,) = folder.iterdir()
    CompiledCache(folder).write(entry.stem, memoryview(b"of another version"))
    opened(make, folder)
    assert make.calls == 2
    assert "a cached network cannot be used, and is made anew" in caplog.text


@pytest.mark.skipif(os.geteuid() != 0, reason="a file in the way is tested in any case")
def test_a_full_disk_only_costs_time(parameters: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = Path("/dev/full")
    assert answer(opened(Maker(parameters), folder)).shape == (1, CLASSES, 40, 56)
    assert "keeps no compiled network, so the next start takes longer" in caplog.text


def test_a_folder_that_cannot_be_made_only_costs_time(
    parameters: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    assert answer(opened(Maker(parameters), tmp_path / "file" / "cache")).shape == (1, CLASSES, 40, 56)
    assert "keeps no compiled network, so the next start takes longer: [Errno 20] Not a directory" in caplog.text


def test_only_the_entries_used_last_are_kept(folder: Path) -> None:
    cache = CompiledCache(folder)
    for number in range(KEPT):
        cache.write(f"entry-{number}", memoryview(b"content"))
        os.utime(folder / f"entry-{number}.compiled", (number, number))
    assert cache.read("entry-0") is not None  # used just now
    cache.write("new", memoryview(b"content"))
    kept = {path.stem for path in folder.iterdir()}
    assert kept == {"new", "entry-0", *(f"entry-{number}" for number in range(2, KEPT))}


def test_what_a_killed_process_left_is_removed_in_time(folder: Path) -> None:
    folder.mkdir(parents=True)
    old, new = folder / "old.part", folder / "new.part"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (0, time.time() - ABANDONED - 60))
    CompiledCache(folder).write("entry", memoryview(b"content"))
    assert {path.name for path in folder.iterdir()} == {"new.part", "entry.compiled"}


def test_parameters_that_do_not_fit_to_each_other_are_refused(tmp_path: Path) -> None:
    parameters = {**random_parameters("fcn"), "conv1.3.weight": np.ones((4, 5, 3, 3), np.float32)}
    file = tmp_path / "a.params"
    write_parameters(file, parameters)
    with pytest.raises(ModelError, match=r"^a\.params must hold the parameters of one network, but: "):
        opening.build(file, "fcn", "resnet-50", CLASSES)


def test_without_openvino_one_sentence_says_what_to_install() -> None:
    code = """
import sys
from importlib.machinery import PathFinder

class Hidden:
    def find_spec(self, name, path=None, target=None):
        return None if name == "openvino" else PathFinder.find_spec(name, path, target)

sys.meta_path = [finder for finder in sys.meta_path if finder is not PathFinder] + [Hidden()]
import semseg.engines.openvino
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == (
        f"{PlatformError.__module__}.PlatformError: OpenVINO is not installed; in a clone of semseg, "
        'pip install ".[openvino]"'
    )
