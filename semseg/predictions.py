"""Many pictures, several asked for at a time; the answers come in the order of the pictures."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterable, Iterator, Sized
from dataclasses import dataclass
from typing import Callable, Generic, Optional, TypeVar

from semseg.errors import RequestError, UserError
from semseg.local.endpoint.retries import Retries
from semseg.plumbing.ordered_map import ordered_map
from semseg.plumbing.teller import SILENT, Printer, Teller

# A busy endpoint is asked again for the same picture for as long as for one answer; where it failed otherwise, once.
RETRIES = Retries(busy_seconds=70.0, times=1)

PRINTER = Printer()

Picture = TypeVar("Picture")
Asked = TypeVar("Asked")  # what is asked for a picture
Result = TypeVar("Result")
OnError = Optional[Callable[[Picture, Exception], None]]


@dataclass(frozen=True)
class Answered(Generic[Picture, Result]):
    """A picture and its answer."""

    picture: Picture
    answer: Result


@dataclass(frozen=True)
class LeftOut(Generic[Picture]):
    """A picture without an answer, and why it has none."""

    picture: Picture
    error: Exception


def predictions(
    serialize: Callable[[Picture], Asked],
    ask: Callable[[Asked], Result],
    pictures: Iterable[Picture],
    workers: int,
    progress: bool,
    on_error: OnError[Picture],
    teller: Teller = PRINTER,
) -> Iterator[tuple[Picture, Result]]:
    """Yields each picture with its answer, in order; one that is broken or refused is reported and left out.

    Args:
        serialize: makes a picture's request; UserError and OSError mean that the picture is broken.
        ask: gives the answer; RequestError means that the picture is refused, any other error ends it all.
        workers: threads that serialize and ask.
        progress: whether a bar counts the pictures.
        on_error: told of each picture that is left out, in this thread; None shows a line.
        teller: shows the bar, and the lines about pictures that are left out.
    """

    stopping = threading.Event()  # set where nobody wants the answers any more

    def attempt(picture: Picture) -> Answered[Picture, Result] | LeftOut[Picture]:
        try:
            request = serialize(picture)
        except (UserError, OSError) as error:
            return LeftOut(picture, error)
        try:
            return Answered(picture, RETRIES.ask(lambda: ask(request), stopping))
        except RequestError as error:
            return LeftOut(picture, error)

    made = ordered_map(attempt, pictures, workers)
    total = len(pictures) if isinstance(pictures, Sized) else None
    bar = (teller if progress else SILENT).bar("picture", total=total)
    say = bar.line if progress else teller.line
    with contextlib.closing(bar), contextlib.closing(made), setting(stopping):
        for number, prediction in enumerate(made, 1):
            bar.move(number)
            if isinstance(prediction, Answered):
                yield prediction.picture, prediction.answer
            elif on_error:
                on_error(prediction.picture, prediction.error)
            else:
                say(f"skipped {_name(prediction.picture, number)}: {prediction.error}")


@contextlib.contextmanager
def setting(event: threading.Event) -> Iterator[None]:
    """Sets the event at the end of the block, however it ends."""
    try:
        yield
    finally:
        event.set()


def _name(picture: object, number: int) -> str:
    return os.fspath(picture) if isinstance(picture, (str, os.PathLike)) else f"picture {number}"
