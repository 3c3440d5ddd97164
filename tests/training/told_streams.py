"""Streams of made-up samples, some of them bad, for tests of what is told of them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from semseg.contract.recordio import write_record
from semseg.contract.stream_names import StreamOrder
from semseg.data.labels.label_map import LabelMap
from semseg.data.stream import Stream
from semseg.data.stream_names import StreamNames
from semseg.local.files.stream_names import write_names
from semseg.training.batches import StreamedBatches


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return file.getvalue()


def sample(number: int, value: int | None = 1) -> tuple[bytes, bytes]:
    """An image whose pixels are its number, and a mask of one value; None is no picture at all."""
    image = png(np.full((8, 8, 3), number, np.uint8))
    return image, b"no picture" if value is None else png(np.full((8, 8), value, np.uint8))


def as_it_is(image: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return image, mask


class Told:
    """A stream of a manifest with some samples in each pass, and what it warns of."""

    def __init__(
        self,
        folder: Path,
        samples: Sequence[tuple[bytes, bytes]],
        passes: int = 1,
        named: bool = True,
        bad_samples: str = "fail",
        asks_to_stop: bool = False,
    ) -> None:
        for number in range(passes):
            records = (write_record(part) for parts in samples for part in parts)
            (folder / f"train_{number}").write_bytes(b"".join(records))
        names = {"train": names_at(folder / "names", len(samples))} if named else None
        self.warnings: list[str] = []
        self.asks_to_stop = asks_to_stop
        self.stream = Stream(
            folder, ["train"], LabelMap.identity(), 3, self.look, names, bad_samples, self.warnings.append
        )

    def look(self) -> None:
        if self.asks_to_stop:
            raise InterruptedError

    def batches(self, size: int = 2, workers: int = 0) -> StreamedBatches:
        return StreamedBatches(self.stream, as_it_is, size, 0, workers, 100, lambda found: None)


def names_at(path: Path, count: int) -> StreamNames:
    pairs = [(f"train/{n}.jpg (line {n + 1} of m)", f"masks/{n}.png (line {n + 1} of m)") for n in range(count)]
    write_names(path, StreamOrder(count), pairs)
    return StreamNames(path)
