"""The label map, which says for which class a raw pixel value of a mask stands.

Source of the format: the SageMaker developer guide, "Semantic Segmentation Algorithm", section on label maps. A list of
pixel values for one class is an addition of ours.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from semseg.contract.png_mask import IGNORE
from semseg.errors import ChannelError
from semseg.plumbing.regular_file import read_regular

MAX_BYTES = 2**20  # of a label map; its 256 values need a few thousand
_NO_CLASS = 254  # num_classes is at most 254, and classes run from 0
_FORMS = '{"scale": 1} or {"map": {"<class>": <pixel value>}}'


@dataclass(frozen=True, eq=False)
class LabelMap:
    """A table from raw pixel values to classes.

    Attributes:
        table: (256,) uint8, the class of each raw value; 255 = ignore. Unknown values read 255 here.
        known: (256,) bool, whether the label map says anything about the raw value.
        description: the JSON object that this label map was made from, for the log.
    """

    table: np.ndarray
    known: np.ndarray
    description: dict[str, Any]

    @classmethod
    def identity(cls) -> LabelMap:
        """Returns the map that holds without a label map: each pixel value is its own class, and 255 is ignored."""
        return _from_scale(1, {"scale": 1})

    @classmethod
    def from_json(cls, text: str | bytes, name: str = "the label map") -> LabelMap:
        """Parses one of the two forms of a label map.

        ``{"scale": 3}``: the class is the pixel value divided by 3, rounded down; 255 stays ignore.
        ``{"map": {"0": 5, "1": [0, 7], "255": 2}}``: the key is the class, the value the pixel value in the PNG file or
        a list of several. Class 255 is ignore. Pixel value 255 is ignored too unless it is given to a class; others
        that are not named are unknown.

        Args:
            name: what an error calls the label map.

        Raises:
            ChannelError: not JSON, or not one of the two forms.
        """
        description = _parsed(text, name)
        if "scale" in description:
            return _from_scale(_integer(description["scale"], 1, f"{name}: scale"), description)
        return _from_map(description["map"], description, name)

    @classmethod
    def read(cls, path: Path) -> LabelMap:
        """Parses the file at ``path``; a ChannelError names it."""
        try:
            text = read_regular(path, MAX_BYTES)
        except OSError as error:
            raise ChannelError(f"{path} cannot be read: {error.strerror}") from error
        return cls.from_json(text, str(path))

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

    def turned_round(self) -> LabelMap | None:
        """Returns the label map that has keys and values exchanged.

        Returns None for a scale, and if a class has several pixel values, so that the exchange has several meanings.
        """
        entries = self.description.get("map", {})
        values = [value if isinstance(value, list) else [value] for value in entries.values()]
        if not entries or any(len(several) != 1 for several in values):
            return None
        exchanged = {int(value): int(key) for key, [value] in zip(entries, values)}
        if len(exchanged) < len(entries) or len(set(exchanged.values())) < len(entries):
            return None
        ordered = {str(key): exchanged[key] for key in sorted(exchanged)}
        return _from_map(ordered, {"map": ordered}, "the label map")

    def table_lines(self, num_classes: int) -> list[str]:
        """Returns lines that tell what each of the 256 raw values becomes, one line for each range of values that
        become the same.
        """
        lines = []
        for fate, group in groupby(range(256), key=lambda raw: self._fate(raw, num_classes)):
            stretch = list(group)
            span = f"{stretch[0]}" if len(stretch) == 1 else f"{stretch[0]}..{stretch[-1]}"
            lines.append(f"pixel {span} -> {fate}")
        return lines

    def _fate(self, raw: int, num_classes: int) -> str:
        label = int(self.table[raw])
        if not self.known[raw]:
            return "unknown: refused"
        if label == IGNORE:
            return "ignore"
        if label >= num_classes:
            return f"not below num_classes {num_classes}: refused"
        return "the class of the same number" if self.is_identity else f"class {label}"

    @property
    def is_identity(self) -> bool:
        """Returns whether each pixel value is its own class, as without a label map."""
        return bool(np.array_equal(self.table, np.arange(256)))


def _from_scale(scale: int, description: dict[str, Any]) -> LabelMap:
    table = (np.arange(256) // scale).astype(np.uint8)
    table[IGNORE] = IGNORE
    return LabelMap(table, np.ones(256, dtype=bool), description)


def _from_map(entries: Any, description: dict[str, Any], name: str) -> LabelMap:
    if not isinstance(entries, dict) or not entries:
        raise ChannelError(f'{name}: map must be an object like {{"<class>": <pixel value>}}, got {entries!r}')
    class_of: dict[int, int] = {}
    for key, values in entries.items():
        label = _integer(key, 0, f"{name}: a class (a key of map)")
        for value in values if isinstance(values, list) else [values]:
            raw = _integer(value, 0, f"{name}: the pixel value of class {label}")
            if class_of.setdefault(raw, label) != label:
                raise ChannelError(
                    f"{name}: pixel value {raw} is given to class {class_of[raw]} and to class {label}, and can be one "
                    "class only (each key of map is a class, each value the pixel value in the mask)"
                )
    return _from_classes({IGNORE: IGNORE, **class_of}, description)


def _looked_up(raw: np.ndarray, table: np.ndarray) -> bytearray:
    """Returns the table's value for each raw value. numpy's own look-up would need 8 bytes more for each pixel."""
    return bytearray(np.ascontiguousarray(raw).data).translate(table.astype(np.uint8).tobytes())


def _from_classes(class_of: dict[int, int], description: dict[str, Any]) -> LabelMap:
    table, known = np.full(256, IGNORE, dtype=np.uint8), np.zeros(256, dtype=bool)
    for raw, label in class_of.items():
        table[raw], known[raw] = label, True
    return LabelMap(table, known, description)


def _parsed(text: str | bytes, name: str) -> dict[str, Any]:
    try:
        description = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ChannelError(f"{name} is not JSON ({error}): write {_FORMS}") from error
    if not isinstance(description, dict) or list(description) not in (["scale"], ["map"]):
        seen = list(description) if isinstance(description, dict) else type(description).__name__
        raise ChannelError(f"{name} must hold one key, scale or map, got {seen}: write {_FORMS}")
    return description


def _integer(value: Any, least: int, what: str) -> int:
    """Returns an integer of ``least`` to 255 from a JSON number or a string of digits."""
    number = int(value) if isinstance(value, str) and re.fullmatch("[0-9]{1,3}", value) else value
    if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= 255:
        raise ChannelError(f"{what} must be an integer of {least} to 255, got {value!r}")
    return number
