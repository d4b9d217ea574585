"""Arrays as arguments: known by history, or read in full."""

from __future__ import annotations

import functools
import statistics
import time
from pathlib import Path

import joblib
import numpy as np
from functions import Array, ramp, total
from harness import Bench, Contender, Timed, process, show, timed_process, told_by_process

from remade import make
from remade._remade import _seconds_of_read


def known(bench: Bench) -> None:
    """A call with an array that a made function returned: remade knows it, joblib reads it."""
    sizes = {"1 KB": 1 << 10, "1 MB": 1 << 20, bench.large_name: bench.large}
    made_ramp = make(ramp, cachedir=bench.folder / "remade", keep="all")
    made = make(total, cachedir=bench.folder / "remade", keep="all")
    cached = joblib.Memory(bench.folder / "joblib", verbose=0).cache(total)
    arrays = {name: made_ramp(size // 8) for name, size in sizes.items()}
    contenders: dict[str, Contender] = {}
    expected: dict[str, object] = {}
    for library, function in (("remade", made), ("joblib.Memory", cached)):
        for name, array in arrays.items():
            expected[f"{library}, {name}"] = function(array)
            contenders[f"{library}, {name}"] = functools.partial(function, array)
    for name, array in arrays.items():
        assert expected[f"remade, {name}"] == float(array.sum())
    took = bench.reused("fresh call on a known array", contenders, expected)
    large, small = took[f"remade, {bench.large_name}"], took["remade, 1 KB"]
    work = f"fresh call on a known {bench.large_name} array"
    joblib_took = took[f"joblib.Memory, {bench.large_name}"]
    bench.faster(work, "joblib.Memory", joblib_took / large, 50_000)
    bench.within(work, "a 1 KB array", large / small, 1.1)

    # Cold: all that the caches of the machine hold is something else.
    other = np.zeros((96 << 20) // 8)
    cold: dict[str, list[float]] = {"1 KB": [], bench.large_name: []}
    for turn in range(21):
        for name, taken in cold.items():
            array = arrays[name]
            np.add(other, turn, out=other)
            began = time.perf_counter()
            made(array)
            taken.append(time.perf_counter() - began)
    medians = {f"remade, cold, {name}": statistics.median(taken) for name, taken in cold.items()}
    bench.tell("the same, with nothing in the caches of the processor", medians)
    more = medians[f"remade, cold, {bench.large_name}"] - medians["remade, cold, 1 KB"]
    bench.below(f"{work}, cold", "a 1 KB array, cold: more by", more * 1e6, 10, "us")


def unknown(bench: Bench) -> None:
    """A call with an array from elsewhere, stored before: everybody has to read it."""
    count = bench.large // 8
    plain = np.arange(count, dtype=np.float64)
    layouts = {
        "contiguous": plain,
        "Fortran": plain.reshape(-1, 4096).T,
        "strided": np.arange(2 * count, dtype=np.float64)[::2],
    }
    made = make(total, cachedir=bench.folder / "remade", keep="all")
    for name, array in layouts.items():
        expected = float(array.sum())
        assert made(array) == expected
        contenders: dict[str, Contender] = {
            "remade": functools.partial(made, array),
            "joblib.hash alone": functools.partial(_hashed, array, expected),
        }
        if name != "strided":
            contenders["one read of the memory"] = Timed(functools.partial(_read, array))
        title = f"fresh call on an unknown array, {bench.large_name}, {name}"
        took = bench.reused(title, contenders, expected)
        work = f"unknown array of {bench.large_name}, {name}"
        least = 8 if name == "strided" else 20
        bench.faster(work, "joblib.hash", took["joblib.hash alone"] / took["remade"], least)
        if name != "strided":
            share = 100 * took["one read of the memory"] / took["remade"]
            speed = bench.large / took["one read of the memory"] / 1e9
            against = f"one read by one thread, {speed:.1f} GB/s"
            bench.holds(work, against, f"{share:.0f} % of its speed", "at least 70 %", share >= 70)


def _hashed(array: Array, value: object) -> object:
    joblib.hash(array)
    return value


def _read(array: Array, times: int) -> float:
    return sum(_seconds_of_read(array) for _ in range(times))


STEPS = """
import sys, time
library, folder, megabytes = sys.argv[1], sys.argv[2], int(sys.argv[3])
import numpy as np
if library == "remade":
    from remade import NumpyFile, make
    def cached(name):
        return make(cachedir=folder + "/cache", name=name,
                    output=NumpyFile(f"{folder}/{name}.npy", mmap_mode="r"))
elif library == "joblib":
    import joblib
    memory = joblib.Memory(folder, mmap_mode="r", verbose=0)
    def cached(name):
        return memory.cache
else:
    np.load(folder, mmap_mode="r")
    sys.exit()
"""
# Ten functions, as a module of steps has them.
STEPS += """
@cached("step0")
def step0(megabytes):
    return np.ones((megabytes << 20) // 8)
""" + "\n".join(
    f"""
@cached("step{step}")
def step{step}(values):
    return values + {step}
"""
    for step in range(1, 10)
)
STEPS += """
began = time.perf_counter()
values = megabytes
for step in (step0, step1, step2, step3, step4, step5, step6, step7, step8, step9):
    values = step(values)
took = time.perf_counter() - began
assert values[-1] == 46
print(took)
"""


def chain(bench: Bench) -> None:
    """Ten steps over large arrays in a new process, all stored, opened as memory maps."""
    megabytes = 8 if bench.small else 256
    program = bench.folder / "steps.py"
    program.write_text(STEPS)
    run = f"import runpy, sys\nrunpy.run_path({str(program)!r}, run_name='steps')"
    places = {name: str(bench.folder / name) for name in ("remade", "joblib")}
    for name, place in places.items():
        Path(place).mkdir()
        process(run, name, place, str(megabytes))
        process(run, name, place, str(megabytes))  # joblib gives a map from the second time on
    last = str(bench.folder / "remade" / "step9.npy")
    took = bench.measure(
        f"the ten calls of a chain of {megabytes} MB arrays, in a new process",
        {name: told_by_process(run, name, places[name], str(megabytes)) for name in places},
        turns=5,
    )
    work = f"fresh chain of 10 steps over {megabytes} MB arrays in a new process, memory maps"
    bench.faster(work, "joblib with mmap_mode, the ten calls", took["joblib"] / took["remade"], 50)
    whole = bench.measure(
        "the whole process",
        {
            "remade": timed_process(run, "remade", places["remade"], str(megabytes)),
            "import numpy, np.load(mmap) of the last": timed_process(run, "numpy", last, "0"),
        },
        turns=9,
    )
    mine, bare = whole.values()
    bench.within(work, f"bare import and np.load of the last, {show(bare)}", mine / bare, 1.3)


GROUP = {"known": known, "unknown": unknown, "chain": chain}
