"""Saving and loading what functions return, beside the plain functions that do nothing else."""

from __future__ import annotations

import functools
import os
import pickle
import time

import joblib
import numpy as np
from functions import ramp, table
from harness import Bench, Contender, most_memory

from remade import NumpyFile, PickleFile, make


def save(bench: Bench) -> None:
    """A run that returns a large array over the earlier one, with all that is done to keep it."""
    folder, size = bench.folder, bench.large // 8
    made = make(ramp, cachedir=folder / "remade", output=NumpyFile(folder / "made.npy"))
    plain = folder / "plain.npy"
    contenders: dict[str, Contender] = {
        "remade": lambda: made.call(size),
        "np.save": lambda: np.save(plain, ramp(size)),
        "the function alone": lambda: ramp(size),
    }
    took = bench.measure(f"a run that saves {bench.large_name} over the earlier", contenders)
    expected = ramp(size)
    for path in (folder / "made.npy", plain):
        assert np.array_equal(np.load(path), expected), f"{path.name}: a wrong array"
    alone = took["the function alone"]
    ratio = (took["remade"] - alone) / (took["np.save"] - alone)
    work = f"run that saves {bench.large_name} over the earlier one, digest included"
    bench.within(work, "np.save, median of 9 in turn, both without the run", ratio, 1.1)


def load(bench: Bench) -> None:
    """A fresh call that loads a large array, and a small one."""
    folder = bench.folder
    for name, size, most in (
        (bench.large_name, bench.large // 8, None),
        ("80 bytes", 10, 6),
    ):
        file = folder / f"made-{size}.npy"
        made = make(ramp, cachedir=folder / f"remade-{size}", output=NumpyFile(file))
        cached = joblib.Memory(folder / "joblib", verbose=0).cache(ramp)
        expected = made(size)
        cached(size)
        time.sleep(0.05)  # until the stamps are believed
        contenders: dict[str, Contender] = {
            "remade": functools.partial(made, size),
            "np.load": functools.partial(np.load, file),
            "joblib.Memory": functools.partial(cached, size),
        }
        took = bench.reused(f"loading {name}", contenders, expected)
        work, ratio = f"loading {name} through NumpyFile", took["remade"] / took["np.load"]
        if most is None:
            bench.within(work, "np.load", ratio, 1.05)
        else:
            bench.faster(work, "np.load", 1 / ratio, most)


def pickles(bench: Bench) -> None:
    """Many small dicts through pickle: what comes beside pickle itself."""
    folder, length = bench.folder, 10_000 if bench.small else 100_000
    made = make(table, cachedir=folder / "remade", output=PickleFile(folder / "made.pickle"))
    plain = folder / "plain.pickle"

    def dump() -> None:
        with plain.open("wb") as file:
            pickle.dump(table(length), file, 5)

    def read() -> object:
        with plain.open("rb") as file:
            return pickle.load(file)

    saved = bench.measure(
        f"a run that pickles {length:,} dicts",
        {
            "remade": lambda: made.call(length),
            "pickle": dump,
            "the function alone": lambda: table(length),
        },
    )
    time.sleep(0.05)
    loaded = bench.measure(
        f"loading {length:,} dicts", {"remade": lambda: made(length), "pickle": read}
    )
    assert made(length) == table(length) == read()
    work = f"pickled result of {length:,} small dicts"
    bench.within(f"{work}, load", "pickle itself", loaded["remade"] / loaded["pickle"], 1.1)
    alone = saved["the function alone"]
    ratio = (saved["remade"] - alone) / (saved["pickle"] - alone)
    bench.within(f"{work}, save", "pickle itself, both without the run", ratio, 1.25)


PROGRAM = """
import numpy as np
from remade import NumpyFile, make
def f(n):
    return {array}
made = make(f, cachedir={folder!r} + "/cache", output=NumpyFile({path!r}))
"""


def memory(bench: Bench) -> None:
    """The most memory of a process that saves, and of one that loads, beyond the array itself."""
    size = bench.large
    most: dict[str, int] = {}
    for layout, array in (
        ("contiguous", f"np.full({size // 8}, 1.5)"),
        ("strided", f"np.full({size // 8}, 1.5)[::2]"),
    ):
        path = os.fspath(bench.folder / f"{layout}.npy")
        start = PROGRAM.format(array=array, folder=os.fspath(bench.folder), path=path)
        most[f"saving, {layout}"] = most_memory(f"{start}made(1)") - most_memory(f"{start}f(1)")
        loads = most_memory(f"{start}again = made(1)") - most_memory(start)
        most[f"loading, {layout}"] = loads - os.path.getsize(path)
    print("\nmemory beside the array")
    for name, taken in most.items():
        print(f"  {name:<42} {taken / 1e6:>9.1f} MB")
    least = max(most.values()) / 1e6
    bench.below("memory of saving and loading", "the array, more by", least, 32, "MB")


GROUP = {"save": save, "load": load, "pickles": pickles, "memory": memory}
