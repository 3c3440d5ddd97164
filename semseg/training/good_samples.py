"""What is made of the samples that can be used, in their order; the others of a pass are told at its end, together."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from typing import Optional, TypeVar, Union

from semseg.data.bad_stream import BadSample
from semseg.plumbing.ordered_map import ordered_map

Place = TypeVar("Place")
Made = TypeVar("Made")


def made_of_good(
    make: Callable[[Place], Made], places: Iterable[Place], workers: int, ahead: Optional[int] = None
) -> Generator[Made, None, None]:
    """Yields ``make(place)`` for each place whose sample can be used, as :func:`ordered_map` does.

    After a sample that cannot be used, nothing more is yielded unless such samples are left out; the rest of the pass
    is read all the same, so that everything that is wrong with it is told.

    Raises:
        BadPass: at the end of the pass, if samples of it cannot be used and are not left out.
    """

    def attempt(place: Place) -> Union[Made, BadSample]:
        try:
            return make(place)
        except BadSample as error:
            return error

    bad: list[BadSample] = []
    total = 0
    with closing(ordered_map(attempt, places, workers, ahead)) as results:
        for result in results:
            total += 1
            if isinstance(result, BadSample):
                bad.append(result)
            elif not bad or bad[0].source.leaves_out:
                yield result
            else:
                bad[0].source.raise_if_stopped()
    if bad:
        bad[0].source.judge(bad, total)
