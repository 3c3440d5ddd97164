"""Files of weights: MXNet's with GluonCV's names, or those of safetensors with timm's or torchvision's."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy

from semseg.archive.mxnet_parameters import read_parameters
from semseg.archive.parameter_file_start import MAX_FILE, START
from semseg.errors import ModelError
from semseg.plumbing.regular_file import open_regular

ENCODER_PREFIX = "backbone."  # of an encoder's names in torchvision's segmentation networks
# Decoders under names that are not ours, and what counts batches: they are of no use here.
OTHERS = re.compile(r"(fc|classifier|aux_classifier)\.|.*\.num_batches_tracked$")
BATCH_NORM = re.compile(r"(^|\.)(bn\d|downsample\.1)$|^conv1\.[14]$")
BATCH_NORM_NAMES = {"weight": "gamma", "bias": "beta"}
PICKLES = (b"PK\x03\x04", b"\x80")  # how files of torch.save begin, now and before PyTorch 1.6
CONVERSION = (
    "import sys, torch, safetensors.torch as s; s.save_file(torch.load(sys.argv[1], weights_only=True), sys.argv[2])"
)


def gluon_arrays(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Returns the arrays under GluonCV's names; classifiers of other networks are left out."""
    return {gluon_name(name): array for name, array in arrays.items() if not OTHERS.match(name)}


def gluon_name(name: str) -> str:
    """Returns GluonCV's name for one that timm or torchvision gives; GluonCV's own stay as they are.

    The blocks are named alike; only what batch norm holds has other names: "bn1.weight" is "bn1.gamma".
    """
    name = name[len(ENCODER_PREFIX) :] if name.startswith(ENCODER_PREFIX) else name
    block, _, kind = name.rpartition(".")
    return f"{block}.{BATCH_NORM_NAMES.get(kind, kind)}" if BATCH_NORM.search(block) else name


def read_arrays(file: Path) -> dict[str, np.ndarray]:
    """Returns the arrays by name of a file that MXNet or safetensors wrote.

    Raises:
        ModelError: the file is of neither format, or it is damaged.
    """
    return read_parameters(file) if is_of_mxnet(file) else read_safetensors(file)


def is_of_mxnet(file: Path) -> bool:
    """Returns whether MXNet wrote a file, and not safetensors. Its first bytes tell; neither format can run code.

    Raises:
        ModelError: the file cannot be read, or is of neither format.
    """
    try:
        with open_regular(file, MAX_FILE) as stream:
            start = stream.read(9)
    except OSError as error:
        raise ModelError(f"The weights file {file} cannot be read: {error.strerror}") from error
    is_safetensors = start[8:] == b"{"  # the header's length in 8 bytes, then the header, in JSON
    if start[:8] != START and not is_safetensors:
        raise ModelError(f"The weights file {file} must be {_rule(file, start)}")
    return not is_safetensors


def _rule(file: Path, start: bytes) -> str:
    """Returns what a file must be, and how to make it that."""
    kinds = "a .params file of MXNet or a .safetensors file"
    if not start.startswith(PICKLES):
        return f"{kinds}, and is neither"
    paths = (shlex.quote(str(path)) for path in (file, file.with_suffix(".safetensors")))
    return (
        f"{kinds}, and is a pickle, which could run code: convert it with PyTorch by "
        f"python -c '{CONVERSION}' {' '.join(paths)}"
    )


def read_safetensors(file: Path) -> dict[str, np.ndarray]:
    """Returns the arrays of a safetensors file, by name."""
    try:
        return safetensors.numpy.load_file(file)
    except (
        safetensors.SafetensorError,
        TypeError,
        AttributeError,
    ) as error:  # a type that numpy does not have
        raise ModelError(f"The weights file {file} cannot be read: {error}") from error
