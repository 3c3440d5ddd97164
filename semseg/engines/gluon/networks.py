"""FCN, PSPNet and DeepLab V3: GluonCV's own classes, extended to pictures of any size.

GluonCV fixes the sizes that it up-samples to when a network is built. Here each up-sampling takes its size from the
tensor that it has to match, so that one network serves every size, from many threads, hybridised or not. Parameters
keep GluonCV's names and shapes: a file saved here loads into GluonCV's class, and the other way round.
"""

from __future__ import annotations

import contextlib
import io
from typing import Any

import mxnet as mx
import numpy as np
from gluoncv.model_zoo import FCN, DeepLabV3, PSPNet
from gluoncv.model_zoo.deeplabv3 import _AsppPooling
from gluoncv.model_zoo.pspnet import _PyramidPooling
from mxnet.gluon import nn
from mxnet.gluon.contrib.nn import SyncBatchNorm

from semseg.engines.engine import HEAD_RATE_FACTOR

BACKBONES = {"resnet-50": "resnet50", "resnet-101": "resnet101"}
ENCODER_CHANNELS = 2048
# Ends each residual branch: at 0 a block begins as the identity, and the network learns much sooner.
# Source: Goyal et al., "Accurate, Large Minibatch SGD", 2017, 5.1.
LAST_GAMMA = ".bn3.gamma"


def upsample(F: Any, x: Any, like: Any) -> Any:
    """Returns ``x`` resized bilinearly, corners aligned, to the height and width of ``like``.

    MXNet has a gradient for ``like`` too, which is zero, and which it writes over those that it should be added to if
    the graph is compiled. It is stopped; of one channel, because what is stopped is copied.
    """
    size = F.BlockGrad(F.slice_axis(like, axis=1, begin=0, end=1))
    return F.contrib.BilinearResize2D(x, size, mode="like")


class AnySize:
    """Replaces the forward pass of GluonCV's segmentation networks by one for pictures of any size."""

    def hybrid_forward(self, F: Any, images: Any) -> Any:
        """Returns the scores, (N, C, H, W), of normalised images, (N, 3, H, W), and with ``aux`` also the auxiliary
        scores.
        """
        stage3, stage4 = self.base_forward(images)  # type: ignore[attr-defined]
        scores = upsample(F, self.head(stage4), images)  # type: ignore[attr-defined]
        if not self.aux:  # type: ignore[attr-defined]
            return scores
        return scores, upsample(F, self.auxlayer(stage3), images)  # type: ignore[attr-defined]


class AnySizeFCN(AnySize, FCN):
    """GluonCV's FCN for pictures of any size."""


class AnySizePyramidPooling(_PyramidPooling):
    """Pools to 1, 2, 3 and 6 bins a side, and resizes each result to the size of the input."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        branches = ((self.conv1, 1), (self.conv2, 2), (self.conv3, 3), (self.conv4, 6))
        pooled = [upsample(F, conv(self.pool(F, x, bins)), x) for conv, bins in branches]
        return F.concat(x, *pooled, dim=1)


class AnySizePSP(AnySize, PSPNet):
    """GluonCV's PSPNet for pictures of any size."""

    def __init__(self, nclass: int, aux: bool, backbone: str, norm_layer: type, norm_kwargs: dict[str, Any]) -> None:
        with contextlib.redirect_stdout(io.StringIO()):  # GluonCV prints the crop size here
            super().__init__(
                nclass, backbone, aux, pretrained_base=False, norm_layer=norm_layer, norm_kwargs=norm_kwargs
            )
        self.head.psp = AnySizePyramidPooling(ENCODER_CHANNELS, norm_layer=norm_layer, norm_kwargs=norm_kwargs)


class AnySizeAsppPooling(_AsppPooling):
    """Pools the whole picture to one value per channel, and spreads it over the size of the input."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return upsample(F, self.gap(x), x)


class AnySizeDeepLab(AnySize, DeepLabV3):
    """GluonCV's DeepLabV3 for pictures of any size."""

    def __init__(self, nclass: int, aux: bool, backbone: str, norm_layer: type, norm_kwargs: dict[str, Any]) -> None:
        super().__init__(nclass, backbone, aux, pretrained_base=False, norm_layer=norm_layer, norm_kwargs=norm_kwargs)
        pooling = AnySizeAsppPooling(ENCODER_CHANNELS, 256, norm_layer=norm_layer, norm_kwargs=norm_kwargs)
        self.head.aspp.concurent.register_child(pooling, "4")  # the place of GluonCV's own


def build_network(
    algorithm: str, backbone: str, num_classes: int, aux: bool, sync_devices: int = 0
) -> mx.gluon.HybridBlock:
    """Returns a network whose parameters have no values yet.

    Args:
        algorithm: fcn, psp or deeplab.
        backbone: resnet-50 or resnet-101.
        num_classes: C, the channels of the scores.
        aux: with the auxiliary head on the third stage.
        sync_devices: over how many devices batch norm takes its statistics; 0 leaves each device its own.
    """
    norm_layer = SyncBatchNorm if sync_devices else nn.BatchNorm
    norm_kwargs = {"num_devices": sync_devices} if sync_devices else {}
    name = BACKBONES[backbone]
    network: mx.gluon.HybridBlock
    if algorithm == "fcn":
        network = AnySizeFCN(
            num_classes, name, aux, pretrained_base=False, norm_layer=norm_layer, norm_kwargs=norm_kwargs
        )
    else:
        network = {"psp": AnySizePSP, "deeplab": AnySizeDeepLab}[algorithm](
            num_classes, aux, name, norm_layer, norm_kwargs
        )
    network.head.collect_params().setattr("lr_mult", HEAD_RATE_FACTOR)
    return network


class HeNormal(mx.init.Initializer):
    """Initial weights from a normal distribution with variance 2 / fan-in, drawn by numpy.

    MXNet's own draws on the CPU are not always the same for the same seed (about one tensor in three thousand differs).
    Source: He et al., "Delving Deep into Rectifiers", ICCV 2015.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._rng = np.random.default_rng(seed)

    def _init_weight(self, name: str, array: mx.nd.NDArray) -> None:
        fan_in = int(np.prod(array.shape[1:]))
        array[:] = self._rng.standard_normal(array.shape, dtype=np.float32) * np.float32(np.sqrt(2 / fan_in))


def initialize(network: mx.gluon.HybridBlock, devices: list[mx.Context], seed: int | None = None) -> None:
    """Gives every parameter a first value on every device: random ones from a seed to train from, or, without a seed,
    any values, to be overwritten.

    GluonCV's own first values are too large to learn from.
    """
    first_values = mx.init.Zero() if seed is None else HeNormal(seed)
    network.initialize(first_values, ctx=devices, force_reinit=True)
    network(mx.nd.zeros((1, 3, 32, 32), ctx=devices[0]))  # parameters of unknown shape get theirs
    for name, parameter in network._collect_params_with_prefix().items():
        if name.endswith(LAST_GAMMA):
            parameter.set_data(mx.nd.zeros(parameter.shape))
