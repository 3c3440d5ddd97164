"""Bare ONNX Runtime on an exported graph. It takes an array and returns the graph's own mask.

    python -m benchmarks.contenders.onnxruntime_graph model.onnx 2

The last argument is the number of threads.
"""

from __future__ import annotations

import sys

import numpy as np
import onnxruntime

from benchmarks.contenders.turns import Turns


def main(file: str, threads: str) -> None:
    turns = Turns()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(threads)
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])

    def segment(image: np.ndarray) -> np.ndarray:
        return session.run(["mask"], {"images": image[np.newaxis]})[0][0]

    turns.take(segment)


if __name__ == "__main__":
    main(*sys.argv[1:])
