"""The interface that an engine must have to be trained: a network whose parameters are updated."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np

from semseg.engines.network import Network

HEAD_RATE_FACTOR = 10  # as GluonCV sets it: heads start from random, the encoder often does not
SEED_STRIDE = 1_000_003  # a prime, so that the epochs of neighbouring seeds share no seed


def epoch_seed(seed: int, epoch: int) -> int:
    """Returns the seed of what an engine draws in an epoch, which is the same after a restart as without one."""
    return (seed + epoch * SEED_STRIDE) % 2**31


class Engine(Network, Protocol):
    """A network that can be trained, over all its devices and together with the engines of its group.

    An engine is made for one job: its hyperparameters, its devices, and the :class:`semseg.engines.group.Group` of
    processes that train the same network. Each process is handed its share of every batch. The engine adds up the
    gradients, and the counts of labelled pixels, over its devices and its group, so that all of them hold the same
    parameters as one process would have after the whole batch.

    No file that an engine writes can run code when it is read. Reading raises :class:`semseg.errors.ModelError` where
    a file is damaged or belongs to another network.
    """

    def step(self, images: np.ndarray, masks: np.ndarray, learning_rate: float) -> None:
        """Updates the parameters once. May return before the device has finished.

        Args:
            images: (N, H, W, 3) uint8, RGB, this process's share of the batch; N may be 0 in a group.
            masks: (N, H, W) uint8, class per pixel, 255 = ignore.
            learning_rate: for the encoder; the heads take HEAD_RATE_FACTOR times this.
        """
        ...

    def take_loss(self) -> float:
        """Returns the mean loss of a labelled pixel since the last call, over the whole group; waits for devices."""
        ...

    def begin_epoch(self, epoch: int) -> None:
        """Seeds the random numbers of the network, so that an epoch is the same after a restart as without one."""
        ...

    def save(self, path: Path) -> None:
        """Writes the parameters, whole or not at all, as a model archive holds them: a file of MXNet's format."""
        ...

    def load(self, path: Path) -> None:
        """Takes the parameters of a saved file, which every process of the group can read."""
        ...

    def save_optimizer(self, path: Path) -> None:
        """Writes what the optimizer remembers of earlier steps, whole or not at all, in a format of its own."""
        ...

    def load_optimizer(self, path: Path) -> None:
        """Takes up what :meth:`save_optimizer` wrote; the parameters are loaded before."""
        ...

    def finish(self) -> None:
        """Waits for all work on all devices, at the end of the job."""
        ...
