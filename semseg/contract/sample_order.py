"""The order in which the samples of an epoch come: one rule for a trainer with files and for what feeds a pipe."""

from __future__ import annotations

import numpy as np


def sample_order(seed: int, epoch: int, samples: int) -> np.ndarray:
    """The indices 0 to ``samples`` - 1, shuffled, (samples,) int64: the same for the same ``seed`` and ``epoch``."""
    return np.random.default_rng([seed, epoch]).permutation(samples)
