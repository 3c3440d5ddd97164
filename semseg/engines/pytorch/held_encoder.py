"""The encoder, held still while the heads learn: all of it for some epochs, or its batch norms for the whole job."""

from __future__ import annotations

from torch import nn

from semseg.engines.network import HEADS
from semseg.engines.pytorch.batch_norm import BatchNorm
from semseg.engines.pytorch.network import SegmentationNetwork


class HeldEncoder:
    """Holds the encoder still in the first epochs of a job. It then has no gradients, which saves their time, and its
    batch norms use their running statistics and keep them.

    Args:
        network: is on its device; nothing of it is held but what must be for the whole job.
        epochs: so many at the beginning of the job.
        holds_norms: whether the batch norms of the encoder are held for the whole job, gamma and beta too.

    Attributes:
        is_held: whether the encoder is held now.
    """

    def __init__(self, network: SegmentationNetwork, epochs: int, holds_norms: bool) -> None:
        self.is_held = False
        self._epochs = epochs
        self._norms = norms_of_encoder(network)
        self._norms_are_held = holds_norms
        if holds_norms:
            self._hold_norms(True)
            for norm in self._norms:
                norm.requires_grad_(False)
        named = network.named_parameters()
        self._parameters = [each for name, each in named if not name.startswith(HEADS) and each.requires_grad]

    def begin(self, epoch: int) -> bool:
        """Holds the encoder or lets it go, as an epoch has it; returns whether that changed anything."""
        return self._hold(epoch < self._epochs)

    def _hold(self, hold: bool) -> bool:
        if hold == self.is_held:
            return False
        self.is_held = hold
        self._hold_norms(hold or self._norms_are_held)
        for parameter in self._parameters:
            parameter.requires_grad_(not hold)
        return True

    def _hold_norms(self, hold: bool) -> None:
        for norm in self._norms:
            norm.is_held = hold


def norms_of_encoder(network: nn.Module) -> list[BatchNorm]:
    """Returns the batch norms that stand before the heads."""
    named = network.named_modules()
    return [module for name, module in named if isinstance(module, BatchNorm) and not name.startswith(HEADS)]
