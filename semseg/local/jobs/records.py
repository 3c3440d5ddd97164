"""Models and endpoint configurations of this machine: one JSON file each, shaped as the API's request for it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from semseg.api.names import check_name, is_name
from semseg.errors import PlatformError, UserError
from semseg.local.jobs.home import Home
from semseg.local.jobs.moment import moment
from semseg.local.process.process import exclusive
from semseg.plumbing.disk_space import full_disk_told
from semseg.plumbing.json_file import broken, read_object, write_json
from semseg.plumbing.whole_file import IDLE_SECONDS, sweep

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
            PlatformError: there is no room for it, or the record that is there cannot be read.
        """
        name = request[self._key]
        path = self._path(name)
        self._home.create()
        with exclusive(self._folder), full_disk_told(path):
            sweep(self._folder, IDLE_SECONDS)
            if not path.is_file():
                mark = {MADE_FOR_ENDPOINT: True} if for_endpoint else {}
                write_json(path, {**request, CREATED: time.time(), **mark})
                return
            kept = self._read(path)
            if kept.pop(MADE_FOR_ENDPOINT, False) and not for_endpoint:
                write_json(path, kept)
        kept.pop(CREATED)
        if kept != dict(request):
            raise UserError(f"{self._noun} must have a name of its own, and there is already one named {name!r}")

    def describe(self, name: str) -> dict[str, Any]:
        """Returns the record, shaped as the API describes it.

        Raises:
            UserError: there is none of this name; the sentence names those there are.
            PlatformError: its file cannot be read; the sentence says what is wrong with it.
        """
        record = self._read(self._existing(name))
        record.pop(MADE_FOR_ENDPOINT, None)
        return {**record, CREATED: moment(record[CREATED])}

    def is_for_endpoint(self, name: str) -> bool:
        """Returns whether a record is only there for an endpoint; False where there is none."""
        with suppress(UserError, PlatformError):  # it is not there, or no record
            return bool(self._read(self._existing(name)).get(MADE_FOR_ENDPOINT, False))
        return False

    def delete(self, name: str) -> None:
        """Removes a record.

        Raises:
            UserError: there is none of this name.
        """
        self._existing(name).unlink()

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
            with suppress(UserError, PlatformError, OSError, ValueError, KeyError, TypeError):
                found.append({self._key: name, CREATED: self.describe(name)[CREATED]})
        return found

    def _existing(self, name: str) -> Path:
        path = self._path(name)
        if not path.is_file():
            raise UserError(
                f"there is no {self._noun.split(' ', 1)[1]} {name!r} on this machine; there are: "
                f"{', '.join(self.names()) or 'none'}"
            )
        return path

    def _read(self, path: Path) -> dict[str, Any]:
        record = read_object(path)
        if not isinstance(record.get(CREATED), (int, float)):
            raise broken(path, f"it has no {CREATED}")
        return record

    def _path(self, name: str) -> Path:
        check_name(self._noun, name)
        return self._folder / f"{name}.json"
