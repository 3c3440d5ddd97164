"""The label map, which says for which class a raw pixel value of a mask stands, or a colour.

Source of the format: the SageMaker developer guide, "Semantic Segmentation Algorithm", section on label maps. A list of
pixel values for one class, colours and names are additions of ours.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from semseg.contract.class_names import with_name
from semseg.contract.echoed import LONGEST_SHOWN
from semseg.contract.label_maps import COLORS, FILES, MAP, NAMES, SCALE, file_of
from semseg.contract.png_mask import IGNORE
from semseg.data.labels.class_names import read_names
from semseg.data.labels.colour import Colour, shown
from semseg.data.labels.colour_entries import colour_classes, refuse_colours_in_map
from semseg.data.labels.colour_table import ColourTable
from semseg.data.labels.label_map_json import integer, map_classes, parsed
from semseg.errors import ChannelError
from semseg.plumbing.counted import listed
from semseg.plumbing.regular_file import read_regular

MAX_BYTES = 2**20  # of a label map; its 256 values need a few thousand
_NO_CLASS = 254  # num_classes is at most 254, and classes run from 0


@dataclass(frozen=True, eq=False)
class LabelMap:
    """A table from raw pixel values to classes.

    A mask that is read by its colours has the classes of the colours as raw values, and the table leaves them as they
    are.

    Attributes:
        table: (256,) uint8, the class of each raw value; 255 = ignore. Unknown values read 255 here.
        known: (256,) bool, whether the label map says anything about the raw value.
        description: the JSON object that this label map was made from, for the log.
        colours: what turns the colours of a mask into raw values; None where masks are not read by their colours.
        names: of classes, which need not have one.
    """

    table: np.ndarray
    known: np.ndarray
    description: dict[str, Any]
    colours: ColourTable | None = None
    names: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def identity(cls) -> LabelMap:
        """Returns the map that holds without a label map: each pixel value is its own class, and 255 is ignored."""
        return cls.from_description({SCALE: 1}, "the label map")

    @classmethod
    def from_json(cls, text: str | bytes, name: str = "the label map") -> LabelMap:
        """Parses one of the forms of a label map.

        ``{"scale": 3}``: the class is the pixel value divided by 3, rounded down; 255 stays ignore.
        ``{"map": {"0": 5, "1": [0, 7], "255": 2}}``: the key is the class, the value the pixel value in the PNG file or
        a list of several. Class 255 is ignore. Pixel value 255 is ignored too unless it is given to a class; others
        that are not named are unknown.
        ``{"colors": {"0": "#4682b4", "1": [250, 50, 83]}}``: the key is the class, the value its colour in the PNG
        file, or a list of several. Colours that are not named are unknown.
        Each may have ``"names": {"0": "sky"}`` beside it; names alone leave pixel values as they are.

        Args:
            name: what an error calls the label map.

        Raises:
            ChannelError: not JSON, or not one of these forms.
        """
        return cls.from_description(parsed(text, name), name)

    @classmethod
    def from_description(cls, description: dict[str, Any], name: str) -> LabelMap:
        """Returns the label map of a parsed JSON object; see :meth:`from_json`."""
        colours = None
        if MAP in description:
            refuse_colours_in_map(description[MAP], name)
            table, known = _tables({IGNORE: IGNORE, **map_classes(description[MAP], name)})
        elif COLORS in description:
            colours = ColourTable.of(colour_classes(description[COLORS], name))
            table, known = _tables({IGNORE: IGNORE, **{label: label for _, label in colours.entries}})
        else:
            table, known = _scaled(integer(description.get(SCALE, 1), 1, f"{name}: {SCALE}"))
        names = read_names(description[NAMES], name) if NAMES in description else {}
        return cls(table, known, description, colours, names)

    @classmethod
    def read(cls, path: Path) -> LabelMap:
        """Parses the file at ``path``; a ChannelError names it."""
        try:
            text = read_regular(path, MAX_BYTES)
        except OSError as error:
            raise ChannelError(f"{path} cannot be read: {error.strerror}") from error
        return cls.from_json(text, str(path))

    @classmethod
    def read_in(cls, folder: Path, split: str) -> LabelMap | None:
        """Parses the label map of "train" or "validation" in the folder of channel ``label_map``; None if it has none.

        Raises:
            ChannelError: it cannot be used; the folder is there and holds none for either.
        """
        if os.path.lexists(folder / file_of(split)):
            return cls.read(folder / file_of(split))
        if folder.exists() and not any(folder.glob(file_of("*"))):
            found = ", ".join(sorted(entry.name for entry in folder.iterdir())) or "nothing"
            raise ChannelError(
                f"channel label_map must hold {' or '.join(FILES)}, one for each half that needs it, "
                f"got {found:.{LONGEST_SHOWN}}"
            )
        return None

    def apply(self, raw: np.ndarray) -> np.ndarray:
        """Returns the classes (uint8, 255 = ignore) of raw pixel values (any shape, uint8); unknown values become
        ignore.
        """
        return np.ndarray(raw.shape, np.uint8, _looked_up(raw, self.table))

    def apply_allowed(self, raw: np.ndarray, num_classes: int) -> np.ndarray | None:
        """Returns the same as :meth:`apply`; None if there is a raw value that :meth:`allowed` does not allow."""
        classes = _looked_up(raw, np.where(self.allowed(num_classes), self.table, _NO_CLASS))
        return None if _NO_CLASS in classes else np.ndarray(raw.shape, np.uint8, classes)

    def allowed(self, num_classes: int) -> np.ndarray:
        """Returns whether each raw value means a class below ``num_classes``, or ignore; (256,) bool."""
        return self.known & ((self.table < num_classes) | (self.table == IGNORE))

    def classes(self, num_classes: int, present: np.ndarray | None = None) -> list[int]:
        """Returns the classes below ``num_classes`` that raw pixel values lead to, in rising order.

        Args:
            num_classes: 2 to 254.
            present: (256,) bool, the raw values that count; all where it is not given.
        """
        counted = self.known if present is None else self.known & present
        return [int(label) for label in np.unique(self.table[counted]) if label < num_classes]

    def class_colours(self) -> dict[int, Colour]:
        """Returns a colour of each class that masks are drawn with, where masks are read by their colours."""
        entries = () if self.colours is None else self.colours.entries
        return {label: colour for colour, label in entries if label != IGNORE}

    def turned_round(self) -> LabelMap | None:
        """Returns the label map that has keys and values exchanged.

        Returns None for a scale, and if a class has several pixel values, so that the exchange has several meanings.
        """
        entries = self.description.get(MAP, {})
        values = [value if isinstance(value, list) else [value] for value in entries.values()]
        if not entries or any(len(several) != 1 for several in values):
            return None
        exchanged = {int(value): int(key) for key, [value] in zip(entries, values)}
        if len(exchanged) < len(entries) or len(set(exchanged.values())) < len(entries):
            return None
        ordered = {str(key): exchanged[key] for key in sorted(exchanged)}
        return LabelMap.from_description({**self.description, MAP: ordered}, "the label map")

    def table_lines(self, num_classes: int) -> list[str]:
        """Returns lines that tell what each of the 256 raw values becomes, one line for each range of values that
        become the same; of a map of colours what each colour becomes.
        """
        if self.colours is not None:
            fates = [
                f"colour {shown(colour)} -> {self._fate(raw, num_classes)}" for colour, raw in self.colours.entries
            ]
            return [*fates, "any other colour -> unknown: refused"]
        lines = []
        for fate, group in groupby(range(256), key=lambda raw: self._fate(raw, num_classes)):
            stretch = list(group)
            span = f"{stretch[0]}" if len(stretch) == 1 else f"{stretch[0]}..{stretch[-1]}"
            lines.append(f"pixel {span} -> {fate}")
        return lines

    def shown_class(self, label: int) -> str:
        """Returns a class as a sentence shows it: "class 3 (pole)", or "class 3" where it has no name."""
        return with_name(label, self.names)

    def shown_classes(self, labels: Sequence[int]) -> str:
        """Returns classes as a sentence shows them: "classes 2 and 3 (pole)"."""
        told = [with_name(label, self.names).removeprefix("class ") for label in labels]
        return f"class{'' if len(told) == 1 else 'es'} {listed(told)}"

    def shown_values(self, raw: Iterable[int]) -> str:
        """Returns raw values as a sentence shows them: "pixel values 7 and 9", or "colour #4682b4" of a map of
        colours.
        """
        noun, told = "pixel value", [str(value) for value in raw]
        if self.colours is not None:
            noun, told = "colour", [shown(colour) for value in told for colour in self.colours.colours_of(int(value))]
        return f"{noun}{'' if len(told) == 1 else 's'} {listed(told)}"

    def _fate(self, raw: int, num_classes: int) -> str:
        label = int(self.table[raw])
        if not self.known[raw]:
            return "unknown: refused"
        if label == IGNORE:
            return f"ignore ({self.names[IGNORE]})" if IGNORE in self.names else "ignore"
        if label >= num_classes:
            return f"not below num_classes {num_classes}: refused"
        is_same = self.is_identity and label not in self.names
        return "the class of the same number" if is_same else self.shown_class(label)

    @property
    def is_identity(self) -> bool:
        """Returns whether each pixel value is its own class, as without a label map."""
        return self.colours is None and bool(np.array_equal(self.table, np.arange(256)))


def _scaled(scale: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the table and the known values of a scale."""
    table = (np.arange(256) // scale).astype(np.uint8)
    table[IGNORE] = IGNORE
    return table, np.ones(256, dtype=bool)


def _tables(class_of: Mapping[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Returns the table and the known values of a map."""
    table, known = np.full(256, IGNORE, dtype=np.uint8), np.zeros(256, dtype=bool)
    for raw, label in class_of.items():
        table[raw], known[raw] = label, True
    return table, known


def _looked_up(raw: np.ndarray, table: np.ndarray) -> bytearray:
    """Returns the table's value for each raw value. numpy's own look-up would need 8 bytes more for each pixel."""
    return bytearray(np.ascontiguousarray(raw).data).translate(table.astype(np.uint8).tobytes())
