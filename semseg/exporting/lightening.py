"""The accuracy gate of light forms: finds the fewest operations with which the validation pictures are answered nearly
as well as by the network that was trained.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from semseg.engines.network import Network
from semseg.errors import ModelError
from semseg.exporting.gate import LARGEST_LOSS, ROUNDING, MeanIou, Tell

# Of the whole network's operations; what is saved by more than the last is not worth a form.
SHARES = (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8)

MakeLight = Callable[[float], tuple[Network, float]]  # of a share; the network, and the share that it really takes


@dataclass(frozen=True)
class Light:
    """A light network that passed the gate.

    Attributes:
        share: of the operations that were asked for.
        operations: the share that it takes, 0 to 1.
        mean_iou: on the validation pictures, in float32, 0 to 1.
    """

    share: float
    operations: float
    mean_iou: float


def lightest(
    wanted: float, make: MakeLight, mean_iou: MeanIou, tell: Tell, largest_loss: float = LARGEST_LOSS
) -> Light:
    """Returns the lightest network that loses no more than ``largest_loss``, found by halving: a network with more
    operations is taken to lose less.

    Args:
        wanted: the mIOU of the network that was trained.
        mean_iou: scores a network on the validation pictures.
        tell: is told the score of each attempt.

    Raises:
        ModelError: none passes; the sentence gives the scores.
    """
    tried: dict[float, Light] = {}

    def passes(share: float) -> bool:
        network, operations = make(share)
        tried[share] = found = Light(share, operations, mean_iou(network))
        tell(f"mIOU of whole pictures with {100 * operations:.0f} % of the operations: {found.mean_iou:.4f}")
        return wanted - found.mean_iou <= largest_loss + ROUNDING

    low, high = 0, len(SHARES)  # all before low fail, those from high on pass
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if passes(SHARES[middle]) else (middle + 1, high)
    if low == len(SHARES):
        raise ModelError(refusal(wanted, tried[SHARES[-1]], largest_loss))
    return tried[SHARES[low]]


def refusal(wanted: float, best: Light, largest_loss: float) -> str:
    """Returns the sentence that says why no light network passed."""
    return (
        f"a light form must lose at most {100 * largest_loss:g} points of mIOU, got {best.mean_iou:.4f} with "
        f"{100 * best.operations:.0f} % of the operations where the trained network has {wanted:.4f}: export without "
        f"light, or measure on pictures that are more like those of the validation channel"
    )
