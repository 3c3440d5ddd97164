"""The names of classes, as a label map gives them, and where two label maps disagree about them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from semseg.contract.channels import TRAIN_ANNOTATION
from semseg.contract.class_names import RULE, is_name, with_name
from semseg.contract.findings import WARNED, Finding
from semseg.contract.label_maps import NAMES
from semseg.contract.png_mask import IGNORE
from semseg.data.labels.label_map_json import as_json, integer, short
from semseg.errors import ChannelError

_SHOWN = 3  # classes of which a sentence says how they differ
_CLASS = re.compile("[0-9]{1,3}")


def read_names(value: Any, name: str) -> dict[int, str]:
    """Returns the name of each class that the value of "names" names; key 255 names what is ignored.

    Args:
        value: an object of classes and names, or a list, in which the first name is that of class 0.
        name: what an error calls the label map.

    Raises:
        ChannelError: it is no such object; one that is the wrong way round is told with the names to write.
    """
    if isinstance(value, list) and value:
        value = {str(label): named for label, named in enumerate(value)}
    if not isinstance(value, dict) or not value:
        raise ChannelError(f'{name}: {NAMES} must be an object like {{"<class>": "<name>"}}, got {short(value)}')
    if _is_wrong_way_round(value):
        right = as_json({NAMES: {str(label): named for named, label in value.items()}})
        raise ChannelError(f"{name}: {NAMES} must have classes as keys and their names as values: write {right}")
    named = {integer(key, 0, f"{name}: a class (a key of {NAMES})"): text for key, text in value.items()}
    for label, text in named.items():
        if not is_name(text):
            raise ChannelError(f"{name}: the name of class {label} must be {RULE}, got {short(text)}")
    return {label: named[label].strip() for label in sorted(named)}


def name_findings(training: Mapping[int, str], validation: Mapping[int, str], num_classes: int) -> list[Finding]:
    """Returns what is to be told about the names in the label maps of both splits."""
    different = [label for label in sorted(training) if validation.get(label, training[label]) != training[label]]
    beyond = [label for label in sorted({*training, *validation}) if num_classes <= label < IGNORE]
    findings = []
    if different:
        shown = [f"{label} {training[label]!r} and {validation[label]!r}" for label in different[:_SHOWN]]
        more = f" and {len(different) - _SHOWN} more" if len(different) > _SHOWN else ""
        findings.append(
            "train_label_map.json and validation_label_map.json must name classes alike, or a class is scored as "
            f"another than it was trained as: they call class {', class '.join(shown)}{more}"
        )
    if beyond:
        names = {**validation, **training}
        findings.append(
            f"the label map names {with_name(beyond[-1], names)}, but with num_classes {num_classes} classes run from "
            f"0 to {num_classes - 1}: raise num_classes, or leave this name out"
        )
    return [Finding(WARNED, "class-names", TRAIN_ANNOTATION, sentence) for sentence in findings]


def _is_wrong_way_round(value: dict[str, Any]) -> bool:
    labels = list(value.values())
    return (
        all(type(label) in (int, str) and _CLASS.fullmatch(str(label)) for label in labels)
        and len(set(labels)) == len(labels)
        and not all(_CLASS.fullmatch(key) for key in value)
    )
