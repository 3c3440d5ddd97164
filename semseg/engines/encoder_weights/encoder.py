"""The weights that a network begins with where use_pretrained_model is True, whichever engine trains it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from semseg.engines.encoder_weights.files import gluon_arrays, read_arrays
from semseg.engines.encoder_weights.places import published_file


def pretrained_weights(backbone: str, weights_file: str) -> tuple[Path, dict[str, np.ndarray]]:
    """Returns a file of weights, and its arrays by GluonCV's names.

    Args:
        backbone: "resnet-50" or "resnet-101".
        weights_file: a .params file with GluonCV's names or a .safetensors file with timm's or torchvision's; "" looks
            for ImageNet weights in GluonCV's store and then on the Hugging Face hub.

    Raises:
        ModelError: the file cannot be read.
        PlatformError: no file was named, and neither place could be reached.
    """
    file = Path(weights_file) if weights_file else published_file(backbone)
    return file, gluon_arrays(read_arrays(file))
