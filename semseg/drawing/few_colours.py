"""Pictures with at most 256 colours, whose files are a third as large."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from PIL import Image

_MOST = 256


def with_few_colours(picture: Image.Image, exact: Iterable[np.ndarray] = ()) -> Image.Image:
    """Returns an RGB picture with at most 256 colours, mixed where one is missing.

    Args:
        picture: of Pillow, in its mode RGB.
        exact: colours, (3,) uint8 RGB each, that stay as they are, such as those of a legend; at most 200.
    """
    kept = b"".join(bytes(bytearray(int(part) for part in colour)) for colour in exact)
    common = picture.quantize(_MOST - len(kept) // 3)
    table = kept + bytes(common.getpalette() or [])[: 3 * (_MOST - len(kept) // 3)]
    palette = Image.new("P", (1, 1))
    palette.putpalette(table)
    return picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
