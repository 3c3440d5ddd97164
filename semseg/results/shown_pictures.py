"""The few pictures of a validation set that people look at: the worst, and some at random, kept as small copies."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from PIL import Image

from semseg.contract.png_mask import IGNORE

LONG_SIDE = 480  # pixels of a small copy


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


Rank = tuple[float, str]  # of a picture among others; the lowest ones are kept


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
        self._seed = seed
        self._worst, self._random = _Lowest(worst), _Lowest(random)

    def add(self, name: str, image: np.ndarray, truth: np.ndarray, predicted: np.ndarray) -> None:
        """Looks at one picture, and keeps a small copy of it if it is one of the worst or of the random ones.

        Args:
            name: of its file.
            image: (H, W, 3) uint8 RGB.
            truth: (H, W) uint8, class ids and 255 = ignore.
            predicted: (H, W) uint8, class ids.
        """
        labelled = truth != IGNORE
        counts = int(labelled.sum()), int((labelled & (truth != predicted)).sum())
        self._keep(name, counts, lambda: small_copy(name, image, truth, predicted, counts))

    def take(self, other: ShownPictures) -> None:
        """Takes in what another process has kept of its own share of the pictures."""
        for picture in other.kept():
            self._keep(picture.name, (picture.labelled_pixels, picture.wrong_pixels), partial(_itself, picture))

    def kept(self) -> list[ShownPicture]:
        """Returns all pictures that are kept, each once."""
        found = {id(picture): picture for picture in [*self._worst.items(), *self._random.items()]}
        return list(found.values())

    def to_bytes(self) -> bytes:
        """Returns all that is kept as bytes, for :meth:`from_bytes` in another process."""
        pictures, file = self.kept(), io.BytesIO()
        rows = [[each.name, each.labelled_pixels, each.wrong_pixels] for each in pictures]
        head = {"worst": self._worst.count, "random": self._random.count, "seed": self._seed, "pictures": rows}
        arrays = {
            f"{kind}{place}": array
            for place, each in enumerate(pictures)
            for kind, array in (("image", each.image), ("truth", each.truth), ("predicted", each.predicted))
        }
        head_bytes = np.frombuffer(json.dumps(head).encode(), np.uint8)
        np.savez_compressed(file, head=head_bytes, **arrays)
        return file.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> ShownPictures:
        """Returns what :meth:`to_bytes` made bytes of."""
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            head = json.loads(arrays["head"].tobytes())
            shown = cls(head["worst"], head["random"], head["seed"])
            for place, (name, labelled, wrong) in enumerate(head["pictures"]):
                image, truth, predicted = (arrays[f"{kind}{place}"] for kind in ("image", "truth", "predicted"))
                picture = ShownPicture(name, image, truth, predicted, labelled, wrong)
                shown._keep(name, (labelled, wrong), partial(_itself, picture))
        return shown

    @property
    def worst(self) -> list[ShownPicture]:
        """The pictures with the largest share of wrong pixels, the worst first; none without a wrong pixel."""
        return self._worst.items()

    @property
    def random(self) -> list[ShownPicture]:
        """Some of all pictures, in the order of their names."""
        return sorted(self._random.items(), key=lambda picture: picture.name)

    def _keep(self, name: str, counts: tuple[int, int], make: Callable[[], ShownPicture]) -> None:
        labelled, wrong = counts
        drawn = (_lot(name, self._seed), name)
        bad = (-wrong / max(labelled, 1), name)
        is_bad, is_drawn = wrong > 0 and self._worst.would_keep(bad), self._random.would_keep(drawn)
        if is_bad or is_drawn:
            picture = make()
            if is_bad:
                self._worst.add(bad, picture)
            if is_drawn:
                self._random.add(drawn, picture)


class _Lowest:
    """The ``count`` pictures with the lowest ranks."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._kept: list[tuple[Rank, ShownPicture]] = []

    def would_keep(self, rank: Rank) -> bool:
        return self.count > 0 and (len(self._kept) < self.count or rank < self._kept[-1][0])

    def add(self, rank: Rank, picture: ShownPicture) -> None:
        self._kept = sorted([*self._kept, (rank, picture)], key=lambda each: each[0])[: self.count]

    def items(self) -> list[ShownPicture]:
        return [picture for _, picture in self._kept]


def small_copy(
    name: str, image: np.ndarray, truth: np.ndarray, predicted: np.ndarray, counts: tuple[int, int]
) -> ShownPicture:
    """Returns a picture with its masks, made smaller where its long side has more than 480 pixels.

    Args:
        name: of its file.
        image: (H, W, 3) uint8 RGB.
        truth: (H, W) uint8, class ids and 255 = ignore.
        predicted: (H, W) uint8, class ids.
        counts: of its labelled and of its wrong pixels.
    """
    height, width = truth.shape
    scale = min(1.0, LONG_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    pixels = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))
    masks = [np.asarray(Image.fromarray(mask).resize(size, Image.Resampling.NEAREST)) for mask in (truth, predicted)]
    return ShownPicture(name, pixels, masks[0], masks[1], *counts)


def _itself(picture: ShownPicture) -> ShownPicture:
    return picture


def _lot(name: str, seed: int) -> float:
    """Returns a number from 0 to 1 that looks random, and is the same for a name and a seed on every machine."""
    digest = hashlib.blake2b(f"{seed}\n{name}".encode(errors="surrogateescape"), digest_size=7).digest()
    return int.from_bytes(digest, "big") / 2**56
