"""The table of all hyperparameters in docs/hyperparameters.md, made of what they say of themselves."""

from __future__ import annotations

from dataclasses import MISSING, fields

from semseg.contract.hyperparameters import Hyperparameters, wire_name
from semseg.contract.rules import wire_form


def markdown_table() -> str:
    """Returns a Markdown table with one row for each hyperparameter: name, rule, default, note."""
    rows = ["| name | must be | default | what it does |", "|---|---|---|---|"]
    for item in fields(Hyperparameters):
        words = item.metadata.get("default_in_words") or wire_form(item.default) or "none"
        default = "required" if item.default is MISSING else words
        rows.append(f"| `{wire_name(item)}` | {item.metadata['rule']} | {default} | {item.metadata['note']} |")
    return "\n".join(rows) + "\n"
