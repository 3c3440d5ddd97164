"""The ImageNet weights of an encoder for use_pretrained_model=True, whichever engine trains it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from semseg.engines.encoder_weights.files import encoder_arrays, read_arrays
from semseg.engines.encoder_weights.places import published_file
from semseg.errors import ModelError


def encoder_weights(backbone: str, weights_file: str, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Returns float32 values for every parameter of an encoder, by GluonCV's names.

    Args:
        backbone: "resnet-50" or "resnet-101".
        weights_file: a .params file with GluonCV's names or a .safetensors file with timm's; "" looks in GluonCV's
            store and then on the Hugging Face hub.
        shapes: of the parameters, by GluonCV's names.

    Raises:
        ModelError: the file cannot be read, or holds another network.
        PlatformError: no file was named, and neither place could be reached.
    """
    file = Path(weights_file) if weights_file else published_file(backbone)
    arrays = encoder_arrays(read_arrays(file))
    check_encoder_fits(file, backbone, arrays, shapes)
    return {name: np.asarray(arrays[name], np.float32) for name in shapes}


def check_encoder_fits(
    file: Path, backbone: str, arrays: Mapping[str, np.ndarray], shapes: Mapping[str, tuple[int, ...]]
) -> None:
    """Raises ModelError with the first difference between what a file holds and what the encoder needs."""
    for name, shape in shapes.items():
        if name not in arrays:
            raise ModelError(f"{file} cannot fill a {backbone} encoder: it holds no {name!r}")
        if arrays[name].shape != shape:
            got = arrays[name].shape
            raise ModelError(
                f"{file} cannot fill a {backbone} encoder: {name!r} must have the shape {shape}, got {got}"
            )
    for name in arrays:
        if name not in shapes:
            raise ModelError(
                f"{file} cannot fill a {backbone} encoder: it holds {name!r}, which such an encoder has not"
            )
