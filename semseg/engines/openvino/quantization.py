"""INT8 by post-training quantisation: NNCF measures the ranges of activations on pictures, and rounds the weights."""

from __future__ import annotations

import contextlib
import errno
import io
import logging
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov

from semseg.engines.onnx.ports import IMAGES
from semseg.plumbing.disk_space import full

# Always kept in float32: they take hardly any time, and rounding them would show. OpenVINO's and ONNX's names.
SPARED_TYPES = {"openvino": ["Softmax", "Interpolate"], "onnx": ["Softmax", "Resize"]}
Seen = Callable[[], None]  # called for each picture that is measured; what it raises ends the work


def quantize_openvino(source: Path, pictures: Sequence[np.ndarray], spared: Sequence[str], seen: Seen) -> ov.Model:
    """Returns the INT8 form of a graph.

    Args:
        source: the graph, as .onnx or .xml.
        pictures: (H, W, 3) uint8, RGB, at their working sizes.
        spared: the beginnings of the names of layers that stay in float32, such as "head.block.4" or "layer1".
    """
    model = ov.Core().read_model(source)
    return _quantize(model, "openvino", [picture[np.newaxis] for picture in pictures], spared, seen)


def quantize_onnx(graph: Any, pictures: Sequence[np.ndarray], spared: Sequence[str], seen: Seen) -> Any:
    """Returns the INT8 form of an ``onnx.ModelProto`` as another one; the arguments are those of
    :func:`quantize_openvino`.
    """
    return _quantize(graph, "onnx", [{IMAGES: picture[np.newaxis]} for picture in pictures], spared, seen)


def convert(source: Path, path: Path) -> None:
    """Writes the graph ``source``, an .onnx, as an OpenVINO model; the arguments are those of :func:`save`."""
    save(ov.Core().read_model(source), path)


def save(model: ov.Model, path: Path) -> None:
    """Writes a model as ``path``, an .xml, and the .bin beside it, without changing the weights.

    Raises:
        OSError: there is no room for it; OpenVINO itself says only that a stream failed, and 2025.3 nothing.
    """
    try:
        ov.save_model(model, path, compress_to_fp16=False)
        ov.Core().read_model(path)  # fails where not all was written
    except RuntimeError as error:
        if full(path) is None:
            raise
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from error


def _quantize(model: Any, format: str, items: Sequence[Any], spared: Sequence[str], seen: Seen) -> Any:
    import nncf  # not at the top: a form in float32 is made without it

    def counted(item: Any) -> Any:
        seen()
        return item

    logging.getLogger("nncf").setLevel(logging.ERROR)  # NNCF's own function changes others' handlers too
    with contextlib.redirect_stdout(io.StringIO()):  # its progress bars
        return nncf.quantize(
            model,
            nncf.Dataset(items, counted),
            subset_size=len(items),
            preset=nncf.QuantizationPreset.MIXED,
            ignored_scope=nncf.IgnoredScope(
                patterns=[pattern(name) for name in spared], types=SPARED_TYPES[format], validate=False
            ),
        )


def pattern(beginning: str) -> str:
    """Returns a pattern for the layer of this name and those below it; OpenVINO appends a part to a convolution's
    name.
    """
    return rf"^{re.escape(beginning)}([./].*)?$"
