"""Bare OpenVINO on an exported graph. It takes an array and returns the graph's own mask.

    python -m benchmarks.contenders.openvino_graph model.xml 2

The last argument is the number of threads.
"""

from __future__ import annotations

import sys

import numpy as np
import openvino

import semseg.engines.openvino  # noqa: F401  # first: it keeps telemetry out
from benchmarks.contenders.turns import Turns


def main(file: str, threads: str) -> None:
    turns = Turns()
    # Without the precision hint OpenVINO computes in bf16 on processors that know it, here at half the speed.
    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32",
        "INFERENCE_NUM_THREADS": int(threads),
    }
    core = openvino.Core()
    model = core.read_model(file)
    masks = openvino.Model([model.output("mask")], model.get_parameters())
    request = core.compile_model(masks, "CPU", settings).create_infer_request()

    def segment(image: np.ndarray) -> np.ndarray:
        return request.infer([image[np.newaxis]], share_inputs=True)[0][0]

    turns.take(segment)


if __name__ == "__main__":
    main(*sys.argv[1:])
