"""A change that happens to some samples only, and how far it may go."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Chance:
    """How probable a random change is, and between which numbers its strength is drawn evenly.

    Attributes:
        probability: 0 to 1.
        otherwise: the strength that changes nothing.
    """

    probability: float
    low: float
    high: float
    otherwise: float

    def drawn(self, rng: np.random.Generator) -> float:
        """Returns a strength; ``otherwise`` where the change does not happen."""
        return rng.uniform(self.low, self.high) if rng.random() < self.probability else self.otherwise
