"""Checks of data sets, each in a thread of its own; a page looks how far one is, and shows what it found."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from semseg.contract.channels import TRAIN_ANNOTATION
from semseg.data.listed_label_map import label_map_from
from semseg.errors import SemsegError
from semseg.inspection.check import check
from semseg.inspection.inspected import Inspected
from semseg.plumbing.teller import Silent

MOST_KEPT = 16  # data sets whose checks are kept
MOST_AT_ONCE = 2
OF_COLOURS = "mask-of-colours"  # the cause of a finding


@dataclass
class DataCheck(Silent):
    """The check of one data set, and the teller that it is told to.

    Attributes:
        folder: of the data set.
        channel: that is read now.
        done, total: samples of it.
        found: what was found, once it is over.
        colours: the label map that gives each colour of the training masks a class, where masks are made of colours and
            nothing says which is which; empty where that is not so.
        error: why nothing could be found; "" where all went well.
        key: of this check alone; addresses have it of what changes with the files.
    """

    folder: Path
    channel: str = ""
    done: float = 0
    total: float = 0
    found: Inspected | None = None
    colours: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    key: str = field(default_factory=lambda: secrets.token_hex(4))
    is_over: threading.Event = field(default_factory=threading.Event)

    def bar(self, unit: str, description: str = "", total: float | None = None, timed: bool = True) -> DataCheck:
        """Begins to count the samples of a channel."""
        self.channel, self.done, self.total = description, 0, total or 0
        return self

    def move(self, done: float, total: float | None = None, unit: str | None = None) -> None:
        """Counts so many as read."""
        self.done = done

    def run(self) -> None:
        """Reads all files, and keeps what is found."""
        try:
            found = check(self.folder, teller=self)
            if any(one.cause == OF_COLOURS for one in found.report.refused):
                self.colours = _listed_colours(self.folder)
            self.found = found
        except SemsegError as error:
            self.error = str(error)
        except OSError as error:
            self.error = f"{error.filename or self.folder} cannot be read: {error.strerror}"
        finally:
            self.is_over.set()


class DataChecks:
    """The checks that were begun since the console was started; of many the last ones are kept."""

    def __init__(self) -> None:
        self._checks: OrderedDict[Path, DataCheck] = OrderedDict()
        self._lock = threading.Lock()
        self._room = threading.Semaphore(MOST_AT_ONCE)

    def of(self, folder: Path) -> DataCheck:
        """Returns the check of a data set, which is begun where there is none."""
        with self._lock:
            if folder not in self._checks:
                self._checks[folder] = self._begun(folder)
            self._checks.move_to_end(folder)
            while len(self._checks) > MOST_KEPT:
                self._checks.popitem(last=False)
            return self._checks[folder]

    def forget(self, folder: Path) -> None:
        """Lets the next look at a data set read its files again."""
        with self._lock:
            self._checks.pop(folder, None)

    def _begun(self, folder: Path) -> DataCheck:
        begun = DataCheck(folder)

        def run() -> None:
            with self._room:
                begun.run()

        threading.Thread(target=run, name=f"check of {folder.name}", daemon=True).start()
        return begun


def _listed_colours(folder: Path) -> Mapping[str, Any]:
    try:
        return label_map_from(folder / TRAIN_ANNOTATION)
    except SemsegError:  # too many colours, or a mask that cannot be read: the check tells of these
        return {}
