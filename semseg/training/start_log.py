"""Tells in a job's log what its network begins with, and what of it is drawn anew."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from semseg.engines.start import DECODERS, Start
from semseg.plumbing.counted import counted, listed
from semseg.training.job_log import JobLog

MOST_NAMED = 8  # layers, or parts of the network, in one line


def tell_of_start(start: Start, source: str, log: JobLog) -> None:
    """Writes into the log what a network took from a file; as a warning where a part of the encoder was not in it.

    Args:
        source: where the file was found, as "the model in channel model".
    """
    is_encoder_whole = all(name.startswith(DECODERS) for name in start.anew)
    log.info(f"Starting from {source}: {start.file}")
    if start.anew or start.left_out:
        (log.info if is_encoder_whole else log.warning)(sentence(start))


def sentence(start: Start) -> str:
    """Returns how many parameters were taken and how many drawn anew, and of which layers."""
    left_out = f", and {len(start.left_out)} of the file are left out" if start.left_out else ""
    return (
        f"{counted(len(start.taken), 'parameter')} of that file fit and are taken: {_layers(start.taken, start.anew)}; "
        f"{len(start.anew)} are drawn anew: {_layers(start.anew, start.taken) or 'none'}{left_out}."
    )


def _layers(names: Sequence[str], others: Collection[str]) -> str:
    """Returns the parts of a network to which parameters belong, and of a part to which ``others`` belong too, its
    layers, or that it is a part only, where these are many.
    """
    shared = {_part(name) for name in others}
    found = [_part(name) if _part(name) not in shared else name.rpartition(".")[0] for name in names]
    layers = list(dict.fromkeys(found))
    if len(layers) > MOST_NAMED:
        layers = list(dict.fromkeys(_named(name, shared) for name in names))
    return listed(layers, MOST_NAMED)


def _named(name: str, shared: Collection[str]) -> str:
    return f"{_part(name)} in part" if _part(name) in shared else _part(name)


def _part(name: str) -> str:
    """Returns the part of the network that a parameter belongs to, such as "layer1" or "head"."""
    return name.partition(".")[0]
