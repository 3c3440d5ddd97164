"""The bytes that all requests together may hold."""

from __future__ import annotations

import asyncio
from collections import deque


class Budget:
    """A number of bytes that is lent in the order of asking. A request for more than the total gets the whole total,
    once all of it is free.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self.lent = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def lend(self, size: int) -> int:
        """Waits for ``size`` bytes, and returns how many must be given back."""
        size = min(size, self.total)
        if not self._waiting and self.lent + size <= self.total:
            self.lent += size
            return size
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((size, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give_back(size)
            else:
                self._waiting.remove((size, turn))
                self._serve()  # those behind may need less
            raise
        return size

    def give_back(self, size: int) -> None:
        """Gives bytes back, and lends them to those that wait."""
        self.lent -= size
        self._serve()

    def _serve(self) -> None:
        while self._waiting and self.lent + self._waiting[0][0] <= self.total:
            size, turn = self._waiting.popleft()
            self.lent += size
            turn.set_result(None)
