"""Which pictures are for validation: a share of them, with every class on both sides.

Source: Sechidis, Tsoumakas, Vlahavas, "On the Stratification of Multi-Label Data", ECML PKDD 2011: iterative
stratification, the rarest class first. Ours is that a class of two pictures or more wants at least one on each side.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence

from semseg.errors import UserError

TRAINING, VALIDATION = 0, 1


def choose_validation(classes: Sequence[Collection[int]], share: float, seed: int) -> set[int]:
    """Returns the indices of the pictures for validation.

    A class that is in one picture alone is in training. The same arguments give the same pictures.

    Args:
        classes: of each picture, those that occur in its mask; at least 2 pictures.
        share: of the pictures that are for validation, above 0 and below 1; met as well as the classes allow.
        seed: of the random order in which pictures are looked at.

    Raises:
        UserError: ``share`` is out of its range, or there are fewer than 2 pictures.
    """
    if not 0 < share < 1:
        raise UserError(f"validation must be a share above 0 and below 1, got {share}")
    if len(classes) < 2:
        raise UserError(f"a split needs 2 pictures at least, got {len(classes)}")
    chosen = _Split(classes, share, seed).parts
    if len(set(chosen)) < 2:  # every class is in one picture, say
        chosen[random.Random(seed).randrange(len(classes))] = VALIDATION if chosen[0] == TRAINING else TRAINING
    return {index for index, part in enumerate(chosen) if part == VALIDATION}


class _Split:
    """The state of one iterative stratification.

    Attributes:
        parts: TRAINING or VALIDATION for each picture.
    """

    def __init__(self, classes: Sequence[Collection[int]], share: float, seed: int) -> None:
        self._classes = classes
        self.parts = [-1] * len(classes)
        self._pictures: dict[int, set[int]] = {}
        for index, present in enumerate(classes):
            for label in present:
                self._pictures.setdefault(label, set()).add(index)
        self._room = [len(classes) * (1 - share), len(classes) * share]
        self._wanted = {label: _wanted(len(found), share) for label, found in self._pictures.items()}
        self._ranks = random.Random(seed).sample(range(len(classes)), len(classes))
        self._assign()

    def _assign(self) -> None:
        while self._pictures:
            label = min(self._pictures, key=lambda label: (len(self._pictures[label]), label))
            for index in sorted(self._pictures[label], key=self._ranks.__getitem__):
                self._take(index, self._wanted[label])
            del self._pictures[label]
        for index in sorted(range(len(self.parts)), key=self._ranks.__getitem__):
            if self.parts[index] < 0:  # a mask of no class at all
                self._take(index, self._room)

    def _take(self, index: int, wanted: list[float]) -> None:
        part = max((TRAINING, VALIDATION), key=lambda part: (wanted[part], self._room[part], -part))
        self.parts[index] = part
        self._room[part] -= 1
        for label in self._classes[index]:
            self._wanted[label][part] -= 1
            self._pictures[label].discard(index)


def _wanted(pictures: int, share: float) -> list[float]:
    """Returns how many of a class's pictures training and validation want."""
    if pictures == 1:
        return [1.0, 0.0]
    for_validation = min(max(1.0, pictures * share), pictures - 1.0)
    return [pictures - for_validation, for_validation]
