"""ImageNet weights, put into the encoder of a network."""

from __future__ import annotations

import mxnet as mx

from semseg.engines.encoder_weights.encoder import encoder_weights

PARTS = ("conv1", "bn1", "layer1", "layer2", "layer3", "layer4")


def load_backbone(network: mx.gluon.HybridBlock, backbone: str, weights_file: str) -> None:
    """Fills the encoder of a segmentation network with ImageNet weights: all of it, or nothing.

    Args:
        network: holds the encoder as conv1, bn1 and layer1 to layer4, as GluonCV's segmentation networks do;
            initialized, and run once, so that every shape is known.
        backbone, weights_file: as of :func:`semseg.engines.encoder_weights.encoder.encoder_weights`, which says what
            is raised too.
    """
    parameters = encoder_parameters(network)
    values = encoder_weights(backbone, weights_file, {name: parameter.shape for name, parameter in parameters.items()})
    for name, parameter in parameters.items():
        parameter.set_data(mx.nd.array(values[name]))


def encoder_parameters(network: mx.gluon.HybridBlock) -> dict[str, mx.gluon.Parameter]:
    """Returns the parameters by their place in the network, as in a .params file: "layer1.0.conv1.weight"."""
    parameters: dict[str, mx.gluon.Parameter] = {}
    for part in PARTS:
        parameters.update(getattr(network, part)._collect_params_with_prefix(part))
    return parameters
