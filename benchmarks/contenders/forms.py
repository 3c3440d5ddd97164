"""Builds the graphs that the bare engines read, from a model's parameters: in fp32, and in INT8 calibrated on pictures.

    python -m benchmarks.contenders.forms model_best.params 21 resnet-50 folder calibration.npy

The last argument is left out where no INT8 is wanted. Speed alone is of interest here: no accuracy gate is asked.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TypeVar

import nncf
import numpy as np
import onnx
import openvino

import semseg.engines.openvino  # noqa: F401  # first: it keeps telemetry out
from benchmarks.contenders.model import GRAPH, GRAPH_INT8, MODEL_INT8
from semseg.archive.mxnet_parameters import read_parameters
from semseg.engines.onnx.network import build_graph
from semseg.engines.onnx.ports import IMAGES

Model = TypeVar("Model")  # ONNX's or OpenVINO's
NOT_QUANTIZED = nncf.IgnoredScope(types=["Softmax", "Interpolate", "Resize"], validate=False)


def main(parameters: str, classes: str, backbone: str, folder: str, *calibration: str) -> None:
    place = Path(folder)
    graph = build_graph(read_parameters(Path(parameters)), "fcn", backbone, int(classes))
    onnx.save(graph, str(place / GRAPH))
    for pictures in calibration:
        samples = [{IMAGES: picture[np.newaxis]} for picture in np.load(pictures)]
        onnx.save(quantized(graph, samples), str(place / GRAPH_INT8))
        model = openvino.Core().read_model(place / GRAPH)
        openvino.save_model(quantized(model, samples), place / MODEL_INT8, compress_to_fp16=False)


def quantized(model: Model, samples: list[dict[str, np.ndarray]]) -> Model:
    nncf.set_log_level(logging.ERROR)
    return nncf.quantize(model, nncf.Dataset(samples), subset_size=len(samples), ignored_scope=NOT_QUANTIZED)


if __name__ == "__main__":
    main(*sys.argv[1:])
