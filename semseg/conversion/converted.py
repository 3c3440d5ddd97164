"""What a conversion wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from semseg.contract.channels import LABEL_MAP, REQUIRED
from semseg.plumbing.counted import counted


@dataclass(frozen=True)
class Part:
    """One side of a split.

    Attributes:
        count: of its pictures.
        pixels: of each class that occurs in it.
        pictures: that each of these classes occurs in.
    """

    count: int
    pixels: Mapping[int, int]
    pictures: Mapping[int, int]

    def share(self, number: int) -> float:
        """Returns the share of a class in the pixels that have a class, 0 to 1."""
        return self.pixels.get(number, 0) / max(1, sum(self.pixels.values()))


@dataclass(frozen=True)
class Converted:
    """The folder that a conversion wrote; printing it tells what is in it.

    Attributes:
        folder: with the channels' folders in it.
        classes: the names of class 0, class 1, ...
        training: the pictures for training.
        validation: those for validation.
        warnings: what is to be known about the data, a sentence each.
    """

    folder: Path
    classes: tuple[str, ...]
    training: Part
    validation: Part
    warnings: tuple[str, ...] = ()

    @property
    def num_classes(self) -> int:
        """Returns the hyperparameter ``num_classes`` for this folder."""
        return len(self.classes)

    @property
    def channels(self) -> dict[str, str]:
        """Returns the folder of each channel, as ``fit`` takes them."""
        return {name: str(self.folder / name) for name in (*REQUIRED, LABEL_MAP)}

    def __str__(self) -> str:
        width = max(map(len, self.classes))
        lines = [
            f"{self.folder}: {counted(self.training.count, 'picture')} for training, "
            f"{self.validation.count} for validation, {counted(len(self.classes), 'class', 'classes')}",
            *(self._class_line(number, name.ljust(width)) for number, name in enumerate(self.classes)),
            *(f"warning: {sentence}" for sentence in self.warnings),
        ]
        return "\n".join(lines)

    def _class_line(self, number: int, name: str) -> str:
        sides = (
            f"{100 * part.share(number):5.1f} % of the pixels in "
            f"{counted(part.pictures.get(number, 0), 'picture')} for {what}"
            for part, what in ((self.training, "training"), (self.validation, "validation"))
        )
        return f"class {number:<3} {name}  {', '.join(sides)}"
