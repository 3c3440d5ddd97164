"""Endpoints to come whose model is exported first: made in threads, told of until they are there."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from typing import Callable

from semseg.errors import SemsegError


@dataclass(frozen=True)
class Preparation:
    """An endpoint to come.

    Attributes:
        job: the training job whose model is exported.
        began: Unix seconds.
        failure: why it came to nothing; "" while it is under way.
    """

    job: str
    began: float
    failure: str = ""


class Preparations:
    """The endpoints to come of one console, by name. They are forgotten, and their work ends, when the console ends."""

    def __init__(self) -> None:
        self._known: dict[str, Preparation] = {}
        self._lock = threading.Lock()

    def begin(self, name: str, job: str, work: Callable[[], None]) -> None:
        """Starts the work, which ends with a deployed endpoint of this name or raises SemsegError."""
        with self._lock:
            self._known[name] = Preparation(job, time.time())
        threading.Thread(target=self._run, args=(name, work), daemon=True, name=f"prepares {name}").start()

    def of(self, name: str) -> Preparation | None:
        """Returns what is known of an endpoint to come; None where there is none, or once it is there."""
        with self._lock:
            return self._known.get(name)

    def all(self) -> dict[str, Preparation]:
        """Returns all endpoints to come, and those that came to nothing."""
        with self._lock:
            return dict(self._known)

    def forget(self, name: str) -> None:
        """Forgets one that came to nothing."""
        with self._lock:
            if name in self._known and self._known[name].failure:
                del self._known[name]

    def _run(self, name: str, work: Callable[[], None]) -> None:
        failure = ""
        try:
            work()
        except SemsegError as error:
            failure = str(error)
        except BaseException:
            failure = "The export ended with an error that is not known: the terminal of the console tells it"
            raise
        finally:
            with self._lock:
                if failure:
                    self._known[name] = replace(self._known[name], failure=failure)
                else:
                    del self._known[name]
