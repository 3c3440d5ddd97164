from __future__ import annotations

import importlib.util
import os
import shlex
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from semseg.archive.mxnet_parameters import write_parameters
from semseg.errors import ModelError
from tests.engines.onnx.random_parameters import random_parameters

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("huggingface_hub") is None, reason="needs what the extras that train install"
)
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


def random_arrays(backbone: str = "resnet-50") -> dict[str, np.ndarray]:
    """Every array of a narrow encoder, under GluonCV's names."""
    arrays = random_parameters("fcn", backbone)
    return {name: array for name, array in arrays.items() if not name.startswith("head.")}


def timm_arrays() -> dict[str, np.ndarray]:
    from semseg.engines.encoder_weights.files import gluon_name

    arrays = random_arrays()
    named = {name: arrays.get(gluon_name(name)) for name in timm_names("resnet-50")}
    return {name: np.zeros(1, np.float32) if array is None else array for name, array in named.items()}


def segmentation_arrays() -> dict[str, np.ndarray]:
    """The encoder under the names of torchvision's segmentation networks, which begin as timm's resnet50 does."""
    kept = {f"backbone.{name}": array for name, array in timm_arrays().items() if not name.startswith("fc.")}
    decoders = ("classifier.0.weight", "classifier.4.bias", "aux_classifier.1.num_batches_tracked")
    return {**kept, **dict.fromkeys(decoders, np.zeros(1, np.float32))}


def save_safetensors(file: Path, arrays: dict[str, np.ndarray]) -> Path:
    import safetensors.numpy

    safetensors.numpy.save_file(arrays, file)
    return file


def load(file: Path) -> dict[str, np.ndarray]:
    from semseg.engines.encoder_weights.encoder import pretrained_weights

    named, arrays = pretrained_weights("resnet-50", str(file))
    assert named == file
    return arrays


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("conv1.0.weight", "conv1.0.weight"),
        ("conv1.1.weight", "conv1.1.gamma"),
        ("conv1.4.running_var", "conv1.4.running_var"),
        ("bn1.bias", "bn1.beta"),
        ("layer1.0.conv1.weight", "layer1.0.conv1.weight"),
        ("layer2.3.bn3.weight", "layer2.3.bn3.gamma"),
        ("layer3.0.downsample.0.weight", "layer3.0.downsample.0.weight"),
        ("layer3.0.downsample.1.bias", "layer3.0.downsample.1.beta"),
        ("conv1.weight", "conv1.weight"),  # timm's resnet50 and torchvision's
        ("backbone.bn1.weight", "bn1.gamma"),  # torchvision's segmentation networks
        ("bn1.gamma", "bn1.gamma"),  # GluonCV's own
        ("head.block.1.gamma", "head.block.1.gamma"),
        ("auxlayer.block.4.bias", "auxlayer.block.4.bias"),
    ],
)
def test_names_of_timm_and_torchvision_become_those_of_gluoncv(name: str, expected: str) -> None:
    from semseg.engines.encoder_weights.files import gluon_name

    assert gluon_name(name) == expected


@pytest.mark.parametrize(("backbone", "count"), [("resnet-50", 275), ("resnet-101", 530)])
def test_timm_names_cover_the_whole_encoder_and_nothing_else(backbone: str, count: int) -> None:
    from semseg.engines.encoder_weights.files import gluon_arrays

    # resnet-50: 3 + 3 x 16 + 4 = 55 convolutions in stem, blocks and shortcuts, each with a batch norm of 4 arrays
    # resnet-101: 3 + 3 x 33 + 4 = 106 of them: 106 x 5
    kept = gluon_arrays(dict.fromkeys(timm_names(backbone), np.zeros(1)))
    assert len(kept) == count
    assert kept.keys() == random_arrays(backbone).keys()


@pytest.mark.parametrize("kind", ["params", "timm", "torchvision"])
def test_a_file_gives_every_array_of_the_encoder_and_no_classifier(tmp_path: Path, kind: str) -> None:
    arrays = random_arrays()
    if kind == "params":
        write_parameters(tmp_path / "weights", {**arrays, "fc.weight": np.zeros((1000, 2048), np.float32)})
    else:
        save_safetensors(tmp_path / "weights", timm_arrays() if kind == "timm" else segmentation_arrays())
    found = load(tmp_path / "weights")
    assert found.keys() == arrays.keys()
    assert all(np.array_equal(array, arrays[name]) for name, array in found.items())


@pytest.mark.pytorch
@pytest.mark.slow
def test_a_file_of_torch_save_is_refused_with_the_command_that_converts_it(tmp_path: Path) -> None:
    import torch

    tensors = {name: torch.from_numpy(array) for name, array in timm_arrays().items()}
    file = tmp_path / "of the net.pth"
    torch.save(tensors, file)
    with pytest.raises(ModelError) as refusal:
        load(file)
    told, _, command = str(refusal.value).partition("convert it with PyTorch by python ")
    assert told == (
        f"The weights file {file} must be a .params file of MXNet or a .safetensors file, and is a pickle, which could "
        "run code: "
    )
    subprocess.run([sys.executable, *shlex.split(command)], check=True)
    found = load(file.with_suffix(".safetensors"))
    assert all(np.array_equal(array, found[name]) for name, array in random_arrays().items())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            b"\x80\x02not for us to run",
            "must be a .params file of MXNet or a .safetensors file, and is a pickle, which",
        ),
        (
            b"PK\3\4as torch.save",
            "must be a .params file of MXNet or a .safetensors file, and is a pickle, which could",
        ),
        (b"GIF89a....", "must be a .params file of MXNet or a .safetensors file, and is neither"),
        (b"", "must be a .params file of MXNet or a .safetensors file, and is neither"),
        (struct.pack("<Q", 2**50) + b"{", "cannot be read: "),
    ],
)
def test_a_file_of_another_kind_or_damaged_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "weights.params"
    file.write_bytes(content)
    with pytest.raises(ModelError) as refusal:
        load(file)
    assert str(refusal.value).startswith(f"The weights file {file} {reason}")


def test_a_file_of_mxnet_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(struct.pack("<QQQ", 0x112, 0, 2**60))
    with pytest.raises(ModelError) as refusal:
        load(tmp_path / "weights")
    sentence = "weights must be a whole file of MXNet parameters: it ends at byte 24, within an array or a name"
    assert str(refusal.value) == sentence


def test_arrays_without_names_are_refused(tmp_path: Path) -> None:
    write_parameters(tmp_path / "named", {"a": np.zeros(2, np.float32)})
    name = struct.pack("<QQ", 1, 1) + b"a"
    (tmp_path / "weights").write_bytes((tmp_path / "named").read_bytes()[: -len(name)] + struct.pack("<Q", 0))
    with pytest.raises(ModelError) as refusal:
        load(tmp_path / "weights")
    assert str(refusal.value) == "weights must be a whole file of MXNet parameters: it has 1 arrays and 0 names"


def test_numbers_that_numpy_has_not_are_refused(tmp_path: Path) -> None:
    header = b'{"bn1.weight":{"dtype":"F8_E5M2","shape":[2],"data_offsets":[0,2]}}'
    file = tmp_path / "weights.safetensors"
    file.write_bytes(struct.pack("<Q", len(header)) + header + bytes(2))
    with pytest.raises(ModelError, match="float8_e5m2"):
        load(file)


def test_a_fifo_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "weights.params")
    with pytest.raises(ModelError) as refusal:
        load(tmp_path / "weights.params")
    assert str(refusal.value) == (
        f"The weights file {tmp_path}/weights.params cannot be read: it must be a regular file or a link to one, "
        "got a FIFO"
    )


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as refusal:
        load(tmp_path / "weights.params")
    assert str(refusal.value) == f"The weights file {tmp_path}/weights.params cannot be read: No such file or directory"
