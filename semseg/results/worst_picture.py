"""``worst.png``: the worst pictures, each beside its true mask, its predicted mask and the difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from semseg.contract.png_mask import IGNORE
from semseg.drawing.class_colours import Colour, class_colours
from semseg.drawing.contact_sheet import Key, Tile, draw_sheet
from semseg.drawing.few_colours import with_few_colours
from semseg.drawing.overlays import blended
from semseg.plumbing.counted import percent
from semseg.plumbing.whole_file import beside
from semseg.results.shown_pictures import ShownPicture

WORST = "worst.png"
DIFFERENCE = np.array([230, 0, 126], np.uint8)  # of wrong pixels: no colour of the palette is near it
_MOST_EXACT = 128  # colours of the legend that stay as they are
_SIDE, _OPACITY, _DIM = 240, 0.6, 0.35  # pixels of a picture; of a mask over it; of grey over it where it is right


def draw_worst(
    path: Path, pictures: Sequence[ShownPicture], names: Mapping[int, str], colours: Mapping[int, Colour]
) -> None:
    """Draws pictures into a PNG file, whole: picture, truth, prediction and difference; nothing without pictures.

    Args:
        path: of the file.
        pictures: in the order in which they are drawn.
        names: of those classes that have one.
        colours: of those classes that a label map gives one.
    """
    if not pictures:
        return
    table = class_colours(given=colours)
    keys = [Key(table[number], f"{number} {names.get(number, '')}".rstrip()) for number in classes_in(pictures)]
    keys.append(Key(DIFFERENCE, "wrong"))
    sheet = draw_sheet([_tile(each, table) for each in pictures], keys, _SIDE, 1)
    with beside(path) as part:
        with_few_colours(sheet, [key.colour for key in keys[-_MOST_EXACT:]]).save(part, "PNG")


def classes_in(pictures: Sequence[ShownPicture]) -> list[int]:
    """Returns the classes that the masks of these pictures hold, in the order of their numbers."""
    masks = [mask for each in pictures for mask in (each.truth, each.predicted)]
    found = {int(number) for mask in masks for number in np.unique(mask)}
    return sorted(found - {IGNORE})


def wrong_in(picture: ShownPicture) -> np.ndarray:
    """Returns which pixels of a small copy are labelled and wrong, (h, w) bool."""
    return (picture.truth != IGNORE) & (picture.truth != picture.predicted)


def told(picture: ShownPicture) -> str:
    """Returns how wrong a picture is: "street_7.jpg: 12.5 % of its labelled pixels are wrong"."""
    if not picture.labelled_pixels:
        return f"{picture.name}: no pixel is labelled"
    return f"{picture.name}: {percent(picture.wrong_pixels, picture.labelled_pixels)} of its labelled pixels are wrong"


def _tile(picture: ShownPicture, table: np.ndarray) -> Tile:
    truth, predicted = (blended(picture.image, table[mask], _OPACITY) for mask in (picture.truth, picture.predicted))
    truth[picture.truth == IGNORE] = picture.image[picture.truth == IGNORE]
    grey = np.repeat(picture.image.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    difference = blended(grey, np.full_like(grey, 255), _DIM)
    difference[wrong_in(picture)] = DIFFERENCE
    return Tile(told(picture), [picture.image, truth, predicted, difference])
