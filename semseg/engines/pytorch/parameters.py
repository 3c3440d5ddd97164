"""The parameters of a network by GluonCV's names, in and out of the files of a model archive."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import nn

from semseg.archive.mxnet_parameters import read_parameters
from semseg.engines.parameter_shapes import check_parameters_fit
from semseg.engines.pytorch.batch_norm import BatchNorm
from semseg.engines.start import Start, start_from

GLUON_NAMES = {"weight": "gamma", "bias": "beta"}  # of batch norm; all else is named alike


def named_tensors(network: nn.Module) -> dict[str, torch.Tensor]:
    """Returns the tensors themselves, not copies, by GluonCV's names and in the order in which MXNet writes them."""
    norms = {name for name, module in network.named_modules() if isinstance(module, BatchNorm)}
    return {_gluon_name(name, norms): tensor for name, tensor in network.state_dict(keep_vars=True).items()}


def _gluon_name(name: str, norms: Collection[str]) -> str:
    block, dot, kind = name.rpartition(".")
    return f"{block}{dot}{GLUON_NAMES.get(kind, kind) if block in norms else kind}"


def arrays(network: nn.Module) -> dict[str, np.ndarray]:
    """Returns copies of the values, float32, by GluonCV's names and in the order in which MXNet writes them."""
    return {name: tensor.detach().float().cpu().numpy().copy() for name, tensor in named_tensors(network).items()}


def fill(network: nn.Module, values: Mapping[str, np.ndarray]) -> None:
    """Gives every tensor of the network its values, of the same shape; what it has no place for is left out."""
    _copy(named_tensors(network), values)


def take_fitting(network: nn.Module, backbone: str, file: str, values: Mapping[str, np.ndarray]) -> Start:
    """Gives a network those values of a file that fit it, and returns which; where the file is refused, none.

    Args:
        backbone, file: as of :func:`semseg.engines.start.start_from`, which says what is raised too.
        values: the arrays of the file, by GluonCV's names.
    """
    tensors = named_tensors(network)
    found = {name: array.shape for name, array in values.items()}
    start = start_from(file, backbone, found, {name: tuple(tensor.shape) for name, tensor in tensors.items()})
    _copy({name: tensors[name] for name in start.taken}, values)
    return start


def load(network: nn.Module, path: Path) -> None:
    """Fills the network from a parameter file; an auxiliary head in it that the network does not have is left out.

    Raises:
        ModelError: the file cannot be read, or its parameters are not those of this network.
    """
    values = read_parameters(path)
    found = {name: array.shape for name, array in values.items()}
    check_parameters_fit(path.name, found, {n: tuple(tensor.shape) for n, tensor in named_tensors(network).items()})
    fill(network, values)


def _copy(tensors: Mapping[str, torch.Tensor], values: Mapping[str, np.ndarray]) -> None:
    with torch.no_grad():
        for name, tensor in tensors.items():
            tensor.copy_(torch.from_numpy(np.array(values[name], np.float32)))
