"""The part of a report with pictures: the worst and some at random, each beside its truth, its prediction and the
difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from semseg.contract.png_mask import IGNORE
from semseg.drawing.class_colours import Colour, class_colours
from semseg.plumbing.counted import percent
from semseg.results.evaluation import shown_score
from semseg.results.markup import data_uri, paragraph, rows_table, section, swatch, uri_of, wide
from semseg.results.picture_scores import PictureScore
from semseg.results.shown_pictures import ShownPicture
from semseg.results.tables import escaped
from semseg.results.worst_picture import DIFFERENCE, classes_in, told, wrong_in

SLIDER = (
    '<div class="control"><label for="opacity">Opacity of the masks '
    '<input id="opacity" type="range" min="0" max="100" value="60"></label></div>'
)


@dataclass(frozen=True)
class Classes:
    """How classes are shown: their names, and the colours that a label map gives them."""

    names: Mapping[int, str]
    given: Mapping[int, Colour]

    @property
    def colours(self) -> np.ndarray:
        """The colours of all mask values, (256, 3) uint8 RGB."""
        return class_colours(given=self.given)

    def legend(self, numbers: Sequence[int]) -> str:
        """Returns which colour is which class, as HTML."""
        table = self.colours
        keys = [(table[number], f"{number} {self.names.get(number, '')}".rstrip()) for number in numbers]
        listed = "".join(f"<li>{swatch(colour)}{escaped(text)}</li>" for colour, text in [*keys, (DIFFERENCE, "wrong")])
        return f'<ul class="legend">{listed}</ul>'


def pictures_section(worst: Sequence[ShownPicture], random: Sequence[ShownPicture], classes: Classes) -> str:
    """Returns the pictures; "" without any."""
    if not worst and not random:
        return ""
    first = [paragraph("None of the pictures has a wrong pixel.")] if not worst else []
    bad = [_figure(picture, classes) for picture in worst]
    drawn = [_figure(picture, classes) for picture in random]
    return section(
        "pictures",
        "Pictures",
        paragraph("Each row is the picture, its truth, the prediction, and the labelled pixels that are wrong."),
        classes.legend(classes_in([*worst, *random])),
        SLIDER,
        f"<h3>The worst {len(bad)}, by the share of wrong pixels</h3>" if bad else "",
        *first,
        *bad,
        f"<h3>{len(drawn)} at random</h3>" if drawn else "",
        *drawn,
    )


def drawn_section(picture: Path | None, scores: Sequence[PictureScore]) -> str:
    """Returns what is known of the worst pictures where no copies of them are kept: ``worst.png`` and their scores."""
    drawn = ""
    if picture is not None:
        alt = "the worst pictures, each beside its truth, its prediction and the difference"
        drawn = f'<img class="picture" alt="{alt}" src="{uri_of(picture.read_bytes(), "PNG")}">'
    rows = [
        [escaped(each.name), percent(each.wrong_share, 1), shown_score(each.pixel_accuracy), shown_score(each.mean_iou)]
        for each in scores
        if each.wrong_pixels
    ]
    head = ["picture", "wrong pixels", "pixel accuracy", "mIOU"]
    table = wide("the worst pictures", rows_table(head, rows)) if rows else ""
    return section("pictures", "The worst pictures", table, drawn)


def _figure(picture: ShownPicture, classes: Classes) -> str:
    height, width = picture.truth.shape
    uri = data_uri(Image.fromarray(picture.image), "JPEG")
    truth, predicted = (_layer(mask, classes.colours) for mask in (picture.truth, picture.predicted))
    tiles = [
        _tile("tile", "picture", ""),
        _tile("tile", "truth", f'<img alt="" src="{truth}">'),
        _tile("tile", "prediction", f'<img alt="" src="{predicted}">'),
        _tile("tile grey", "difference", f'<img class="difference" alt="" src="{_difference(picture)}">'),
    ]
    style = f"--shape:{width}/{height};--picture:url({uri})"
    caption = f"<figcaption>{escaped(told(picture))}</figcaption>"
    return f'<figure>{caption}<div class="row" style="{style}">{"".join(tiles)}</div></figure>'


def _tile(kind: str, what: str, layer: str) -> str:
    return f'<div><div class="{kind}" role="img" aria-label="{what}">{layer}</div>{what}</div>'


def _layer(mask: np.ndarray, colours: np.ndarray) -> str:
    """Returns a mask in colours, clear where it is ignored."""
    layer = Image.fromarray(mask).copy()
    layer.putpalette(colours.astype(np.uint8).tobytes())
    return _clear(layer, IGNORE)


def _difference(picture: ShownPicture) -> str:
    """Returns the wrong pixels in one colour, all else clear."""
    layer = Image.fromarray(wrong_in(picture).astype(np.uint8)).copy()
    layer.putpalette(bytes(3) + DIFFERENCE.tobytes())
    return _clear(layer, 0)


def _clear(layer: Image.Image, value: int) -> str:
    layer.info["transparency"] = value
    return data_uri(layer, "PNG")
