"""The accuracy gate: an INT8 network is used only if it answers the validation pictures nearly as well as float32.

If they are not, more and more groups of layers are left in float32 before the gate gives up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from semseg.engines.network import Network
from semseg.errors import ModelError

LARGEST_LOSS = 0.005  # of mIOU: half a point
ROUNDING = 1e-9  # so that a loss of 0.005 passes in spite of binary rounding
# What is spared, each beside those before it: the beginnings of the names of layers, and what a log calls them. The
# decoder's layers decide about classes; of the encoder's, the first see pixels and are cheap.
GROUPS = (
    ("head.block.4", "the decoder's last convolution"),
    ("head", "the whole decoder"),
    ("conv1", "the stem"),
    ("layer1", "the first stage"),
)

Make = Callable[[tuple[str, ...]], Network]  # the INT8 network with these layers spared
MeanIou = Callable[[Network], float]
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Passed:
    """An INT8 network that passed the gate.

    Attributes:
        spared: the beginnings of the names of the layers that stay in float32.
        mean_iou_fp32, mean_iou_int8: on the validation pictures, 0 to 1.
    """

    spared: tuple[str, ...]
    mean_iou_fp32: float
    mean_iou_int8: float


def pass_gate(wanted: float, make: Make, mean_iou: MeanIou, tell: Tell) -> Passed:
    """Returns the INT8 network that loses no more than half a point of mIOU with the fewest layers left in float32.

    Args:
        wanted: the mIOU of the network that was trained, in float32.
        mean_iou: scores a network on the validation pictures.
        tell: is told the score of each attempt.

    Raises:
        ModelError: there is no such network; the sentence gives both scores, and what was tried.
    """
    spared: tuple[str, ...] = ()
    tried: list[tuple[float, str]] = []
    for name, called in (("", "no layer"), *GROUPS):
        spared = (*spared, name) if name else ()
        network = make(spared)
        found = mean_iou(network)
        tell(f"mIOU of whole pictures in int8 with {called} spared: {found:.4f}")
        if wanted - found <= LARGEST_LOSS + ROUNDING:
            return Passed(spared, wanted, found)
        tried.append((found, called))
    raise ModelError(refusal(wanted, tried))


def refusal(wanted: float, tried: list[tuple[float, str]]) -> str:
    """Returns the sentence that says why no INT8 network passed."""
    attempts = ", then ".join(f"{called} ({found:.4f})" for found, called in tried)
    return (
        f"INT8 must lose at most {100 * LARGEST_LOSS:g} points of mIOU, got {max(tried)[0]:.4f} at best where fp32 has "
        f'{wanted:.4f}; spared were {attempts}: export with precision="fp32", or calibrate on pictures that are more '
        f"like those of the validation channel"
    )
