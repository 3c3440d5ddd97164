"""The encoder, held still while the heads learn: all of it for some epochs, or its batch norms for the whole job."""

from __future__ import annotations

from collections.abc import Iterator

from mxnet import gluon

from semseg.engines.network import HEADS

NORM_PARAMETERS = ("gamma", "beta")  # that are trained


class HeldEncoder:
    """Holds the encoder still in the first epochs of a job. It then has no gradients, which saves their time, and its
    batch norms use their running statistics and keep them.

    A network that was compiled before must be compiled anew where something changed.

    Args:
        network: has its parameters; nothing of it is held but what must be for the whole job.
        epochs: so many at the beginning of the job.
        holds_norms: whether the batch norms of the encoder are held for the whole job, gamma and beta too.

    Attributes:
        is_held: whether the encoder is held now.
        may_be_held: the names, as MXNet gives them, of the parameters that are not trained in all epochs.
    """

    def __init__(self, network: gluon.HybridBlock, epochs: int, holds_norms: bool) -> None:
        self.is_held = False
        self._epochs = epochs
        self._norms = [block for block in _blocks_of_encoder(network) if _is_norm(block)]
        self._norms_are_held = holds_norms
        if holds_norms:
            self._hold_norms(True)
            for norm in self._norms:
                for name in NORM_PARAMETERS:
                    getattr(norm, name).grad_req = "null"
        named = network._collect_params_with_prefix().items()
        self._parameters = [each for name, each in named if not name.startswith(HEADS) and each.grad_req != "null"]
        self.may_be_held = {parameter.name for parameter in self._parameters} if epochs else set()
        self._requests = [parameter.grad_req for parameter in self._parameters]  # of gradients, in MXNet's words

    def begin(self, epoch: int) -> bool:
        """Holds the encoder or lets it go, as an epoch has it; returns whether that changed anything."""
        return self._hold(epoch < self._epochs)

    def let_go(self) -> bool:
        """Lets the encoder go until the next epoch begins; returns whether that changed anything."""
        return self._hold(False)

    def _hold(self, hold: bool) -> bool:
        if hold == self.is_held:
            return False
        self.is_held = hold
        self._hold_norms(hold or self._norms_are_held)
        for parameter, request in zip(self._parameters, self._requests):
            parameter.grad_req = "null" if hold else request
        return True

    def _hold_norms(self, hold: bool) -> None:
        for norm in self._norms:
            norm._kwargs["use_global_stats"] = hold


def _is_norm(block: gluon.Block) -> bool:
    return hasattr(block, "running_mean")


def _blocks_of_encoder(block: gluon.Block, prefix: str = "") -> Iterator[gluon.Block]:
    """Yields all blocks that stand before the heads, at any depth."""
    for name, child in block._children.items():
        if not f"{prefix}{name}.".startswith(HEADS):
            yield child
            yield from _blocks_of_encoder(child, f"{prefix}{name}.")
