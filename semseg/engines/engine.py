"""The interface that an engine must have to be trained: a network whose parameters are updated."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import numpy as np

from semseg.engines.network import Network
from semseg.engines.start import Start

HEAD_RATE_FACTOR = 10  # as GluonCV sets it: heads start from random, the encoder often does not


def step_seed(seed: int, epoch: int, step: int, rank: int = 0) -> int:
    """Returns the seed of what a process of a group draws in a step, 0 to 2**31 - 1: the same after a restart as
    without one.
    """
    return int(np.random.SeedSequence([seed, epoch, step, rank]).generate_state(1)[0]) >> 1


class DeviceMemory(Protocol):
    """The memory of the device that an engine of this process computes on."""

    def held(self) -> int | None:
        """Returns the bytes that this process has of it; None where nobody tells."""
        ...

    def free(self) -> int | None:
        """Returns the bytes of it that this process can still get; None where nobody tells."""
        ...

    def begin(self) -> None:
        """Lets :meth:`peak` begin anew."""
        ...

    def peak(self) -> int:
        """Returns the most bytes that this process had of it since :meth:`begin`."""
        ...


class Engine(Network, Protocol):
    """A network that can be trained, over all its devices and together with the engines of its group.

    An engine is made for one job: its hyperparameters, its devices, and the :class:`semseg.engines.group.Group` of
    processes that train the same network. Each process is handed its share of every batch. The engine adds up the
    gradients, and the denominators of the loss's terms, over its devices and its group, so that all of them hold the
    same parameters as one process would have after the whole batch; see :mod:`semseg.engines.loss_terms`.

    No file that an engine writes can run code when it is read. Reading raises :class:`semseg.errors.ModelError` where
    a file is damaged or belongs to another network.

    Attributes:
        parts: in how many parts, one after the other, each process computes its share of a batch; set it before the
            first step. Gradients and losses are those of the whole share. Batch norm normalises each part by its own
            statistics, and its running ones take up the mean of those of all parts, as they do of a group's processes.
    """

    parts: int

    def step(self, images: np.ndarray, masks: np.ndarray, learning_rate: float) -> None:
        """Updates the parameters once. May return before the device has finished.

        An engine that can go on after it ran out of memory computes the step again in twice as many parts, in all
        processes of the group, and so it computes all steps that follow: ``parts`` says in how many.

        Args:
            images: (N, H, W, 3) uint8, RGB, this process's share of the batch; N may be 0 in a group.
            masks: (N, H, W) uint8, class per pixel, 255 = ignore.
            learning_rate: for the encoder; the heads take HEAD_RATE_FACTOR times this.

        Raises:
            OutOfMemory: there is too little memory; may be raised later, by whatever waits for the device.
        """
        ...

    def take_loss(self) -> float:
        """Returns the mean loss since the last call, over the whole group; waits for devices.

        That of each term is its sum over all steps, divided by the sum of its denominators: for the cross entropy, and
        without class weights, the mean loss of a labelled pixel.
        """
        ...

    def begin_step(self, epoch: int, step: int) -> None:
        """Seeds the random numbers of the network for a step of an epoch, both counted from 0, so that it is the same
        after a restart as without one. In the first ``freeze_backbone_epochs`` the encoder is held still.
        """
        ...

    def averaged(self) -> AbstractContextManager[None]:
        """Lets the network have the moving averages of its parameters while the block runs: what is scored, saved and
        served of a job with an ``ema_decay``. Does nothing in other jobs, and before the first step.

        The block scores and saves; it does not train, nor load.
        """
        ...

    def own_state(self) -> dict[str, np.ndarray]:
        """Returns what this process alone holds beside parameters and optimizer, such as the loss since
        :meth:`take_loss`: arrays of the same names, shapes and types in each process of the group; waits for devices.
        """
        ...

    def take_own_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Takes up what :meth:`own_state` returned in a process with this one's rank, of as large a group."""
        ...

    def save(self, path: Path, forced: bool = True) -> None:
        """Writes the parameters, whole or not at all, as a model archive holds them: a file of MXNet's format.

        Args:
            forced: False leaves it to the caller to force the file to disk.

        Raises:
            OSError: they cannot be written, for one because the disk is full.
        """
        ...

    def load(self, path: Path) -> None:
        """Takes the parameters of a saved file, which every process of the group can read; moving averages of them
        begin anew.
        """
        ...

    def start_from(self, path: Path) -> Start:
        """Takes of the parameters of a saved file what fits, which every process of the group can read; the others keep
        their first values. Is called before the first step.

        Raises:
            ModelError: the file is of another backbone; nothing is taken then.
        """
        ...

    def save_optimizer(self, path: Path, kept: Mapping[str, np.ndarray] | None = None) -> None:
        """Writes what the optimizer remembers of earlier steps, and the moving averages of the parameters, in a format
        of its own, to a file that need not be whole where this raises, and is not forced to disk.

        Args:
            kept: other arrays that a checkpoint keeps in the same file, without an empty one.

        Raises:
            OSError: it cannot be written, for one because the disk is full.
        """
        ...

    def load_optimizer(self, path: Path) -> dict[str, np.ndarray]:
        """Takes up what :meth:`save_optimizer` wrote, and returns the arrays that were kept beside it; the parameters
        are loaded before.
        """
        ...

    def finish(self) -> None:
        """Waits for all work on all devices, at the end of the job."""
        ...
