"""`async def`: coroutines of one call run once; the event loop never stands still."""

import asyncio
import functools
import inspect

import pytest

from counting import records, staged
from remade import make


@pytest.fixture
def runs():
    return []


@pytest.fixture
def made(tmp_path, runs):
    @make(cachedir=tmp_path, keep="all")
    async def fetch(x, *, broken=False):
        runs.append(x)
        await asyncio.sleep(0.01)
        if broken:
            raise ConnectionError(x)
        return [x]

    return fetch


def test_it_is_a_coroutine_function(made, tmp_path):
    assert inspect.iscoroutinefunction(made)
    assert made.is_async
    assert inspect.iscoroutinefunction(functools.partial(made, 1))

    class Client:
        @make(cachedir=tmp_path)
        async def get(self):
            return 1

    assert inspect.iscoroutinefunction(Client.get)
    assert inspect.iscoroutinefunction(Client().get)
    assert asyncio.run(Client().get()) == 1
    call = made(1)
    assert inspect.iscoroutine(call)
    call.close()


def test_a_partial_of_one_is_a_coroutine_function_too(tmp_path):
    async def get(x, y):
        return x + y

    made = make(functools.partial(get, 1), cachedir=tmp_path)
    assert made.is_async
    assert [asyncio.run(made(2)), asyncio.run(made(2))] == [3, 3]
    assert made.cache_info().ran == 1
    assert inspect.iscoroutinefunction(made)


def test_it_runs_once_and_is_reused(made, runs):
    assert asyncio.run(made(1)) == [1]
    assert asyncio.run(made(x=1)) == [1]
    assert runs == [1]
    assert asyncio.run(made.call(1)) == [1]
    assert runs == [1, 1]
    assert made.check_call_in_cache(1)
    assert made.load() == [1]


def test_coroutines_of_one_call_run_once(made, runs):
    async def main():
        return await asyncio.gather(*(made(1) for _ in range(20)))

    results = asyncio.run(main())
    assert results == [[1]] * 20
    assert len({id(result) for result in results}) == 20  # nobody shares a list with another
    assert runs == [1]


def test_different_calls_run_at_the_same_time(tmp_path):
    @make(cachedir=tmp_path, keep="all", ignore=("inside",))
    async def meet(x, inside):
        inside.append(x)
        while len(inside) < 5:
            await asyncio.sleep(0)
        return x

    async def main():
        inside = []
        calls = (meet(x, inside) for x in range(5))
        return await asyncio.wait_for(asyncio.gather(*calls), 10)

    assert asyncio.run(main()) == [0, 1, 2, 3, 4]


def test_an_exception_passes_through_and_records_nothing(made, runs, tmp_path):
    async def main():
        calls = (made(1, broken=True) for _ in range(3))
        return await asyncio.gather(*calls, return_exceptions=True)

    results = asyncio.run(main())
    assert [type(one) for one in results] == [ConnectionError] * 3
    assert runs == [1, 1, 1]
    assert records(tmp_path) == []
    assert staged(tmp_path) == []


def test_cancelling_leaves_no_lock_and_no_record(made, runs, tmp_path):
    async def main():
        first = asyncio.ensure_future(made(1))
        second = asyncio.ensure_future(made(1))
        while not runs:
            await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert await second == [1]  # who waited runs now
        third = asyncio.ensure_future(made(2))
        while len(runs) < 3:
            await asyncio.sleep(0)
        third.cancel()
        await asyncio.wait([third])

    asyncio.run(main())
    assert runs == [1, 1, 2]
    assert len(records(tmp_path)) == 1
    assert staged(tmp_path) == []
    assert asyncio.run(made(2)) == [2]


def test_one_that_is_never_awaited_leaves_nothing(made, runs, tmp_path):
    call = made(1)
    call.close()
    assert runs == []
    assert staged(tmp_path) == []


def test_one_that_waits_can_be_cancelled_alone(made, runs):
    async def main():
        first = asyncio.ensure_future(made(1))
        while not runs:
            await asyncio.sleep(0)
        second = asyncio.ensure_future(made(1))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.wait([second])
        return await first

    assert asyncio.run(main()) == [1]
    assert runs == [1]


def test_made_coroutines_inside_made_coroutines_are_nested(tmp_path):
    runs = []
    settings = {"scale": 1}

    @make(cachedir=tmp_path, keep="all")
    async def inner(x):
        runs.append("inner")
        await asyncio.sleep(0)
        return settings["scale"] * x

    @make(cachedir=tmp_path, keep="all")
    async def outer(n):
        runs.append("outer")
        return sum(await asyncio.gather(*(inner(x) for x in range(n))))

    assert asyncio.run(outer(3)) == 3
    assert asyncio.run(inner(2)) == 2
    assert runs == ["outer", "inner", "inner", "inner"]


def test_a_coroutine_that_calls_itself_is_not_blocked_by_itself(tmp_path):
    @make(cachedir=tmp_path, keep="all")
    async def down(n):
        return 0 if n == 0 else 1 + await down(n - 1)

    async def main():
        return await asyncio.wait_for(down(4), 10)

    assert asyncio.run(main()) == 4
