"""JSON files that are never seen half-written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, TypeVar

from semseg.errors import PlatformError
from semseg.plumbing.whole_file import beside, write_text

Fields = TypeVar("Fields")

# The types of fields, as annotations name them, and what JSON gives for them.
_TYPES: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "dict[str, str]": (dict,),
    "None": (type(None),),
}


def write_json(path: Path, content: Any) -> None:
    """Writes a JSON file whole; its folder is made where it is not there.

    Only its owner can read the file, because an environment in it may hold a token.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with beside(path) as part:
        part.touch(mode=0o600)
        part.write_text(json.dumps(content, indent=2), encoding="utf-8")


def write_public_json(path: Path, content: Any) -> None:
    """Writes a JSON file whole, readable by whoever may read its folder: those of a model and of a job's output."""
    write_text(path, json.dumps(content, indent=1))


def read_json(path: Path) -> Any:
    """Returns what a JSON file holds."""
    return json.loads(path.read_text(encoding="utf-8"))


def read_object(path: Path) -> dict[str, Any]:
    """Returns the JSON object in a file that semseg keeps.

    Raises:
        FileNotFoundError: there is no such file.
        PlatformError: it holds none; the sentence says what is wrong with it, and what to do.
    """
    content = _kept(path)
    if not isinstance(content, dict):
        raise broken(path, f"it holds a {type(content).__name__} where an object must be")
    return content


def read_fields(path: Path, kind: type[Fields]) -> Fields:
    """Returns the dataclass that a file holds as a JSON object of its fields.

    Raises:
        FileNotFoundError, PlatformError: as of :func:`read_object`; also where a field is missing, unknown or of
            another type.
    """
    return filled(path, read_object(path), kind)


def read_rows(path: Path, kind: type[Fields]) -> list[Fields]:
    """Returns the dataclasses that a file holds as a JSON list of objects of their fields; raises as
    :func:`read_fields`.
    """
    content = _kept(path)
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise broken(path, "it holds something else where a list of objects must be")
    return [filled(path, row, kind) for row in content]


def broken(path: Path, why: str) -> PlatformError:
    """Returns the error of a file that semseg keeps and cannot read; ``why`` is a part of its sentence."""
    return PlatformError(
        f"{path} cannot be read: {why}. It was damaged, or another version of semseg wrote it: use that version, or "
        f"delete the file, or what it belongs to"
    )


def _kept(path: Path) -> Any:
    content = path.read_bytes()
    if not content.strip(b"\0 \n"):  # zeros are what a loss of power may leave
        raise broken(path, "it is empty")
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise broken(path, f"it is no whole JSON ({error})") from error


def filled(path: Path, content: Mapping[str, Any], kind: type[Fields]) -> Fields:
    """Returns the dataclass of which an object in a file has the fields; raises as :func:`read_fields`."""
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    for name in sorted(known.keys() | content.keys()):
        if name not in known:
            raise broken(path, f"it has a field {name[:80]!r}, which this version does not know")
        if name not in content:
            if _is_needed(known[name]):
                raise broken(path, f"it has no field {name!r}")
        elif not _fits(content[name], str(known[name].type)):
            raise broken(path, f"its field {name!r} must be of the type {known[name].type}, got {content[name]!r:.80}")
    return kind(**content)


def _is_needed(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _fits(value: Any, annotation: str) -> bool:
    """Returns whether a value of JSON is of a type as annotations write it, such as "float | None"."""
    names = annotation.split(" | ")
    if isinstance(value, bool):  # which Python takes for a whole number
        return "bool" in names
    return any(isinstance(value, _TYPES.get(name, (object,))) for name in names)
