"""The part of a report about the data: the classes in both halves, what was found, what the label maps did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from semseg.contract.channels import TRAIN, VALIDATION
from semseg.contract.findings import LEVELS, NOTED, REFUSED, WARNED
from semseg.drawing.class_colours import NUM_CLASSES
from semseg.plumbing.counted import counted, percent
from semseg.results.markup import items, paragraph, rows_table, section, swatch, wide
from semseg.results.picture_section import Classes
from semseg.results.tables import escaped

MOST_FINDINGS = 20  # of one level
_TITLES = {REFUSED: "Refused", WARNED: "Warned of", NOTED: "Noted"}


def data_section(dataset: Mapping[str, Any] | None, label_map: Sequence[str], classes: Classes) -> str:
    """Returns what ``dataset.json`` holds, and what the label maps did; "" where nothing is known.

    The file is semseg's own, but may be of another version: what is not as expected is left out.
    """
    found = dataset or {}
    halves = {name: _object(_object(found.get("channels")).get(name)) for name in (TRAIN, VALIDATION)}
    return section("data", "Data", _halves(halves), _shares(halves, classes), _findings(found), _label_map(label_map))


def _halves(halves: Mapping[str, Mapping[str, Any]]) -> str:
    told = [
        f"{counted(half['samples'], 'sample')} in {name}, {percent(_share(half.get('ignored')), 1)} of pixels ignored"
        for name, half in halves.items()
        if isinstance(half.get("samples"), int)
    ]
    return paragraph(f"{'; '.join(told)}." if told else "")


def _shares(halves: Mapping[str, Mapping[str, Any]], classes: Classes) -> str:
    """Returns the share of each class in training beside that in validation."""
    train, validation = (_object(half.get("classes")) for half in halves.values())
    numbers = [number for number in range(NUM_CLASSES) if str(number) in train and str(number) in validation]
    if not numbers:
        return ""
    colours, rows = classes.colours, []
    largest = max(_share(half[str(number)]) for half in (train, validation) for number in numbers) or 1.0
    for number in numbers:
        entries = train[str(number)], validation[str(number)]
        name = classes.names.get(number) or str(_object(entries[0]).get("name", ""))
        shares = [_share(entry) for entry in entries]
        pair = "".join(f'<i style="width:{100 * share / largest:.1f}%"></i>' for share in shares)
        told = [percent(share, 1) for share in shares]
        if (shares[0] > 0) != (shares[1] > 0):
            told.append('<span class="lags">in one half alone</span>')
        title = f"{swatch(colours[number])}{escaped(f'{number} {name}'.rstrip())}"
        rows.append([title, f'<div class="pair" aria-hidden="true">{pair}</div>', *told, *[""] * (3 - len(told))])
    table = rows_table(["class", "train above validation", "train", "validation", "remark"], rows)
    return "<h3>Shares of the labelled pixels</h3>" + wide("shares of the classes", table)


def _findings(found: Mapping[str, Any]) -> str:
    findings = [each for each in found.get("findings") or () if isinstance(each, dict) and "sentence" in each]
    parts = []
    for level in LEVELS:
        sentences = [str(each["sentence"]) for each in findings if each.get("level") == level]
        if sentences:
            more = len(sentences) - MOST_FINDINGS
            last = [f"and {more} more, in dataset.json"] if more > 0 else []
            parts.append(f"<h3>{_TITLES[level]}</h3>{items([*sentences[:MOST_FINDINGS], *last])}")
    if found and not parts:
        return paragraph("The check of the data found nothing that is to be told.")
    return "".join(parts)


def _label_map(lines: Sequence[str]) -> str:
    if not lines:
        return ""
    text = escaped("\n".join(lines))
    return f"<details><summary>What the label maps did</summary><pre>{text}</pre></details>"


def _share(entry: Any) -> float:
    share = _object(entry).get("share")
    return float(share) if isinstance(share, (int, float)) and 0 <= share <= 1 else 0.0


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
