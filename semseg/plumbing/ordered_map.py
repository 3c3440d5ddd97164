"""A map over threads that keeps the order and bounds what is under way.

Threads are enough, because Pillow and numpy release the interpreter lock while they decode, resize and calculate.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Callable, Optional, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def ordered_map(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int, ahead: Optional[int] = None
) -> Generator[Result, None, None]:
    """Yields ``function(item)`` for each item, in the order of the items.

    An exception of ``function`` is raised in place of its result and ends the iteration. Closing the iterator cancels
    calls that have not begun and waits for those that have.

    Args:
        workers: threads; with 0 everything runs in the caller's thread, one item at a time.
        ahead: the most items under way or waiting to be taken; twice ``workers`` where it is not given.
    """
    if workers == 0:
        yield from map(function, items)
        return
    most = max(1, 2 * workers if ahead is None else ahead)
    pool = ThreadPoolExecutor(workers)
    under_way: deque[Future[Result]] = deque()
    try:
        for item in items:
            under_way.append(pool.submit(function, item))
            if len(under_way) == most:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
