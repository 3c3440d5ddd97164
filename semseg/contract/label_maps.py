"""The keys of a label map's JSON, and what of them SageMaker's own algorithm does not know.

Source: the SageMaker developer guide, "Semantic Segmentation Algorithm", section on label maps. Colours, names, and
lists of several values for one class are additions of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from semseg.contract.channels import TRAIN, VALIDATION

SCALE, MAP, COLORS, NAMES = "scale", "map", "colors", "names"
VALUES = (SCALE, MAP, COLORS)  # of which there is one at most
FORMS = '{"scale": 1}, {"map": {"<class>": <pixel value>}} or {"colors": {"<class>": "#rrggbb"}}'


def file_of(split: str) -> str:
    """Returns the name of the file with the label map of "train" or "validation"."""
    return f"{split}_label_map.json"


FILES = (file_of(TRAIN), file_of(VALIDATION))


def own_additions(description: Mapping[str, Any]) -> list[str]:
    """Returns what of a label map is ours, as parts of a sentence: none for one that SageMaker's algorithm reads."""
    entries = description.get(MAP)
    lists = isinstance(entries, dict) and any(isinstance(values, list) for values in entries.values())
    return [
        *(f'"{key}"' for key in (COLORS, NAMES) if key in description),
        *(["several pixel values for one class"] if lists else []),
    ]
