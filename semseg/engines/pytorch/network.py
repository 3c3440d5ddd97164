"""FCN, PSPNet and DeepLab V3 on a dilated ResNet, as GluonCV has them, for pictures of any size.

Each layer has the name that GluonCV gives it, and all stand in GluonCV's order: parameters go from one to the other by
their names. Source of the layers: GluonCV 0.10.5, ``resnetv1b.py`` (resnet50_v1s), ``fcn.py``, ``pspnet.py`` and
``deeplabv3.py``.
"""

from __future__ import annotations

from typing import Optional

import torch
from torch import nn
from torch.nn import functional

from semseg.engines.pytorch.batch_norm import BatchNorm

BLOCKS = {"resnet-50": (3, 4, 6, 3), "resnet-101": (3, 4, 23, 3)}  # in each stage
STAGE_3_CHANNELS, STAGE_4_CHANNELS = 1024, 2048
PYRAMID_BINS = (1, 2, 3, 6)
ATROUS_RATES = (12, 24, 36)

Scores = tuple[torch.Tensor, Optional[torch.Tensor]]


def build_network(algorithm: str, backbone: str, num_classes: int, aux: bool) -> SegmentationNetwork:
    """Returns a network whose parameters have no values yet, nor memory for them: ``to_empty(device=...)`` gives it.

    Args:
        algorithm: fcn, psp or deeplab.
        backbone: resnet-50 or resnet-101.
        num_classes: C, the channels of the scores.
        aux: with the auxiliary head on the third stage.
    """
    with torch.device("meta"):
        return SegmentationNetwork(algorithm, backbone, num_classes, aux)


class SegmentationNetwork(nn.Module):
    """An encoder with a head; its attributes are named as GluonCV's."""

    def __init__(self, algorithm: str, backbone: str, num_classes: int, aux: bool) -> None:
        super().__init__()
        first, second, third, fourth = BLOCKS[backbone]
        self.conv1 = nn.Sequential(
            *_convolution(3, 64, 3, stride=2), nn.ReLU(inplace=True), *_convolution(64, 64, 3), nn.ReLU(inplace=True),
            nn.Conv2d(64, 128, 3, padding=1, bias=False),
        )  # fmt: skip
        self.bn1 = BatchNorm(128)
        self.layer1 = _stage(128, 64, first)
        self.layer2 = _stage(256, 128, second, stride=2)
        self.layer3 = _stage(512, 256, third, dilation=2)
        self.layer4 = _stage(STAGE_3_CHANNELS, 512, fourth, dilation=4)
        self.head = {"fcn": FCNHead, "psp": PSPHead, "deeplab": DeepLabHead}[algorithm](STAGE_4_CHANNELS, num_classes)
        self.auxlayer = FCNHead(STAGE_3_CHANNELS, num_classes) if aux else None

    def forward(self, images: torch.Tensor) -> Scores:
        """Returns the scores, (N, C, H, W) float32, of normalised images, (N, 3, H, W), and the auxiliary scores, or
        None.
        """
        x = functional.relu(self.bn1(self.conv1(images)), inplace=True)
        x = functional.max_pool2d(x, 3, stride=2, padding=1)
        stage_3 = self.layer3(self.layer2(self.layer1(x)))
        scores = resize(self.head(self.layer4(stage_3)).float(), images)
        return scores, None if self.auxlayer is None else resize(self.auxlayer(stage_3).float(), images)


class Bottleneck(nn.Module):
    """Convolutions of 1 x 1, 3 x 3 and 1 x 1, whose result is added to the input."""

    def __init__(self, inputs: int, planes: int, stride: int, dilation: int, downsample: nn.Sequential | None) -> None:
        super().__init__()
        self.conv1, self.bn1 = _convolution(inputs, planes, 1)
        self.conv2, self.bn2 = _convolution(planes, planes, 3, stride, dilation)
        self.conv3, self.bn3 = _convolution(planes, 4 * planes, 1)
        self.downsample = downsample

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Returns (N, 4 * planes, h, w)."""
        y = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        y = functional.relu(self.bn2(self.conv2(y)), inplace=True)
        y = self.bn3(self.conv3(y))
        return functional.relu(y + (x if self.downsample is None else self.downsample(x)), inplace=True)


class FCNHead(nn.Module):
    """A convolution of 3 x 3, and one of 1 x 1 to the classes."""

    def __init__(self, inputs: int, num_classes: int) -> None:
        super().__init__()
        self.block = _block(inputs, inputs // 4, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Returns the scores, (N, C, h, w)."""
        scores: torch.Tensor = self.block(x)
        return scores


class PyramidPooling(nn.Module):
    """The means over 1, 2, 3 and 6 bins a side, resized to the size of the input and put beside it."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.conv1, self.conv2, self.conv3, self.conv4 = (_branch(inputs, inputs // 4, 1) for _ in PYRAMID_BINS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Returns (N, 2 * C, h, w)."""
        branches = zip((self.conv1, self.conv2, self.conv3, self.conv4), PYRAMID_BINS)
        return torch.cat([x, *(resize(branch(pool(x, bins)), x) for branch, bins in branches)], dim=1)


class PSPHead(nn.Module):
    """Pyramid pooling before the head of FCN."""

    def __init__(self, inputs: int, num_classes: int) -> None:
        super().__init__()
        self.psp = PyramidPooling(inputs)
        self.block = _block(2 * inputs, inputs // 4, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Returns the scores, (N, C, h, w)."""
        scores: torch.Tensor = self.block(self.psp(x))
        return scores


class MeanOfPicture(nn.Module):
    """The mean of the whole picture, spread over the size of the input."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.gap = nn.Sequential(nn.Identity(), *_branch(inputs, outputs, 1))  # GluonCV has its pooling at the front

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Returns (N, outputs, h, w)."""
        return resize(self.gap(pool(x, 1)), x)


class ASPP(nn.Module):
    """Atrous spatial pyramid pooling: convolutions with ever larger dilation beside each other."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        wide = [_branch(inputs, outputs, 3, rate) for rate in ATROUS_RATES]
        self.concurent = nn.ModuleList([_branch(inputs, outputs, 1), *wide, MeanOfPicture(inputs, outputs)])
        self.project = nn.Sequential(*_branch(5 * outputs, outputs, 1), nn.Dropout(0.5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Returns (N, outputs, h, w)."""
        x = x.contiguous(memory_format=torch.channels_last)  # a processor convolves with wide dilations faster in it
        y: torch.Tensor = self.project(torch.cat([branch(x) for branch in self.concurent], dim=1))
        return y


class DeepLabHead(nn.Module):
    """Atrous spatial pyramid pooling before the head of FCN."""

    def __init__(self, inputs: int, num_classes: int) -> None:
        super().__init__()
        self.aspp = ASPP(inputs, inputs // 8)
        self.block = _block(inputs // 8, inputs // 8, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Returns the scores, (N, C, h, w)."""
        scores: torch.Tensor = self.block(self.aspp(x))
        return scores


def resize(x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Returns ``x`` resized bilinearly, corners aligned, to the height and width of ``like``."""
    return resized_to(x, (like.shape[2], like.shape[3]))


def resized_to(x: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Returns ``x``, (N, C, h, w), resized bilinearly, corners aligned, to (H, W)."""
    if tuple(x.shape[2:]) == tuple(size):
        return x
    return functional.interpolate(x, size=size, mode="bilinear", align_corners=True)


def pool(x: torch.Tensor, bins: int) -> torch.Tensor:
    """Returns the means of ``x``, (N, C, h, w), over so many bins a side, (N, C, bins, bins).

    It is PyTorch's ``adaptive_avg_pool2d`` as two matrix products: that function has no deterministic backward pass on
    CUDA, and none at all on MPS where the bins do not divide the sides.
    """
    if bins == 1:
        return x.mean((2, 3), keepdim=True)
    return _bin_weights(x, x.shape[2], bins) @ x @ _bin_weights(x, x.shape[3], bins).T


def _bin_weights(x: torch.Tensor, length: int, bins: int) -> torch.Tensor:
    """Returns (bins, length): bin i of n is the mean from floor(i L / n) to before ceil((i + 1) L / n).

    They are made on the device of ``x``: copied there they would make the processor wait for it.
    """
    position, number = torch.arange(length, device=x.device), torch.arange(bins, device=x.device)[:, None]
    first, end = number * length // bins, ((number + 1) * length + bins - 1) // bins
    return ((position >= first) & (position < end)).to(x.dtype) / (end - first)


def _stage(inputs: int, planes: int, blocks: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """Returns a stage; its first block has half the dilation of the others, where they have any."""
    downsample = nn.Sequential(*_convolution(inputs, 4 * planes, 1, stride))
    first = Bottleneck(inputs, planes, stride, max(1, dilation // 2), downsample)
    return nn.Sequential(first, *(Bottleneck(4 * planes, planes, 1, dilation, None) for _ in range(blocks - 1)))


def _block(inputs: int, planes: int, num_classes: int) -> nn.Sequential:
    return nn.Sequential(*_branch(inputs, planes, 3), nn.Dropout(0.1), nn.Conv2d(planes, num_classes, 1))


def _branch(inputs: int, outputs: int, side: int, dilation: int = 1) -> nn.Sequential:
    return nn.Sequential(*_convolution(inputs, outputs, side, 1, dilation), nn.ReLU(inplace=True))


def _convolution(
    inputs: int, outputs: int, side: int, stride: int = 1, dilation: int = 1
) -> tuple[nn.Conv2d, BatchNorm]:
    """Returns a convolution that keeps the size, but for its stride, and the norm after it."""
    padding = dilation * (side // 2)
    convolution = nn.Conv2d(inputs, outputs, side, stride, padding, dilation, bias=False)
    return convolution, BatchNorm(outputs)
