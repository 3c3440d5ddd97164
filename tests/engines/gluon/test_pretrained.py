from __future__ import annotations

import contextlib
import functools
import hashlib
import http.server
import io
import os
import struct
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from semseg.errors import ModelError

pytestmark = pytest.mark.engine
REPOSITORY = Path(__file__).resolve().parents[3]
DATA = 30 + len("resnet50_v1s-25a187fa.params")  # where the data of a zip's first file begin
BLOCKS = {"resnet-50": (3, 4, 6, 3), "resnet-101": (3, 4, 23, 3)}


def timm_names(backbone: str) -> list[str]:
    """What timm calls the arrays of its resnet50s and resnet101s, spelt out from its model's structure."""
    norm = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    names = [f"conv1.{place}.weight" for place in (0, 3, 6)]
    names += [f"{block}.{kind}" for block in ("conv1.1", "conv1.4", "bn1") for kind in norm]
    for layer, count in enumerate(BLOCKS[backbone], start=1):
        for number in range(count):
            block = f"layer{layer}.{number}"
            names += [f"{block}.conv{place}.weight" for place in (1, 2, 3)]
            names += [f"{block}.bn{place}.{kind}" for place in (1, 2, 3) for kind in norm]
        names += [f"layer{layer}.0.downsample.0.weight"]
        names += [f"layer{layer}.0.downsample.1.{kind}" for kind in norm]
    return [*names, "fc.weight", "fc.bias"]


@functools.cache
def new_network(backbone: str) -> Any:
    """A network to be looked at, not filled."""
    import mxnet as mx

    from semseg.engines.gluon.networks import build_network, initialize

    network = build_network("fcn", backbone, num_classes=2, aux=False)
    initialize(network, [mx.cpu()])
    return network


def random_arrays(backbone: str = "resnet-50") -> dict[str, np.ndarray]:
    """Every array of the encoder, under GluonCV's names."""
    from semseg.engines.gluon.pretrained import encoder_parameters

    rng = np.random.default_rng(7)
    parameters = encoder_parameters(new_network(backbone))
    return {name: rng.normal(size=parameter.shape).astype(np.float32) for name, parameter in parameters.items()}


def timm_arrays() -> dict[str, np.ndarray]:
    from semseg.engines.gluon.pretrained import gluon_name

    arrays = random_arrays()
    named = {name: arrays.get(gluon_name(name) or "") for name in timm_names("resnet-50")}
    return {name: np.zeros(1, np.float32) if array is None else array for name, array in named.items()}


def save_params(file: Path, arrays: dict[str, np.ndarray]) -> Path:
    import mxnet as mx

    mx.nd.save(str(file), {name: mx.nd.array(array) for name, array in arrays.items()})
    return file


def save_safetensors(file: Path, arrays: dict[str, np.ndarray]) -> Path:
    import safetensors.numpy

    safetensors.numpy.save_file(arrays, file)
    return file


def load(network: Any, file: Path) -> None:
    from semseg.engines.gluon.pretrained import load_backbone

    load_backbone(network, "resnet-50", str(file))


def values(network: Any) -> dict[str, np.ndarray]:
    from semseg.engines.gluon.pretrained import encoder_parameters

    return {name: parameter.data().asnumpy() for name, parameter in encoder_parameters(network).items()}


@pytest.mark.parametrize(
    ("timm_name", "expected"),
    [
        ("conv1.0.weight", "conv1.0.weight"),
        ("conv1.1.weight", "conv1.1.gamma"),
        ("conv1.4.running_var", "conv1.4.running_var"),
        ("bn1.bias", "bn1.beta"),
        ("layer1.0.conv1.weight", "layer1.0.conv1.weight"),
        ("layer2.3.bn3.weight", "layer2.3.bn3.gamma"),
        ("layer3.0.downsample.0.weight", "layer3.0.downsample.0.weight"),
        ("layer3.0.downsample.1.bias", "layer3.0.downsample.1.beta"),
        ("layer3.0.downsample.1.num_batches_tracked", None),
        ("fc.bias", None),
    ],
)
def test_timm_names_become_gluon_names(timm_name: str, expected: str | None) -> None:
    from semseg.engines.gluon.pretrained import gluon_name

    assert gluon_name(timm_name) == expected


@pytest.mark.parametrize(("backbone", "count"), [("resnet-50", 275), ("resnet-101", 530)])
def test_timm_names_cover_the_whole_encoder_and_nothing_else(backbone: str, count: int) -> None:
    from semseg.engines.gluon.pretrained import encoder_parameters, gluon_name

    # resnet-50: 3 + 3 x 16 + 4 = 55 convolutions in stem, blocks and shortcuts, each with a batch norm of 4 arrays
    # resnet-101: 3 + 3 x 33 + 4 = 106 of them: 106 x 5
    mapped = [gluon_name(name) for name in timm_names(backbone)]
    kept = [name for name in mapped if name is not None]
    assert len(kept) == len(set(kept)) == count
    assert set(kept) == set(encoder_parameters(new_network(backbone)))


@pytest.mark.parametrize("kind", ["params", "safetensors"])
def test_a_file_fills_the_whole_encoder_and_leaves_the_head(tmp_path: Path, kind: str) -> None:
    import mxnet as mx

    from semseg.engines.gluon.networks import build_network, initialize

    network = build_network("fcn", "resnet-50", num_classes=2, aux=False)
    initialize(network, [mx.cpu()])
    head = {name: value.data().asnumpy() for name, value in network.head.collect_params().items()}
    arrays = random_arrays()
    if kind == "params":
        file = save_params(tmp_path / "weights", {**arrays, "fc.weight": np.zeros((1000, 2048), np.float32)})
    else:
        file = save_safetensors(tmp_path / "weights", timm_arrays())
    load(network, file)
    assert all(np.array_equal(value, arrays[name]) for name, value in values(network).items())
    assert all(
        np.array_equal(value.data().asnumpy(), head[name]) for name, value in network.head.collect_params().items()
    )


def test_a_file_of_half_precision_fills_the_encoder_in_single_precision(tmp_path: Path) -> None:
    import mxnet as mx

    from semseg.engines.gluon.networks import build_network, initialize

    network = build_network("fcn", "resnet-50", num_classes=2, aux=False)
    initialize(network, [mx.cpu()])
    half = {name: array.astype(np.float16) for name, array in timm_arrays().items()}
    load(network, save_safetensors(tmp_path / "weights", half))
    stem = values(network)["conv1.0.weight"]
    assert stem.dtype == np.float32
    assert np.array_equal(stem, half["conv1.0.weight"].astype(np.float32))


def changed(name: str, array: np.ndarray | None) -> dict[str, np.ndarray]:
    arrays = random_arrays()
    if array is None:
        del arrays[name]
    else:
        arrays[name] = array
    return arrays


@pytest.mark.parametrize(
    ("name", "array", "reason"),
    [
        ("layer2.0.bn1.gamma", None, "it holds no 'layer2.0.bn1.gamma'"),
        (
            "conv1.0.weight",
            np.zeros((64, 3, 7, 7), np.float32),
            "'conv1.0.weight' must have the shape (64, 3, 3, 3), got (64, 3, 7, 7)",
        ),
        (
            "layer3.6.conv1.weight",
            np.zeros((256, 1024, 1, 1), np.float32),
            "it holds 'layer3.6.conv1.weight', which such an encoder has not",
        ),
    ],
)
def test_a_file_that_does_not_fit_is_refused_and_nothing_is_loaded(
    tmp_path: Path, name: str, array: np.ndarray | None, reason: str
) -> None:
    network = new_network("resnet-50")
    before = values(network)
    file = save_params(tmp_path / "weights.params", changed(name, array))
    with pytest.raises(ModelError) as refusal:
        load(network, file)
    assert str(refusal.value) == f"{file} cannot fill a resnet-50 encoder: {reason}"
    assert all(np.array_equal(value, before[key]) for key, value in values(network).items())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x80\x04not for us to run", "must be a .params file of MXNet or a .safetensors file, and is neither"),
        (b"", "must be a .params file of MXNet or a .safetensors file, and is neither"),
        (struct.pack("<Q", 2**50) + b"{", "cannot be read: "),
    ],
)
def test_a_file_of_another_kind_or_damaged_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "weights.params"
    file.write_bytes(content)
    with pytest.raises(ModelError) as refusal:
        load(new_network("resnet-50"), file)
    assert str(refusal.value).startswith(f"The weights file {file} {reason}")


def test_a_file_of_mxnet_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(struct.pack("<QQQ", 0x112, 0, 2**60))
    with pytest.raises(ModelError) as refusal:
        load(new_network("resnet-50"), tmp_path / "weights")
    sentence = "weights must be a whole file of MXNet parameters: it ends at byte 24, within an array or a name"
    assert str(refusal.value) == sentence


def test_arrays_without_names_are_refused(tmp_path: Path) -> None:
    import mxnet as mx

    mx.nd.save(str(tmp_path / "weights"), [mx.nd.zeros((2,))])
    with pytest.raises(ModelError) as refusal:
        load(new_network("resnet-50"), tmp_path / "weights")
    assert str(refusal.value) == "weights must be a whole file of MXNet parameters: it has 1 arrays and 0 names"


def test_numbers_that_numpy_has_not_are_refused(tmp_path: Path) -> None:
    header = b'{"bn1.weight":{"dtype":"F8_E5M2","shape":[2],"data_offsets":[0,2]}}'
    file = tmp_path / "weights.safetensors"
    file.write_bytes(struct.pack("<Q", len(header)) + header + bytes(2))
    with pytest.raises(ModelError, match="float8_e5m2"):
        load(new_network("resnet-50"), file)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as refusal:
        load(new_network("resnet-50"), tmp_path / "weights.params")
    assert str(refusal.value) == f"The weights file {tmp_path}/weights.params cannot be read: No such file or directory"


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


def publish(folder: Path, content: bytes) -> Any:
    """Put a weights file into a store, zipped as GluonCV's is; gives what semseg would know of it."""
    from semseg.engines.gluon.pretrained import Published

    published = Published("resnet50_v1s", hashlib.sha1(content).hexdigest(), "timm/nothing")
    models = folder / "gluon" / "models"
    models.mkdir(parents=True)
    with zipfile.ZipFile(models / f"{published.file_name}.zip", "w") as archive:
        archive.writestr(f"{published.file_name}.params", content)
    return published


def test_the_store_is_asked_once_and_then_its_file_is_at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from semseg.engines.gluon.pretrained import file_in_store

    published = publish(tmp_path / "store", b"weights")
    monkeypatch.setenv("MXNET_HOME", str(tmp_path / "home"))
    with server_of(tmp_path / "store") as address:
        monkeypatch.setenv("MXNET_GLUON_REPO", address)
        file = file_in_store(published)
    assert file == tmp_path / "home" / "models" / f"{published.file_name}.params"
    assert file.read_bytes() == b"weights"
    assert file_in_store(published) == file  # the server is gone by now


def test_a_file_with_another_sha1_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from semseg.engines.gluon.pretrained import file_in_store

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
    from semseg.engines.gluon.pretrained import member_of

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
    from semseg.engines.gluon.pretrained import HUB_FILE, PUBLISHED

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
            "from semseg.engines.gluon.pretrained import published_file; print(published_file('resnet-50'))",
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
