"""Run lengths, as COCO and CVAT write masks: so many pixels outside, so many inside, and so on.

Sources: COCO's ``maskApi.c`` for its compressed form (5 bits a character, the lengths after the second as differences),
CVAT's "CVAT for images 1.1" for its own. Lengths that do not fill the picture are refused; pycocotools gives whatever
the memory held before for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from semseg.conversion.conversion_problems import Unusable
from semseg.conversion.untrusted import shown

_FIRST, _MORE, _SIGN = 48, 0x20, 0x10
_MANY = 2**40  # pixels, more than any picture has
_LONGEST = 12  # characters of one number, 60 bits


def expand(lengths: Sequence[int], width: int, height: int, by_columns: bool) -> np.ndarray:
    """Returns the pixels that run lengths cover, (H, W) bool.

    Args:
        lengths: of the runs in turn: outside, inside, outside, ...
        by_columns: whether a run goes down the columns, as in COCO; else along the rows, as in CVAT.

    Raises:
        Unusable: they do not fill the picture.
    """
    check_filling(lengths, width, height)
    pixels = np.repeat(np.arange(len(lengths)) % 2 == 1, lengths)
    return pixels.reshape(width, height).T if by_columns else pixels.reshape(height, width)


def check_filling(lengths: Sequence[int], width: int, height: int) -> None:
    """Raises Unusable where run lengths do not fill a picture."""
    total = sum(lengths)
    if not lengths or min(lengths) < 0 or total != width * height:
        seen = f"{total} in all" if 0 <= total < _MANY else "others"
        raise Unusable(f"run lengths must be 0 or more and fill {width} x {height} pixels, got {seen}")


def coco_lengths(counts: Any) -> Sequence[int]:
    """Returns the run lengths of ``counts`` in a COCO file: a list of them, or a text that is the compressed form.

    Raises:
        Unusable: it is neither.
    """
    if isinstance(counts, str):
        return _decompressed(counts)
    if isinstance(counts, list) and all(type(count) is int for count in counts):
        return counts
    raise Unusable(f"counts must be a list of whole numbers or a text, got {shown(counts)}")


def _decompressed(text: str) -> list[int]:
    lengths: list[int] = []
    number = shift = 0
    for character in text:
        chunk = ord(character) - _FIRST
        if not 0 <= chunk < 2 * _MORE or shift == 5 * _LONGEST:
            raise Unusable(f"counts must be run lengths as COCO compresses them, got {shown(text)}")
        number |= (chunk & (_MORE - 1)) << shift
        shift += 5
        if not chunk & _MORE:
            number -= (1 << shift) if chunk & _SIGN else 0
            lengths.append(number + lengths[-2] if len(lengths) > 2 else number)
            number = shift = 0
    if shift:
        raise Unusable(f"counts must end with a whole number, got {shown(text)}")
    return lengths
