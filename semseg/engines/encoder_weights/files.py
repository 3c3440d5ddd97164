"""Files of encoder weights: MXNet's with GluonCV's names, or those of safetensors with timm's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy

from semseg.archive.mxnet_parameters import read_parameters
from semseg.archive.parameter_file_start import MAX_FILE, START
from semseg.errors import ModelError
from semseg.plumbing.regular_file import open_regular

CLASSIFIER = "fc."  # in every file, and of no use here
BATCH_NORM = re.compile(r"(^|\.)(bn\d|downsample\.1)$|^conv1\.[14]$")
BATCH_NORM_NAMES = {"weight": "gamma", "bias": "beta", "running_mean": "running_mean", "running_var": "running_var"}


def encoder_arrays(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Returns the encoder's arrays under GluonCV's names; the classifier is left out."""
    if "bn1.gamma" in arrays:
        return {name: array for name, array in arrays.items() if not name.startswith(CLASSIFIER)}
    named = {gluon_name(name): array for name, array in arrays.items()}
    return {name: array for name, array in named.items() if name is not None}


def gluon_name(timm_name: str) -> str | None:
    """Returns GluonCV's name for a name that timm gives in its resnet50s and resnet101s; None if it is no part of the
    encoder.

    The blocks are named alike; only what batch norm holds has other names: "bn1.weight" is "bn1.gamma".
    """
    block, _, kind = timm_name.rpartition(".")
    if timm_name.startswith(CLASSIFIER) or kind == "num_batches_tracked":
        return None
    return f"{block}.{BATCH_NORM_NAMES.get(kind, kind)}" if BATCH_NORM.search(block) else timm_name


def read_arrays(file: Path) -> dict[str, np.ndarray]:
    """Returns the arrays by name of a file that MXNet or safetensors wrote. The content tells which; neither format can
    run code.

    Raises:
        ModelError: the file is of neither format, or it is damaged.
    """
    try:
        with open_regular(file, MAX_FILE) as stream:
            start = stream.read(9)
    except OSError as error:
        raise ModelError(f"The weights file {file} cannot be read: {error.strerror}") from error
    if start[:8] == START:
        return read_parameters(file)
    if start[8:] == b"{":  # safetensors: the header's length in 8 bytes, then the header, in JSON
        return read_safetensors(file)
    raise ModelError(f"The weights file {file} must be a .params file of MXNet or a .safetensors file, and is neither")


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
