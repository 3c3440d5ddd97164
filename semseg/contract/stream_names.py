"""What a job of this machine tells its training process of a stream: what the samples are called, and their order.

A container sees nothing but a FIFO, and no names. Who feeds the FIFO knows them, and keeps them in a file: a line for
the order, then a line for each sample.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from semseg.contract.sample_order import sample_order

MOST_PARTS = 2  # of a sample: an image and its mask
LONGEST_NAME = 5000  # characters; a path has 4096 at most


@dataclass(frozen=True)
class StreamOrder:
    """The order of the samples of a stream.

    Attributes:
        samples: how many there are in a pass.
        seed: of the order; None keeps that of the names.
        epochs: that were done before the first pass, of a job that goes on.
    """

    samples: int
    seed: int | None = None
    epochs: int = 0

    def of_pass(self, number: int) -> Sequence[int]:
        """Returns the numbers of the samples, in the order in which a pass has them."""
        if self.seed is None:
            return range(self.samples)
        return sample_order(self.seed, self.epochs + number, self.samples)  # type: ignore[return-value]

    def line(self) -> str:
        """Returns the first line of the file."""
        return json.dumps(asdict(self))


def names_line(names: Sequence[str]) -> str:
    """Returns the line of one sample: the names of its parts, in their order."""
    return json.dumps([name[:LONGEST_NAME] for name in names])


def read_order(line: bytes) -> StreamOrder:
    """Returns the order that the first line gives; raises ValueError if it gives none."""
    content: Any = json.loads(line)
    if not isinstance(content, dict) or content.keys() != {"samples", "seed", "epochs"}:
        raise ValueError("its first line must have samples, seed and epochs")
    for name, value in content.items():
        if not (type(value) is int and value >= 0) and (name, value) != ("seed", None):
            raise ValueError(f"{name} in its first line must be a whole number from 0")
    return StreamOrder(**content)


def read_names(line: bytes) -> list[str]:
    """Returns the names on the line of a sample; raises ValueError if there are none."""
    content: Any = json.loads(line)
    is_right = isinstance(content, list) and 1 <= len(content) <= MOST_PARTS
    if not is_right or not all(isinstance(name, str) and len(name) <= LONGEST_NAME for name in content):
        raise ValueError("a line must be a list of one or two names")
    return list(content)
