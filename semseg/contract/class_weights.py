"""Where the hyperparameter ``class_weights`` may be "balanced"."""

from __future__ import annotations

from collections.abc import Mapping

from semseg.contract.channels import FILE, HALVES
from semseg.contract.hyperparameters import BALANCED
from semseg.errors import ChannelError


def check_class_weights(class_weights: object, modes: Mapping[str, str]) -> None:
    """Refuses to balance classes of which nobody knows before training how many pixels they have.

    Args:
        class_weights: the hyperparameter.
        modes: the input modes of the channels.

    Raises:
        ChannelError: naming the first training channel that is read during training.
    """
    late = [name for name in HALVES[0] if modes.get(name, FILE) != FILE]
    if class_weights == BALANCED and late:
        raise ChannelError(
            f"class_weights must be a number for each class, or left out, where masks are read during training, got "
            f"{BALANCED}, and channel {late[0]} is in {modes[late[0]]} mode: give it input mode {FILE}, or give the "
            "numbers that `semseg check` shows of the data"
        )
