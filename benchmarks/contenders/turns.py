"""The inside of a contender without HTTP: its process waits for its turn, and works while nothing else does.

It imports nothing of semseg, so that GluonCV's network can be measured as it comes. Each line on standard input is a
turn, JSON; the answer is a line too. A turn of :meth:`Turns.take` has ``pictures``, a file of a (N, H, W, 3) uint8
array, and ``count``; the answer has ``seconds`` that so many pictures took, one after the other. With ``masks`` too,
the masks of all N are written to that file.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any, Callable

import numpy as np

Segment = Callable[[np.ndarray], np.ndarray]


class Turns:
    """The turns of this process. Make it before anything is imported that prints."""

    def __init__(self) -> None:
        self._answers = os.fdopen(os.dup(1), "w", buffering=1)
        os.dup2(2, 1)  # what libraries print must not stand among the answers

    def take(self, segment: Segment) -> None:
        """Answers until standard input ends; ``segment`` makes the (H, W) uint8 mask of an (H, W, 3) uint8 image."""

        def work(turn: dict[str, Any]) -> dict[str, float]:
            pictures = np.load(turn["pictures"])
            if turn.get("masks"):
                np.save(turn["masks"], np.stack([segment(picture) for picture in pictures]))
            return {"seconds": seconds(segment, pictures, turn["count"])}

        self.answer_each(work)

    def answer_each(self, work: Callable[[dict[str, Any]], dict[str, float]]) -> None:
        """Answers each turn with what ``work`` returns for its fields, until standard input ends."""
        self._answer({})  # ready
        for line in sys.stdin:
            self._answer(work(json.loads(line)))

    def _answer(self, fields: dict[str, float]) -> None:
        self._answers.write(json.dumps(fields) + "\n")


def seconds(segment: Segment, pictures: np.ndarray, count: int) -> float:
    """Returns the seconds that ``count`` pictures take, each made a mask before the next is begun."""
    began = time.perf_counter()
    for number in range(count):
        segment(pictures[number % len(pictures)])
    return time.perf_counter() - began
