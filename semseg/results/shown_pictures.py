"""The few pictures of a validation set that people look at: the worst, and some at random, kept as small copies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class ShownPicture:
    """A small copy of a picture with its true and its predicted mask.

    Attributes:
        name: of the picture's file.
        image: (h, w, 3) uint8 RGB; the long side has at most 480 pixels.
        truth: (h, w) uint8, class ids and 255 = ignore.
        predicted: (h, w) uint8, class ids.
        labelled_pixels, wrong_pixels: of the picture in its full size.
    """

    name: str
    image: np.ndarray
    truth: np.ndarray
    predicted: np.ndarray
    labelled_pixels: int
    wrong_pixels: int

    @property
    def wrong_share(self) -> float:
        """The share of the labelled pixels that are wrong, 0 to 1; 0 where none is labelled."""
        return self.wrong_pixels / max(self.labelled_pixels, 1)


class ShownPictures:
    """Keeps the worst pictures and some at random of all that are added, in constant memory.

    Which ones are kept depends on the pictures, their names and the seed, not on the order in which they are added nor
    on how many processes share them: see :meth:`take`.

    Args:
        worst: how many pictures to keep with the largest share of wrong pixels.
        random: how many to keep at random; the same names and seed give the same pictures.
        seed: of the random ones.
    """

    def __init__(self, worst: int = 12, random: int = 6, seed: int = 0) -> None:
        raise NotImplementedError

    def add(self, name: str, image: np.ndarray, truth: np.ndarray, predicted: np.ndarray) -> None:
        """Looks at one picture, and keeps a small copy of it if it is one of the worst or of the random ones.

        Args:
            name: of its file.
            image: (H, W, 3) uint8 RGB.
            truth: (H, W) uint8, class ids and 255 = ignore.
            predicted: (H, W) uint8, class ids.
        """
        raise NotImplementedError

    def take(self, other: ShownPictures) -> None:
        """Takes in what another process has kept of its own share of the pictures."""
        raise NotImplementedError

    def to_bytes(self) -> bytes:
        """Returns all that is kept as bytes, for :meth:`from_bytes` in another process."""
        raise NotImplementedError

    @classmethod
    def from_bytes(cls, content: bytes) -> ShownPictures:
        """Returns what :meth:`to_bytes` made bytes of."""
        raise NotImplementedError

    @property
    def worst(self) -> list[ShownPicture]:
        """The pictures with the largest share of wrong pixels, the worst first; none without a wrong pixel."""
        raise NotImplementedError

    @property
    def random(self) -> list[ShownPicture]:
        """Some of all pictures, in the order of their names."""
        raise NotImplementedError
