"""Models and endpoint configurations of this machine: one JSON file each, shaped as the API's request for it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from semseg.api.names import check_name, is_name
from semseg.errors import UserError
from semseg.local.jobs.home import Home
from semseg.local.jobs.moment import moment
from semseg.local.process.process import exclusive
from semseg.plumbing.json_file import read_json, write_json

CREATED = "CreationTime"  # Unix seconds in the file
MADE_FOR_ENDPOINT = "MadeForEndpoint"  # there where deploy() made the record


class Records:
    """All records of one kind.

    Args:
        home: its folders are made when the first record is.
        folder: the one of this kind.
        noun: such as "a model", for messages.
        key: where a request has the record's name, such as "ModelName".
    """

    def __init__(self, home: Home, folder: Path, noun: str, key: str) -> None:
        self._home = home
        self._folder = folder
        self._noun = noun
        self._key = key

    def create(self, request: Mapping[str, Any], for_endpoint: bool = False) -> None:
        """Keeps a record; one that is there already with the same content stays.

        Args:
            for_endpoint: it is only there for an endpoint, unless somebody else creates the same.

        Raises:
            UserError: the name is not one, or is taken by another record.
        """
        name = request[self._key]
        path = self._path(name)
        self._home.create()
        with exclusive(self._folder):
            if not path.is_file():
                mark = {MADE_FOR_ENDPOINT: True} if for_endpoint else {}
                write_json(path, {**request, CREATED: time.time(), **mark})
                return
            kept = read_json(path)
            if kept.pop(MADE_FOR_ENDPOINT, False) and not for_endpoint:
                write_json(path, kept)
        kept.pop(CREATED)
        if kept != dict(request):
            raise UserError(f"{self._noun} must have a name of its own, and there is already one named {name!r}")

    def describe(self, name: str) -> dict[str, Any]:
        """Returns the record, shaped as the API describes it.

        Raises:
            UserError: there is none of this name; the sentence names those there are.
        """
        path = self._path(name)
        if not path.is_file():
            raise UserError(
                f"there is no {self._noun.split(' ', 1)[1]} {name!r} on this machine; there are: "
                f"{', '.join(self.names()) or 'none'}"
            )
        record: dict[str, Any] = read_json(path)
        record.pop(MADE_FOR_ENDPOINT, None)
        return {**record, CREATED: moment(record[CREATED])}

    def is_for_endpoint(self, name: str) -> bool:
        """Returns whether a record is only there for an endpoint; False where there is none."""
        with suppress(OSError, ValueError, AttributeError):  # it is not there, or no record
            return bool(read_json(self._path(name)).get(MADE_FOR_ENDPOINT, False))
        return False

    def delete(self, name: str) -> None:
        """Removes a record.

        Raises:
            UserError: there is none of this name.
        """
        self.describe(name)
        self._path(name).unlink()

    def has(self, name: str) -> bool:
        """Returns whether there is a record of this name."""
        return is_name(name) and self._path(name).is_file()

    def names(self) -> list[str]:
        """Returns the names of all records, sorted."""
        return sorted(path.stem for path in self._folder.glob("[!.]*.json"))

    def summaries(self) -> list[dict[str, Any]]:
        """Returns the name and the CreationTime of every record, as the API's list of its kind has them.

        A file that is no record is left out.
        """
        found = []
        for name in self.names():
            with suppress(UserError, OSError, ValueError, KeyError, TypeError):
                found.append({self._key: name, CREATED: self.describe(name)[CREATED]})
        return found

    def _path(self, name: str) -> Path:
        check_name(self._noun, name)
        return self._folder / f"{name}.json"
