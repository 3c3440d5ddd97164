"""The public call that shows pictures of a data set with their masks laid over."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from semseg.contract.channels import TRAIN
from semseg.contract.png_mask import IGNORE
from semseg.data.checks import read_checked
from semseg.data.samples import Sample
from semseg.drawing.class_colours import class_colours
from semseg.drawing.contact_sheet import Key, Tile, draw_sheet
from semseg.drawing.overlays import blended
from semseg.errors import ChannelError, UserError
from semseg.inspection.data_folders import Data, HalfFolders, PathLike, open_data
from semseg.plumbing.counted import percent
from semseg.plumbing.whole_file import beside

_MOST = 100
_OPACITY = 0.55  # of a mask over its picture
_ALL_CLASSES = 254


def show(data: Data, out: PathLike = "pictures.png", count: int = 6, *, channel: str = TRAIN) -> Path:
    """Writes one PNG picture that shows pictures of a data set, each beside itself with its mask laid over, and below
    them which colour is which class.

    Args:
        data: as of :func:`check`.
        out: the PNG file to write; one that is there is replaced.
        count: of the pictures that are shown, 1 to 100; they are taken evenly from all of them in the order of names.
        channel: "train" or "validation".

    Returns:
        The path of the picture.

    Raises:
        ChannelError: a channel is missing, or one of these pictures or its mask cannot be used.
        UserError: ``count`` or ``channel`` is out of its range.
    """
    if not 1 <= count <= _MOST:
        raise UserError(f"count must be 1 to {_MOST}, got {count}")
    half = next((half for half in open_data(data) if half.channel == channel), None)
    if half is None:
        raise UserError(f"channel must be train or validation, got {channel!r:.80}")
    samples = half.found.samples
    if not samples:
        raise ChannelError(f"channel {channel} must have an image with a mask, got none: see semseg.data.check")
    colours, counts = class_colours(_ALL_CLASSES), np.zeros(256, np.int64)
    tiles = [_tile(sample, half, colours, counts) for sample in _evenly(samples, count)]
    with beside(Path(out)) as part:
        draw_sheet(tiles, _legend(counts, half, colours)).save(part, "PNG")
    return Path(out)


def _evenly(samples: Sequence[Sample], count: int) -> list[Sample]:
    places = np.linspace(0, len(samples) - 1, min(count, len(samples))).round().astype(int)
    return [samples[place] for place in places]


def _tile(sample: Sample, half: HalfFolders, colours: np.ndarray, counts: np.ndarray) -> Tile:
    """Returns a picture beside itself with its mask laid over, and adds the mask's values to the counts, (256,)
    int64.
    """
    image, mask = read_checked(sample, half.label_map, _ALL_CLASSES, half.channel)
    counts += np.bincount(mask.ravel(), minlength=256)
    return Tile(sample.shown(half.channel)[0], [image, blended(image, colours[mask], _OPACITY)])


def _legend(counts: np.ndarray, half: HalfFolders, colours: np.ndarray) -> list[Key]:
    """Returns the classes that these pictures hold, each with its name and its share of their pixels."""
    total = int(counts.sum())
    return [
        Key(colours[number], f"{_title(number, half.names.get(number, ''))}, {percent(int(counts[number]), total)}")
        for number in (int(value) for value in np.flatnonzero(counts))
    ]


def _title(number: int, name: str) -> str:
    return "ignored" if number == IGNORE else f"{number} {name}".rstrip()
