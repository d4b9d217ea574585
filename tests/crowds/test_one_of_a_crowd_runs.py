"""Processes, threads and coroutines that ask for one call at once get one run."""

import asyncio
import json
import threading

import numpy as np
import pytest

from remade import make

MAIN = """
    import os, time
    from remade import make
    from marks import mark

    @make(keep="all")
    def f(x):
        mark(f"f {x}")
        # Until everybody asks: the run cannot be over before.
        while len(open(os.environ["MARKS"]).read().split("ask")) <= int(os.environ["ASKING"]):
            time.sleep(0.005)
        time.sleep(0.05)
        return [x, os.getpid()]

    def ask(x):
        mark("ask")
        return f(x)
"""


@pytest.mark.parametrize("method", ["spawn", "fork", "forkserver"])
def test_eight_processes(shop, method):
    shop.write(main=MAIN)
    shop.environment["ASKING"] = "8"
    shop.write(
        crowd=f"""
            import json, multiprocessing
            import main

            if __name__ == "__main__":
                with multiprocessing.get_context({method!r}).Pool(8) as pool:
                    print(json.dumps(pool.map(main.ask, [3] * 8, chunksize=1)))
        """
    )
    # A pool may give two tasks to a quick worker: then fewer than eight ask at once.
    shop.environment["ASKING"] = "2"
    printed, marks = shop.print("crowd")
    assert len({tuple(value) for value in json.loads(printed)}) == 1
    assert (marks.count("f 3"), marks.count("ask")) == (1, 8)


def test_eight_programs(shop):
    shop.write(main=MAIN)
    shop.environment["ASKING"] = "8"
    script = "import json, main; print(json.dumps(main.ask(3)))"
    programs = [shop.start(script, stdout=-1) for _ in range(8)]
    values = {program.communicate(timeout=120)[0] for program in programs}
    assert len(values) == 1
    assert {program.returncode for program in programs} == {0}
    assert shop.marks.new().count("f 3") == 1


def in_threads(function, items):
    values = [None] * len(items)

    def put(place, item):
        values[place] = function(item)

    threads = [threading.Thread(target=put, args=pair) for pair in enumerate(items)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return values


def test_eight_threads(cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir)
    def f(x):
        import time

        mark("f")
        time.sleep(0.1)
        return np.full(3, x)

    values, runs = marks.of(in_threads, f, [3] * 8)
    assert ([value.tolist() for value in values], runs) == ([[3] * 3] * 8, ["f"])
    assert len({id(value) for value in values}) == 8


def test_threads_of_different_calls_run_each_once(cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir, keep="all")
    def f(x):
        mark("f")
        return x * x

    for _ in range(3):
        assert in_threads(f, [1, 2, 3, 4] * 3) == [1, 4, 9, 16] * 3
    assert sorted(marks.new()) == ["f"] * 4


def test_gathered_coroutines(cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir, keep="all")
    async def f(x):
        mark("f")
        await asyncio.sleep(0.01)
        return [x]

    async def gathered():
        return await asyncio.gather(*(f(x) for x in [1, 2] * 4))

    values, runs = marks.of(asyncio.run, gathered())
    assert (values, runs) == ([[1], [2]] * 4, ["f", "f"])
    assert len({id(value) for value in values}) == 8
    values, runs = marks.of(asyncio.run, gathered())
    assert (values, runs) == ([[1], [2]] * 4, [])


def test_coroutines_inside_a_coroutine(cachedir, marks, tmp_path):
    from remade import File

    mark, path = marks.mark, str(tmp_path / "data.txt")

    @make(cachedir=cachedir, keep="all")
    async def read(file, part):
        mark("read")
        await asyncio.sleep(0)
        with open(file) as opened:
            return opened.read()[part]

    @make(cachedir=cachedir)
    async def whole():
        mark("whole")
        return "".join(await asyncio.gather(*(read(File(path), part) for part in range(3))))

    (tmp_path / "data.txt").write_text("abc")
    assert marks.of(asyncio.run, whole()) == ("abc", ["whole", "read", "read", "read"])
    assert marks.of(asyncio.run, whole()) == ("abc", [])
    (tmp_path / "data.txt").write_text("defg")
    assert marks.of(asyncio.run, whole()) == ("def", ["whole", "read", "read", "read"])


def test_a_coroutine_that_is_cancelled_frees_the_others(cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir)
    async def f(x):
        mark("f")
        await asyncio.sleep(0.05)
        return x

    async def crowd():
        first = asyncio.ensure_future(f(1))
        await asyncio.sleep(0.01)
        others = [asyncio.ensure_future(f(1)) for _ in range(3)]
        await asyncio.sleep(0.01)
        first.cancel()
        return await asyncio.gather(first, *others, return_exceptions=True)

    values, runs = marks.of(asyncio.run, crowd())
    assert isinstance(values[0], asyncio.CancelledError)
    assert (values[1:], runs) == ([1, 1, 1], ["f", "f"])


def test_a_run_that_raises_lets_the_next_run(cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir)
    def f(x):
        import time

        mark("f")
        time.sleep(0.02)
        raise ValueError(x)

    def caught(x):
        try:
            f(x)
        except ValueError as error:
            return str(error)

    assert marks.of(in_threads, caught, [3] * 4) == (["3"] * 4, ["f"] * 4)
    assert not list(cachedir.rglob("*.lock"))
