"""The order of the samples in an epoch, the same for a trainer that reads files and for the feeder of a pipe."""

from __future__ import annotations

import numpy as np


def sample_order(seed: int, epoch: int, samples: int) -> np.ndarray:
    """Returns the indices 0 to ``samples`` - 1, shuffled, (samples,) int64: the same for the same ``seed`` and
    ``epoch``.
    """
    return np.random.default_rng([seed, epoch]).permutation(samples)
