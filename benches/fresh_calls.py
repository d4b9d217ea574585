"""Fresh calls with small arguments and results, beside other caches."""

from __future__ import annotations

import functools
import os
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

import cachier
import diskcache
import joblib
from functions import mixed, square
from harness import Bench, Contender, Timed, process, watched

from remade import PickleFile, make
from remade._remade import _seconds_of_stat


def scalar(bench: Bench) -> None:
    """A call with a number that returns a number, stored before: the record alone is looked at."""
    folder = bench.folder
    caches: dict[str, Callable[[int], object]] = {
        "remade": make(square, cachedir=folder / "remade"),
        "joblib.Memory": joblib.Memory(folder / "joblib", verbose=0).cache(square),
        "diskcache memoize": diskcache.Cache(folder / "diskcache").memoize()(square),
        "cachier": cachier.cachier(cache_dir=folder / "cachier")(square),
    }
    for cache in caches.values():
        cache(12)
    with watched():
        busy = make(square, cachedir=folder / "busy")
        for _ in range(5000):
            busy(12)
    known = {12: 144}
    record = next((folder / "remade").glob("v1/*/*.json"))
    contenders: dict[str, Contender] = {
        **{name: functools.partial(cache, 12) for name, cache in caches.items()},
        "remade, after 4,096 calls": functools.partial(busy, 12),
        "look into a dict": lambda: known[12],
        "os.stat of the record": lambda: (os.stat(record), 144)[1],
        "fs::metadata of the record": Timed(lambda calls: _seconds_of_stat(record, calls)),
    }
    took = bench.reused("fresh scalar call", contenders, 144)
    work = "fresh call, int to float"
    bench.faster(work, "joblib.Memory", took["joblib.Memory"] / took["remade"], 30)
    bench.faster(work, "diskcache.memoize", took["diskcache memoize"] / took["remade"], 6)
    stat = took["fs::metadata of the record"]
    bench.within(work, "one fs::metadata", took["remade"] / stat, 2.5)
    # From then on the kernel tells of changes: it must be dearer to look than not to.
    busy_work = f"{work}, after 4,096 of them"
    busy_call = took["remade, after 4,096 calls"]
    bench.faster(busy_work, "joblib.Memory", took["joblib.Memory"] / busy_call, 60)
    bench.faster(busy_work, "diskcache.memoize", took["diskcache memoize"] / busy_call, 12)
    bench.within(busy_work, "one fs::metadata", busy_call / stat, 1)


def small_file(bench: Bench) -> None:
    """The same with the result in a file of its own, which is looked at too."""
    folder = bench.folder
    kept = PickleFile(folder / "square.pickle")
    caches: dict[str, Callable[[int], object]] = {
        "remade": make(square, cachedir=folder / "remade", output=kept),
        "joblib.Memory": joblib.Memory(folder / "joblib", verbose=0).cache(square),
        "diskcache memoize": diskcache.Cache(folder / "diskcache").memoize()(square),
    }
    for cache in caches.values():
        cache(12)
    contenders: dict[str, Contender] = {
        name: functools.partial(cache, 12) for name, cache in caches.items()
    }
    took = bench.reused("fresh call, result in a small file", contenders, 144)
    work = "fresh call, result in its own small file"
    bench.faster(work, "joblib.Memory", took["joblib.Memory"] / took["remade"], 20)
    bench.faster(work, "diskcache.memoize", took["diskcache memoize"] / took["remade"], 4)


def eight_arguments(bench: Bench) -> None:
    """Eight arguments of mixed types, with containers in containers."""
    arguments: dict[str, Any] = {
        "count": 12,
        "rate": 0.25,
        "name": "sub-01",
        "flag": True,
        "sizes": [1, 2, [3, 4, (5, 6.5)]],
        "options": {"method": "linear", "knots": {"x": [0.0, 0.5, 1.0], "y": None}},
        "pair": (b"raw", frozenset({1, 2, 3})),
        "blob": b"0123456789" * 10,
    }
    caches: dict[str, Callable[..., object]] = {
        "remade": make(mixed, cachedir=bench.folder / "remade"),
        "joblib.Memory": joblib.Memory(bench.folder / "joblib", verbose=0).cache(mixed),
        "diskcache memoize": diskcache.Cache(bench.folder / "diskcache").memoize()(mixed),
    }
    expected = {name: cache(**arguments) for name, cache in caches.items()}
    contenders: dict[str, Contender] = {
        name: functools.partial(cache, **arguments) for name, cache in caches.items()
    }
    took = bench.reused("fresh call, 8 mixed arguments", contenders, expected)
    work = "fresh call, 8 mixed arguments with nested containers"
    bench.faster(work, "joblib.Memory", took["joblib.Memory"] / took["remade"], 25)


# A store with so many records, and the first and later calls of a new process in it.
FILL = """
import sys
from functions import square
from remade import make
made = make(square, cachedir=sys.argv[1], keep="all")
for x in range(int(sys.argv[2])):
    made(x)
"""
LOOK = """
import sys, time
from functions import square
from remade import make
made = make(square, cachedir=sys.argv[1], keep="all")
other = make(square, cachedir=sys.argv[1] + "-other", keep="all")
other(0); other(0)  # what the first call of a process does once
began = time.perf_counter()
assert made(0) == 0
print(time.perf_counter() - began)
"""


def many_records(bench: Bench) -> None:
    """The same call repeated where one record lies in the store, and where 100,000 do."""
    counts = (1, 1000, 5000 if bench.small else 100_000)
    contenders: dict[str, Contender] = {}
    new: dict[str, float] = {}
    for count in counts:
        place = str(bench.folder / str(count))
        process(FILL, place, str(count))
        contenders[f"{count:,} records"] = functools.partial(
            make(square, cachedir=place, keep="all"), 0
        )
    took = bench.reused("the same call, keep='all'", contenders, 0)
    for count in counts:
        place = str(bench.folder / str(count))
        times = [float(process(LOOK, place).split()[-1]) for _ in range(9)]
        new[f"{count:,} records"] = statistics.median(times)
    bench.tell("the first call of a process, keep='all'", new)
    one, *others = took
    most = max(took[other] / took[one] for other in others)
    work = f"the same call repeated, keep='all', {counts[1]:,} and {counts[2]:,} records"
    bench.within(work, "one record", most, 1.2)
    # Finding one name among many in a folder takes the file system some microseconds; reading all
    # names would take a tenth of a second.
    more = max(new[other] - new[one] for other in others)
    bench.below(f"{work}, first call of a process", "one record: more by", more * 1e6, 100, "us")


def threads(bench: Bench) -> None:
    """Eight threads that make fresh calls, and one thread beside another that is busy."""
    made = make(square, cachedir=bench.folder / "remade")
    cached = joblib.Memory(bench.folder / "joblib", verbose=0).cache(square)
    made(12)
    cached(12)
    calls = 2000 if bench.small else 10_000

    def by_threads(count: int) -> float:
        def work() -> None:
            for _ in range(calls):
                made(12)

        all_threads = [threading.Thread(target=work) for _ in range(count)]
        began = time.perf_counter()
        for thread in all_threads:
            thread.start()
        for thread in all_threads:
            thread.join()
        return (time.perf_counter() - began) / (calls * count)

    def beside_a_busy_thread(call: Callable[[int], object], calls: int) -> tuple[float, float]:
        """Seconds of a call by the median, and by the mean: it waits where the lock was let go."""
        done = threading.Event()

        def spin() -> None:
            number = 0
            while not done.is_set():
                number += 1

        busy = threading.Thread(target=spin)
        busy.start()
        times = []
        for _ in range(calls):
            began = time.perf_counter()
            call(12)
            times.append(time.perf_counter() - began)
        done.set()
        busy.join()
        return statistics.median(times), statistics.mean(times)

    turns = [(by_threads(1), by_threads(8)) for _ in range(5)]
    one, eight = (statistics.median(each) for each in zip(*turns, strict=True))
    alone = statistics.median(_each(made, 2000))
    median, mean = beside_a_busy_thread(made, 20_000)
    _, joblib_mean = beside_a_busy_thread(cached, 50)
    bench.tell(
        "fresh calls in threads",
        {
            "one thread": one,
            "eight threads, each call": eight,
            "one call alone": alone,
            "beside a busy thread, the median": median,
            "beside a busy thread, the mean": mean,
            "joblib.Memory beside one, the mean": joblib_mean,
        },
    )
    bench.within("8 threads on fresh calls, each call", "one thread", eight / one, 2)
    # Two threads share the interpreter's lock, so each has half of the time and not less.
    bench.within("fresh calls beside a busy thread, the mean", "one alone", mean / alone, 3)


def _each(call: Callable[[int], object], calls: int) -> list[float]:
    times = []
    for _ in range(calls):
        began = time.perf_counter()
        call(12)
        times.append(time.perf_counter() - began)
    return times


def stale_calls(bench: Bench) -> None:
    """A call that runs, whose result is short: all else is what the cache costs."""
    made = make(square, cachedir=bench.folder / "remade")
    kept = make(square, cachedir=bench.folder / "all", keep="all")
    cached = joblib.Memory(bench.folder / "joblib", verbose=0).cache(square)
    numbers = {"remade": 0, "keep='all'": 0, "joblib.Memory": 0}

    def another(name: str, call: Callable[[int], object]) -> Callable[[], object]:
        def run() -> object:
            numbers[name] += 1
            return call(numbers[name])

        return run

    took = bench.measure(
        "a run that returns a number",
        {
            "remade": another("remade", made),
            "remade, keep='all'": another("keep='all'", kept),
            "joblib.Memory": another("joblib.Memory", cached),
            "the function alone": lambda: square(3),
        },
    )
    alone = took["the function alone"]
    work = "a run with nothing to save, overhead"
    overhead = {name: seconds - alone for name, seconds in took.items()}
    bench.faster(work, "joblib.Memory's", overhead["joblib.Memory"] / overhead["remade"], 5)


GROUP = {
    "scalar": scalar,
    "small_file": small_file,
    "eight_arguments": eight_arguments,
    "threads": threads,
    "stale_calls": stale_calls,
    # Last: the disk is busy for a while with 100,000 new files.
    "many_records": many_records,
}
