"""The errors of one mask whose colours have no class. Those of a whole channel are told by ``channel_colours.py``."""

from __future__ import annotations

from typing import Any

from semseg.contract.label_maps import COLORS
from semseg.contract.png_mask import IGNORE
from semseg.data.labels.colour import shown
from semseg.data.labels.colour_table import ColourTable
from semseg.data.labels.colours_seen import ColoursSeen
from semseg.errors import ImageError
from semseg.plumbing.counted import counted

NOT_BY_BRIGHTNESS = '; convert("L") would make brightness of the colours, not class ids'
WRITE_ANEW = (
    "so look masks that were scaled or smoothed with interpolation, or were JPEG once: write them anew, scaled by "
    "nearest neighbour alone, and save them as PNG"
)
_LIST = f'name the class of each colour in a label map, {{"{COLORS}": {{"<class>": "#rrggbb"}}}}, '
_PNG = "or save class ids as an 8-bit greyscale or palette PNG"


class MaskColoursError(ImageError):
    """A mask of colours that have no class.

    Args:
        name: of the mask; fault, way_out, cause: as of ImageError.
        made_of: the arguments that it is made again with, after a way from one process of a job to another.

    Attributes:
        seen: these colours.
        pixels: of the whole mask.
    """

    def __init__(
        self, name: str, fault: str, way_out: str, cause: str, seen: ColoursSeen, pixels: int, made_of: tuple[Any, ...]
    ) -> None:
        super().__init__(f"{name} {fault}: {way_out}")
        self.name, self.fault, self.way_out, self.cause = name, fault, way_out, cause
        self.seen = seen
        self.pixels = pixels
        self.made_of = made_of

    def __reduce__(self) -> tuple[type[MaskColoursError], tuple[Any, ...]]:
        return type(self), self.made_of


class UnreadColoursError(MaskColoursError):
    """A mask of colours, where the label map names none; all of its colours are told.

    Args:
        mode: Pillow's, of the mask.
    """

    def __init__(self, name: str, mode: str, seen: ColoursSeen, pixels: int) -> None:
        fault = f"is an {mode} picture; a mask holds one class id per pixel, and this one holds {seen.listed()}"
        way_out = f"{_LIST}{_PNG}{'' if seen.are_grey else NOT_BY_BRIGHTNESS}"
        if seen.look_smoothed(pixels):
            way_out = WRITE_ANEW
        super().__init__(name, fault, way_out, "mask-of-colours", seen, pixels, (name, mode, seen, pixels))


class UnlistedColoursError(MaskColoursError):
    """A mask with colours that the label map does not name; these are told.

    Args:
        colours: of the label map.
    """

    def __init__(self, name: str, colours: ColourTable, seen: ColoursSeen, pixels: int) -> None:
        colour = seen.most_common()[0]
        away, listed, label = colours.nearest(colour)
        nearest = "the ignored colour" if label == IGNORE else f"class {label}"
        fault = (
            f"holds colour {shown(colour)} in {counted(seen.pixels[colour], 'pixel')}, "
            f"{away} away from {nearest} ({shown(listed)}), "
        )
        if len(seen.pixels) > 1:
            fault += f"and {seen.number()} in {counted(seen.total, 'pixel')} in all, "
        way_out = f'list it under its class there, or under key "{IGNORE}" to ignore it'
        if seen.look_smoothed_beside([listed for listed, _ in colours.entries], pixels):
            way_out = WRITE_ANEW
        fault += "which the label map does not name"
        super().__init__(name, fault, way_out, "unlisted-colours", seen, pixels, (name, colours, seen, pixels))
