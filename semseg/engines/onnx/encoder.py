"""The encoder: GluonCV's dilated ResNet V1s, whose features have one value for every 8 pixels."""

from __future__ import annotations

from semseg.engines.onnx.builder import GraphBuilder

BLOCKS = {"resnet-50": (3, 4, 6, 3), "resnet-101": (3, 4, 23, 3)}  # in each stage
FIRST_DILATION = {3: 1, 4: 2}  # of a stage's first block
DILATION = {3: 2, 4: 4}  # of its others


def add_encoder(graph: GraphBuilder, images: str, backbone: str) -> str:
    """Adds the encoder of normalised images, (N, 3, H, W), and returns the name of the features of the fourth stage,
    (N, 2048, h, w), at an eighth of the size.
    """
    x = graph.relu(graph.convolution(images, "conv1.0", "conv1.1", stride=2, padding=1))
    x = graph.relu(graph.convolution(x, "conv1.3", "conv1.4", padding=1))
    x = graph.relu(graph.convolution(x, "conv1.6", "bn1", padding=1))
    x = graph.add("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    for stage, count in enumerate(BLOCKS[backbone], start=1):
        for block in range(count):
            dilations = DILATION if block else FIRST_DILATION
            stride = 2 if (stage, block) == (2, 0) else 1
            x = _bottleneck(graph, x, f"layer{stage}.{block}", stride, dilations.get(stage, 1))
    return x


def _bottleneck(graph: GraphBuilder, x: str, name: str, stride: int, dilation: int) -> str:
    y = graph.relu(graph.convolution(x, f"{name}.conv1", f"{name}.bn1"))
    y = graph.relu(
        graph.convolution(y, f"{name}.conv2", f"{name}.bn2", stride=stride, padding=dilation, dilation=dilation)
    )
    y = graph.convolution(y, f"{name}.conv3", f"{name}.bn3")
    if name.endswith(".0"):  # the first block of a stage changes the number of channels
        x = graph.convolution(x, f"{name}.downsample.0", f"{name}.downsample.1", stride=stride)
    return graph.relu(graph.add("Add", [y, x]))
