"""The values with which a network begins that nobody has trained: for a seed, those of the engine on MXNet.

They are drawn by numpy, because each library's own generator draws other numbers.
"""

from __future__ import annotations

import numpy as np
from torch import nn

from semseg.engines.network import HEADS
from semseg.engines.pytorch.parameters import named_tensors

# Ends each residual branch: at 0 a block begins as the identity, and the network learns much sooner.
# Source: Goyal et al., "Accurate, Large Minibatch SGD", 2017, 5.1.
LAST_GAMMA = ".bn3.gamma"


def initial_values(network: nn.Module, seed: int) -> dict[str, np.ndarray]:
    """Returns float32 values for every parameter, by GluonCV's names.

    The weights of the heads are drawn before those of the encoder: MXNet knows their shapes from the beginning, and
    those of the encoder only after the first picture.
    """
    shapes = {name: tuple(tensor.shape) for name, tensor in named_tensors(network).items()}
    rng = np.random.default_rng(seed)
    heads_first = sorted(shapes, key=lambda name: not name.startswith(HEADS))
    return {name: _first_value(rng, name, shapes[name]) for name in heads_first}


def _first_value(rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> np.ndarray:
    if name.endswith(".weight"):
        return _he_normal(rng, shape)
    is_one = name.endswith((".gamma", ".running_var")) and not name.endswith(LAST_GAMMA)
    return np.full(shape, is_one, np.float32)


def _he_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Returns weights from a normal distribution with variance 2 / fan-in.

    Source: He et al., "Delving Deep into Rectifiers", ICCV 2015.
    """
    fan_in = int(np.prod(shape[1:]))
    return rng.standard_normal(shape, dtype=np.float32) * np.float32(np.sqrt(2 / fan_in))
