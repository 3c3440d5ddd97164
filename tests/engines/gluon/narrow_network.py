"""GluonCV's networks with fewer channels, and so quick: layers and names are the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from semseg.archive.mxnet_parameters import read_parameters
from semseg.engines.gluon.engine import GluonNetwork, load_parameters
from semseg.engines.gluon.networks import build_network

if TYPE_CHECKING:
    from mxnet import gluon


def narrow_gluon_network(algorithm: str, backbone: str, num_classes: int, file: Path) -> GluonNetwork:
    """With as many channels as the parameters of a file have."""
    import mxnet as mx

    network = build_network(algorithm, backbone, num_classes, aux=False)
    narrow = read_parameters(file)
    for name, parameter in network._collect_params_with_prefix().items():
        parameter._data, parameter._deferred_init = None, ()  # GluonCV gives a head its first values at once
        parameter._shape = narrow[name].shape
        parameter.initialize(mx.init.Zero(), ctx=[mx.cpu()])
    network.apply(_count_filters)
    load_parameters(network, file)
    return GluonNetwork(network, num_classes, [mx.cpu()])


def _count_filters(block: gluon.Block) -> None:
    from mxnet import gluon

    if isinstance(block, gluon.nn.Conv2D):
        block._kwargs["num_filter"] = block.weight.shape[0]
