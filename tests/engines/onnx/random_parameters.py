"""Parameters of the six networks, random and yet such as training leaves them, made without MXNet.

Running statistics are not 0 and 1, and no block is the identity. With a small ``width`` the networks are the same but
narrow, and quick; at 64 they have GluonCV's shapes.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from semseg.engines.onnx.encoder import BLOCKS

Shapes = Iterator[tuple[str, tuple[int, ...]]]
GLUON_WIDTH, NARROW = 64, 4


def random_parameters(
    algorithm: str,
    backbone: str = "resnet-50",
    num_classes: int = 5,
    width: int = NARROW,
    seed: int = 0,
    aux: bool = False,
) -> dict[str, np.ndarray]:
    """float32 values by GluonCV's names."""
    rng = np.random.default_rng(seed)
    head = {"fcn": _fcn, "psp": _psp, "deeplab": _deeplab}[algorithm](32 * width, num_classes)
    auxiliary = _fcn(16 * width, num_classes, name="auxlayer") if aux else ()
    return {name: _values(rng, name, shape) for name, shape in (*_encoder(width, backbone), *head, *auxiliary)}


def _values(rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> np.ndarray:
    kind = name.rsplit(".", 1)[1]
    if kind == "weight":
        # small scores, so that the softmax shows differences
        deviation = np.sqrt(2 / np.prod(shape[1:])) * (0.1 if name.endswith("block.4.weight") else 1)
        return rng.standard_normal(shape, dtype=np.float32) * np.float32(deviation)
    low, high = {
        "gamma": (0.1, 0.3) if name.endswith("bn3.gamma") else (0.7, 1.3),
        "beta": (-0.2, 0.2),
        "running_mean": (-0.2, 0.2),
        "running_var": (0.5, 1.5),
        "bias": (-0.5, 0.5),
    }[kind]
    return rng.uniform(low, high, shape).astype(np.float32)


def _convolution(name: str, inputs: int, outputs: int, side: int, norm: str) -> Shapes:
    yield f"{name}.weight", (outputs, inputs, side, side)
    for part in ("gamma", "beta", "running_mean", "running_var"):
        yield f"{norm}.{part}", (outputs,)


def _encoder(width: int, backbone: str) -> Shapes:
    yield from _convolution("conv1.0", 3, width, 3, "conv1.1")
    yield from _convolution("conv1.3", width, width, 3, "conv1.4")
    yield from _convolution("conv1.6", width, 2 * width, 3, "bn1")
    inputs = 2 * width
    for stage, blocks in enumerate(BLOCKS[backbone], start=1):
        planes = width * 2 ** (stage - 1)
        for number in range(blocks):
            name = f"layer{stage}.{number}"
            yield from _convolution(f"{name}.conv1", inputs, planes, 1, f"{name}.bn1")
            yield from _convolution(f"{name}.conv2", planes, planes, 3, f"{name}.bn2")
            yield from _convolution(f"{name}.conv3", planes, 4 * planes, 1, f"{name}.bn3")
            if number == 0:
                yield from _convolution(f"{name}.downsample.0", inputs, 4 * planes, 1, f"{name}.downsample.1")
            inputs = 4 * planes


def _fcn(inputs: int, num_classes: int, planes: int | None = None, name: str = "head") -> Shapes:
    planes = planes or inputs // 4
    yield from _convolution(f"{name}.block.0", inputs, planes, 3, f"{name}.block.1")
    yield f"{name}.block.4.weight", (num_classes, planes, 1, 1)
    yield f"{name}.block.4.bias", (num_classes,)


def _psp(inputs: int, num_classes: int) -> Shapes:
    for number in (1, 2, 3, 4):
        name = f"head.psp.conv{number}"
        yield from _convolution(f"{name}.0", inputs, inputs // 4, 1, f"{name}.1")
    yield from _fcn(2 * inputs, num_classes, inputs // 4)


def _deeplab(inputs: int, num_classes: int) -> Shapes:
    planes = inputs // 8
    name = "head.aspp.concurent"
    yield from _convolution(f"{name}.0.0", inputs, planes, 1, f"{name}.0.1")
    for number in (1, 2, 3):
        yield from _convolution(f"{name}.{number}.0", inputs, planes, 3, f"{name}.{number}.1")
    yield from _convolution(f"{name}.4.gap.1", inputs, planes, 1, f"{name}.4.gap.2")
    yield from _convolution("head.aspp.project.0", 5 * planes, planes, 1, "head.aspp.project.1")
    yield from _fcn(planes, num_classes, planes)
