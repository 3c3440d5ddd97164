from __future__ import annotations

import asyncio

from semseg.serving.budget import Budget


async def waiting_for(budget: Budget, size: int) -> asyncio.Future[int]:
    """The request of one who has begun to ask."""
    asking = asyncio.ensure_future(budget.lend(size))
    await asyncio.sleep(0)
    return asking


def test_what_is_there_is_lent_at_once_and_the_rest_when_it_is_given_back() -> None:
    async def run() -> None:
        budget = Budget(10)
        first, second, third = [await waiting_for(budget, size) for size in (4, 6, 1)]
        assert (first.done(), second.done(), third.done()) == (True, True, False)
        budget.give_back(4)
        assert await third == 1
        assert budget.lent == 7

    asyncio.run(run())


def test_those_behind_wait_for_their_turn_even_if_there_is_enough_for_them() -> None:
    async def run() -> None:
        budget = Budget(10)
        await budget.lend(5)
        large, small = [await waiting_for(budget, size) for size in (6, 1)]
        assert (large.done(), small.done()) == (False, False)
        budget.give_back(5)
        assert (await large, await small) == (6, 1)

    asyncio.run(run())


def test_who_asks_for_more_than_there_is_gets_all_of_it_alone() -> None:
    async def run() -> None:
        budget = Budget(10)
        await budget.lend(1)
        large = await waiting_for(budget, 1000)
        assert not large.done()
        budget.give_back(1)
        assert await large == 10
        budget.give_back(10)
        assert budget.lent == 0

    asyncio.run(run())


def test_who_gives_up_waiting_lets_the_others_pass() -> None:
    async def run() -> None:
        budget = Budget(10)
        await budget.lend(5)
        large, small = [await waiting_for(budget, size) for size in (6, 2)]
        large.cancel()
        assert await small == 2
        assert budget.lent == 7

    asyncio.run(run())


def test_who_gives_up_when_it_is_lent_gives_it_back() -> None:
    async def run() -> None:
        budget = Budget(10)
        await budget.lend(10)
        asking = await waiting_for(budget, 5)
        budget.give_back(10)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert budget.lent == 0

    asyncio.run(run())
