"""Measures how near the exported graphs come to Gluon: all six networks, five sizes, on real pictures.

    python -m benchmarks.export_parity

The networks have random parameters such as training leaves them (running statistics are not 0 and 1, no block is the
identity), so their probabilities are as sensitive as those of a trained one. Prints a table for docs/export.md: the
largest difference of a probability, and the share of pixels that get the same class.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.test_data import data_set
from semseg.archive.mxnet_parameters import write_parameters
from semseg.machine.facts import usable_cores
from tests.engines.onnx.random_parameters import GLUON_WIDTH, random_parameters
from tests.six_networks import SIX

SIZES = ((240, 240), (31, 47), (480, 360), (123, 187), (96, 256))  # (height, width)
CLASSES = 21
SCORES = 4.0  # times those of the random parameters: classes are told apart as by a trained network
RUNTIMES = ("OpenVINO", "ONNX Runtime")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=1, help="for each size")
    count = parser.parse_args().pictures
    print(f"| network | size | {' | '.join(f'{name}: largest difference | equal pixels' for name in RUNTIMES)} |")
    print("|---|---|---|---|---|---|", flush=True)
    for algorithm, backbone in SIX:
        networks = all_three(algorithm, backbone)
        for size in SIZES:
            compared = [compare(networks, size, picture) for picture in pictures(size, count)]
            cells = []
            for number in range(len(RUNTIMES)):
                largest = max(row[number][0] for row in compared)
                equal = sum(row[number][1] for row in compared) / len(compared)
                cells.append(f"{largest:.1e} | {100 * equal:.3f} %")
            print(f"| {algorithm}, {backbone} | {size[0]} x {size[1]} | {' | '.join(cells)} |", flush=True)
    return 0


def all_three(algorithm: str, backbone: str) -> list[Any]:
    """Returns the same network on Gluon, on OpenVINO and on ONNX Runtime."""
    from semseg.engines.gluon.engine import load_network
    from semseg.engines.onnx.network import build_graph
    from semseg.engines.onnx.onnx_network import OnnxNetwork
    from semseg.engines.openvino.opening import open_network

    parameters = random_parameters(algorithm, backbone, CLASSES, GLUON_WIDTH)
    parameters["head.block.4.weight"] *= SCORES
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model_best.params"
        write_parameters(file, parameters)
        gluon = load_network(algorithm, backbone, CLASSES, file, "local")
        graph = Path(folder) / "model.onnx"
        graph.write_bytes(build_graph(parameters, algorithm, backbone, CLASSES).SerializeToString())
        return [gluon, *(make(graph, CLASSES, usable_cores()) for make in (open_network, OnnxNetwork))]


def pictures(size: tuple[int, int], count: int) -> Iterator[np.ndarray]:
    """Yields pictures of CamVid, each (1, H, W, 3) uint8, evenly spread over its validation half."""
    files = sorted((data_set("camvid") / "validation").iterdir())
    for number in range(count):
        with Image.open(files[number * len(files) // count]) as image:
            yield np.asarray(image.convert("RGB").resize(size[::-1], Image.Resampling.BILINEAR))[np.newaxis]


def compare(networks: list[Any], size: tuple[int, int], picture: np.ndarray) -> list[tuple[float, float]]:
    """Returns the largest difference and the share of equal pixels of each network except the first, compared with the
    first.
    """
    truth, *others = (network.probabilities(picture, size) for network in networks)
    classes = truth.argmax(axis=1)
    print(f"confidence {truth.max(axis=1).mean():.2f}", file=sys.stderr)
    return [(float(np.abs(found - truth).max()), float(np.mean(found.argmax(axis=1) == classes))) for found in others]


if __name__ == "__main__":
    sys.exit(main())
