"""The moving average of a network's parameters that a job may keep (hyperparameter ``ema_decay``): its rule, and its
place in a checkpoint.

Source of the rule: TensorFlow's ``ExponentialMovingAverage`` with ``num_updates``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from semseg.engines.parameter_shapes import Shapes, check_parameters_fit
from semseg.errors import ModelError

PREFIX = "average."  # of the names of the arrays that a checkpoint keeps
UPDATES = "average.updates"  # (1,) int64: of how many steps it is

Arrays = Mapping[str, np.ndarray]


def new_share(decay: float, updates: int) -> float:
    """Returns what the parameters after a step count in an average of so many earlier steps, above 0 and at most 1.

    The decay of step n, counted from 0, is min(decay, (1 + n) / (10 + n)), so that the average soon forgets the first
    steps. It begins as the parameters after the first one.
    """
    return 1 - min(decay, (1 + updates) / (10 + updates)) if updates else 1.0


@dataclass(frozen=True)
class KeptAverage:
    """An average as a checkpoint keeps it.

    Attributes:
        values: float32, by the names of the parameters; running statistics of batch norm included.
        updates: of how many steps it is, at least 1.
    """

    values: Arrays
    updates: int

    def arrays(self) -> dict[str, np.ndarray]:
        """Returns the arrays to keep."""
        return {UPDATES: np.array([self.updates]), **{f"{PREFIX}{name}": array for name, array in self.values.items()}}


def taken_out(kept: Arrays, wanted: Shapes, source: str) -> tuple[KeptAverage | None, dict[str, np.ndarray]]:
    """Returns the average that a checkpoint keeps, None where it keeps none, and its other arrays.

    Args:
        wanted: the shapes of the network's parameters.
        source: what an error calls the checkpoint's file.

    Raises:
        ModelError: the average is not that of this network.
    """
    others = {name: array for name, array in kept.items() if not name.startswith(PREFIX)}
    if len(others) == len(kept):
        return None, others
    values = {name[len(PREFIX) :]: array for name, array in kept.items() if name not in others and name != UPDATES}
    check_parameters_fit(source, {name: array.shape for name, array in values.items()}, wanted)
    updates = int(kept[UPDATES].sum()) if UPDATES in kept else 0
    if updates < 1:
        raise ModelError(f"{source} must say of how many steps its average of the parameters is, and says {updates}")
    return KeptAverage(values, updates), others
