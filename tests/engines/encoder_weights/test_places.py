from __future__ import annotations

import contextlib
import functools
import hashlib
import http.server
import importlib.util
import io
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from semseg.engines.encoder_weights.places import Published

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("huggingface_hub") is None, reason="needs what the extras that train install"
)
REPOSITORY = Path(__file__).resolve().parents[3]
DATA = 30 + len("resnet50_v1s-25a187fa.params")  # where the data of a zip's first file begin


@contextlib.contextmanager
def server_of(folder: Path) -> Iterator[str]:
    """Serve a folder; gives the address."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def publish(folder: Path, content: bytes) -> Published:
    """Put a weights file into a store, zipped as GluonCV's is; gives what semseg would know of it."""
    from semseg.engines.encoder_weights.places import Published

    published = Published("resnet50_v1s", hashlib.sha1(content).hexdigest(), "timm/nothing")
    models = folder / "gluon" / "models"
    models.mkdir(parents=True)
    with zipfile.ZipFile(models / f"{published.file_name}.zip", "w") as archive:
        archive.writestr(f"{published.file_name}.params", content)
    return published


def test_the_store_is_asked_once_and_then_its_file_is_at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from semseg.engines.encoder_weights.places import file_in_store

    published = publish(tmp_path / "store", b"weights")
    monkeypatch.setenv("MXNET_HOME", str(tmp_path / "home"))
    with server_of(tmp_path / "store") as address:
        monkeypatch.setenv("MXNET_GLUON_REPO", address)
        file = file_in_store(published)
    assert file == tmp_path / "home" / "models" / f"{published.file_name}.params"
    assert file.read_bytes() == b"weights"
    assert file_in_store(published) == file  # the server is gone by now


def test_a_file_with_another_sha1_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from semseg.engines.encoder_weights.places import file_in_store

    published = publish(tmp_path / "store", b"weights")
    (archive,) = (tmp_path / "store").rglob("*.zip")
    with zipfile.ZipFile(archive, "w") as members:
        members.writestr(f"{published.file_name}.params", b"something else")
    monkeypatch.setenv("MXNET_HOME", str(tmp_path / "home"))
    with server_of(tmp_path / "store") as address:
        monkeypatch.setenv("MXNET_GLUON_REPO", address)
        with pytest.raises(ValueError, match="there does not have the SHA-1"):
            file_in_store(published)
    assert list((tmp_path / "home" / "models").iterdir()) == []


def test_an_archive_without_the_file_is_refused(tmp_path: Path) -> None:
    from semseg.engines.encoder_weights.places import member_of

    with zipfile.ZipFile(tmp_path / "store.zip", "w") as members:
        members.writestr("../escape.params", b"weights")
        with pytest.raises(ValueError, match=r"the archive there holds no weights\.params of a sensible size"):
            member_of(members, "weights.params")


def cut_short(archive: bytearray) -> None:
    del archive[len(archive) // 2 :]


def with_broken_deflate(archive: bytearray) -> None:
    archive[DATA : DATA + 20] = b"\xff" * 20


def with_another_method(archive: bytearray) -> None:
    for start in (8, archive.index(b"PK\1\2") + 10):  # in the header of the file, and in the directory
        archive[start] = 99


def with_a_password(archive: bytearray) -> None:
    for start in (6, archive.index(b"PK\1\2") + 8):
        archive[start] |= 1


@pytest.mark.parametrize("damage", [cut_short, with_broken_deflate, with_another_method, with_a_password])
def test_the_hub_is_asked_where_the_archive_of_the_store_is_damaged(
    tmp_path: Path, damage: Callable[[bytearray], None]
) -> None:
    from semseg.engines.encoder_weights.places import HUB_FILE, PUBLISHED

    published = PUBLISHED["resnet-50"]
    models = tmp_path / "store" / "gluon" / "models"
    models.mkdir(parents=True)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as members:
        members.writestr(f"{published.file_name}.params", bytes(range(256)) * 40)
    archive = bytearray(packed.getvalue())
    damage(archive)
    (models / f"{published.file_name}.zip").write_bytes(archive)
    kept = tmp_path / "hub" / f"models--{published.repository.replace('/', '--')}"  # as the hub's own client keeps it
    (kept / "refs").mkdir(parents=True)
    (kept / "refs" / "main").write_text("abc")
    (kept / "snapshots" / "abc").mkdir(parents=True)
    (kept / "snapshots" / "abc" / HUB_FILE).write_bytes(b"weights")
    with server_of(tmp_path / "store") as address:
        done = run_published_file(MXNET_HOME=str(tmp_path), MXNET_GLUON_REPO=address, HF_HOME=str(tmp_path))
    assert (done.stdout, done.stderr) == (f"{kept / 'snapshots' / 'abc' / HUB_FILE}\n", "")


def run_published_file(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "from semseg.engines.encoder_weights.places import published_file; print(published_file('resnet-50'))",
        ],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "NO_PROXY": "127.0.0.1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_with_no_place_in_reach_one_sentence_names_all_three_and_the_ways_out(tmp_path: Path) -> None:
    nobody = "http://127.0.0.1:9"
    done = run_published_file(
        MXNET_HOME=str(tmp_path), MXNET_GLUON_REPO=nobody, HF_HOME=str(tmp_path), HF_ENDPOINT=nobody
    )
    assert done.stderr.splitlines()[-1] == (
        "semseg.errors.PlatformError: The ImageNet weights of resnet-50 were not named by the hyperparameter "
        "pretrained_weights and could not be fetched (GluonCV's store: 127.0.0.1:9 cannot be reached; the Hugging Face "
        "hub: 127.0.0.1:9 cannot be reached); set use_pretrained_model to False, or pretrained_weights to a .params or "
        ".safetensors file"
    )
