"""How long a call takes when nothing has to run: remade beside the alternatives.

One process measures everything. The contenders of a benchmark take turns, so that a disturbance of
the machine meets all of them, and the median of the turns counts. After each benchmark the values
are compared with the ones expected, and the runs are counted: a contender that computes where it
had to reuse stops the program::

    make bench
    make bench BENCH="--small --json times.json"
"""

from __future__ import annotations

import argparse
import functools
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cachier
import diskcache
import joblib
import nibabel
import numpy as np
from numpy.typing import NDArray

from remade import NiftiFile, NumpyFile, make

Array = NDArray[np.float64]
Image = NDArray[Any]
Contenders = dict[str, Callable[[], object]]

TURNS = 7
SHORTEST = 0.05  # seconds of calls in one turn: other work on the machine takes it for milliseconds
RUNS = "REMADE_BENCH_RUNS"  # names the file that has one byte for each run of a measured function


def count_run() -> None:
    """Note that a measured function runs; in a file, so that no cache takes part in it."""
    with open(os.environ[RUNS], "ab") as runs:
        runs.write(b".")


def runs() -> int:
    """How many runs of measured functions there were."""
    return os.stat(os.environ[RUNS]).st_size


def square(x: int) -> int:
    """The scalar function that everybody caches."""
    count_run()
    return x * x


def total(values: Array) -> float:
    """A short result from a large argument."""
    count_run()
    return float(values.sum())


def ramp(size: int) -> Array:
    """A large result from a short argument."""
    count_run()
    return np.arange(size, dtype=np.float64)


def calls_in_a_turn(call: Callable[[], object]) -> int:
    """How many calls take long enough to be measured."""
    calls = 1
    while True:
        began = time.perf_counter()
        for _ in range(calls):
            call()
        if time.perf_counter() - began >= SHORTEST:
            return calls
        calls *= 4


def measure(title: str, contenders: Contenders, turns: int = TURNS) -> dict[str, float]:
    """The median seconds of a call of each contender, printed beside the first one's."""
    calls = {name: calls_in_a_turn(call) for name, call in contenders.items()}
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(turns):
        for name, call in contenders.items():
            began = time.perf_counter()
            for _ in range(calls[name]):
                call()
            times[name].append((time.perf_counter() - began) / calls[name])
    medians = {name: statistics.median(taken) for name, taken in times.items()}

    print(f"\n{title:<30} {'median':>12} {'ratio':>14}")
    first = next(iter(medians.values()))
    for name, seconds in medians.items():
        print(f"  {name:<28} {show(seconds):>12} {seconds / first:>12.2f} x")
    return medians


def show(seconds: float) -> str:
    """The time with a unit that suits it."""
    for unit, length in (("s ", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= length:
            return f"{seconds / length:.2f} {unit}"
    return f"{seconds / 1e-9:.0f} ns"


def reused(title: str, contenders: Contenders, expected: object) -> dict[str, float]:
    """Measure calls that were made before: the right values, and not one run."""
    before = runs()
    medians = measure(title, contenders)
    for name, call in contenders.items():
        value = call()
        right = expected[name] if isinstance(expected, dict) else expected
        assert np.array_equal(np.asarray(value), np.asarray(right)), f"{name}: a wrong value"
    assert runs() == before, f"{title}: {runs() - before} calls ran that had to be reused"
    return medians


def fresh_scalar_call(folder: Path) -> dict[str, float]:
    """A call with a number that returns a number, stored before."""
    caches: dict[str, Callable[[int], object]] = {
        "remade": make(square, cachedir=folder / "remade"),
        "joblib.Memory": joblib.Memory(folder / "joblib", verbose=0).cache(square),
        "diskcache memoize": diskcache.Cache(folder / "diskcache").memoize()(square),
        "cachier": cachier.cachier(cache_dir=folder / "cachier")(square),
    }
    for cache in caches.values():
        cache(12)
    known = {12: 144}
    contenders: Contenders = {
        **{name: functools.partial(cache, 12) for name, cache in caches.items()},
        # The least that a cache in memory and one on disk can do.
        "look into a dict": lambda: known[12],
        "os.stat of a file": lambda: (os.stat(folder), 144)[1],
    }
    return reused("fresh scalar call", contenders, 144)


def fresh_call_on_a_known_array(folder: Path, sizes: dict[str, int]) -> dict[str, float]:
    """A call with an array that a made function returned: remade knows it, joblib reads it."""
    made_ramp = make(ramp, cachedir=folder / "remade", keep="all")
    made_total = make(total, cachedir=folder / "remade", keep="all")
    cached_total = joblib.Memory(folder / "joblib", verbose=0).cache(total)
    contenders: Contenders = {}
    expected: dict[str, object] = {}
    arrays = {name: made_ramp(size) for name, size in sizes.items()}
    for library, function in (("remade", made_total), ("joblib.Memory", cached_total)):
        for name, array in arrays.items():
            expected[f"{library}, {name}"] = function(array)
            contenders[f"{library}, {name}"] = functools.partial(function, array)
    for name, array in arrays.items():
        assert expected[f"remade, {name}"] == float(array.sum())
    return reused("fresh call on a known array", contenders, expected)


def fresh_call_on_an_unknown_array(folder: Path, name: str, size: int) -> dict[str, float]:
    """A call with an array from elsewhere, stored before: everybody has to read it."""
    made = make(total, cachedir=folder / "remade")
    cached = joblib.Memory(folder / "joblib", verbose=0).cache(total)
    array = np.arange(size, dtype=np.float64)
    expected = float(array.sum())
    made(array)
    cached(array)
    contenders: Contenders = {
        "remade": functools.partial(made, array),
        "joblib.Memory": functools.partial(cached, array),
        "joblib.hash alone": lambda: (joblib.hash(array), expected)[1],
    }
    return reused(f"fresh call on an unknown array of {name}", contenders, expected)


def run_that_saves(folder: Path, name: str, size: int) -> dict[str, float]:
    """A run that returns a large array, with all that is done to keep it; each computes it anew."""
    made = make(ramp, cachedir=folder / "remade", output=NumpyFile(folder / "made.npy"))
    cached = joblib.Memory(folder / "joblib", verbose=0).cache(ramp)
    file = folder / "plain.npy"
    contenders: Contenders = {
        "remade": lambda: made.call(size),
        "np.save": lambda: np.save(file, ramp(size)),
        "joblib.Memory": lambda: cached.call(size),
        "nothing saved": lambda: ramp(size),
    }
    measured = measure(f"a run that saves {name}", contenders, turns=5)
    expected = ramp(size)
    for path in (folder / "made.npy", file):
        assert np.array_equal(np.load(path), expected), f"{path.name}: a wrong array"
    assert np.array_equal(cached(size), expected), "joblib.Memory: a wrong array"
    return measured


def loading(folder: Path, name: str, size: int) -> dict[str, float]:
    """A fresh call that loads a large array."""
    made = make(ramp, cachedir=folder / "remade", output=NumpyFile(folder / "made.npy"))
    cached = joblib.Memory(folder / "joblib", verbose=0).cache(ramp)
    expected = made(size)
    cached(size)
    contenders: Contenders = {
        "remade": lambda: made(size),
        "np.load": lambda: np.load(folder / "made.npy"),
        "joblib.Memory": lambda: cached(size),
    }
    return reused(f"loading {name}", contenders, expected)


def explaining(folder: Path, size: int) -> dict[str, float]:
    """What an explanation costs beyond the fresh call, with an array that is known by history."""
    values = make(ramp, cachedir=folder / "remade")(size)
    made = make(total, cachedir=folder / "remade")
    other = make(total, cachedir=folder / "remade", version="2")
    expected = made(values)
    assert made.explain(values).fresh
    assert not other.explain(values).fresh
    contenders: Contenders = {
        "the fresh call": lambda: made(values),
        "explain it": lambda: (made.explain(values), expected)[1],
        "explain a stale one": lambda: (other.explain(values), expected)[1],
        "and as text": lambda: (str(other.explain(values)), expected)[1],
    }
    return reused("explaining", contenders, expected)


def image_of_noise(megabytes: int) -> Image:
    """A series of volumes as a scanner makes them: a smooth head in noise, and zeros around it."""
    random = np.random.default_rng(0)
    x, y, z = np.ogrid[-1:1:64j, -1:1:64j, -1:1:32j]
    head = np.where(x**2 + y**2 + z**2 < 0.8, 1000 * np.cos(x + 2 * y) * np.cos(3 * z), 0)
    volumes = megabytes * (1 << 20) // (head.size * 4)
    series = np.zeros((*head.shape, volumes), dtype=np.float32, order="F")
    for volume in range(volumes):
        noise = random.normal(scale=5, size=head.shape)
        series[..., volume] = np.where(head, head + noise, 0)
    return series


def template() -> Image:
    """The MNI152 template that the package nilearn ships."""
    found = importlib.util.find_spec("nilearn")
    assert found is not None, "the image is missing: pip install --no-deps nilearn"
    assert found.origin is not None
    name = "datasets/data/mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz"
    return np.asarray(nibabel.Nifti1Image.from_filename(Path(found.origin).parent / name).dataobj)


def most_memory(program: str) -> int:
    """The most memory, in bytes, that a process of its own takes for a program."""
    # Not that of `resource`: it begins with what the parent had.
    told = "print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    command = [sys.executable, "-c", f"{program}\n{told}"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(ran.stdout.split()[1]) * 1024


def images(folder: Path, name: str, image: Image) -> dict[str, float]:
    """Saving and loading by hand, beside nibabel: the same elements in memory, files no larger."""
    measured: dict[str, float] = {}
    nibabel_image: Any = nibabel.Nifti1Image
    for end in (".nii.gz", ".nii"):
        ours, theirs = NiftiFile(folder / f"ours{end}"), folder / f"theirs{end}"
        nifti: Any = nibabel_image(image, np.eye(4))
        turns = 3 if image.nbytes > 1 << 26 else TURNS
        saved = measure(
            f"saving {name}, {end}",
            {
                "remade": functools.partial(ours.save, image),
                "nibabel": functools.partial(nifti.to_filename, theirs),
            },
            turns=turns,
        )
        sizes = [os.path.getsize(folder / f"{who}{end}") for who in ("ours", "theirs")]
        print(f"  {'sizes of the files':<28} {sizes[0]:>12} {sizes[1]:>12}")
        assert sizes[0] <= sizes[1], f"{end}: a larger file than nibabel's"

        def by_nibabel(path: Path) -> Image:
            elements = nibabel.Nifti1Image.from_filename(path).dataobj
            # What is mapped has to be copied to be in memory, as it is for the others.
            return np.array(np.asanyarray(elements), order="F")

        loaded = measure(
            f"loading {name}, {end}",
            {
                "remade": ours.load,
                "nibabel": functools.partial(by_nibabel, theirs),
                "remade, nibabel's file": NiftiFile(theirs).load,
                "nibabel, remade's file": functools.partial(by_nibabel, folder / f"ours{end}"),
            },
            turns=turns,
        )
        for path in (folder / f"ours{end}", theirs):
            assert np.array_equal(NiftiFile(path).load(), image), f"{path.name}: a wrong image"
            assert np.array_equal(by_nibabel(path), image), f"{path.name}: a wrong image"
        start = (
            f"import numpy as np, remade\nfile = remade.NiftiFile({os.fspath(ours.filename)!r})\n"
        )
        make_image = f"image = np.zeros({image.shape}, {image.dtype.str!r}, 'F'); image[...] = 1\n"
        base = most_memory(start)
        loading_takes = most_memory(f"{start}image = file.load()") - base - image.nbytes
        saving_takes = most_memory(f"{start}{make_image}file.save(image)") - base - image.nbytes
        print(f"  {'MB beside the array: load':<28} {loading_takes / 1e6:>12.1f}")
        print(f"  {'MB beside the array: save':<28} {saving_takes / 1e6:>12.1f}")
        assert max(loading_takes, saving_takes) < 64 << 20, f"{end}: too much memory"
        for what, times in (("save", saved), ("load", loaded)):
            measured.update({f"{what} {end}, {who}": seconds for who, seconds in times.items()})
    return measured


def main() -> None:
    """Run every benchmark in a folder that is removed afterwards."""
    parser = argparse.ArgumentParser(description="Times remade beside the alternatives.")
    parser.add_argument("--small", action="store_true", help="16 MB instead of 512 MB")
    parser.add_argument("--json", type=Path, help="also write the seconds to this file")
    parser.add_argument("--only", nargs="+", help="the benchmarks to run, by name")
    parser.add_argument("--folder", type=Path, help="where the temporary folder is made")
    options = parser.parse_args()

    large, bytes_ = ("16 MB", 16 << 20) if options.small else ("512 MB", 512 << 20)
    sizes = {"1 KB": (1 << 10) // 8, "1 MB": (1 << 20) // 8, large: bytes_ // 8}
    size = sizes[large]
    benchmarks: dict[str, Callable[[Path], dict[str, float]]] = {
        "fresh_scalar_call": fresh_scalar_call,
        "fresh_call_on_a_known_array": lambda folder: fresh_call_on_a_known_array(folder, sizes),
        "fresh_call_on_an_unknown_array": lambda folder: fresh_call_on_an_unknown_array(
            folder, large, size
        ),
        "run_that_saves": lambda folder: run_that_saves(folder, large, size),
        "explaining": lambda folder: explaining(folder, size),
        "loading": lambda folder: loading(folder, large, size),
        "template": lambda folder: images(folder, "the MNI152 template", template()),
        "series": lambda folder: images(
            folder, "a 4-D series", image_of_noise(16 if options.small else 256)
        ),
    }
    if options.only:
        benchmarks = {name: benchmarks[name] for name in options.only}
    results: dict[str, Any] = {}
    for name, benchmark in benchmarks.items():
        with tempfile.TemporaryDirectory(prefix="remade-bench-", dir=options.folder) as folder:
            os.environ[RUNS] = str(Path(folder) / "runs")
            Path(folder, "runs").touch()
            results[name] = benchmark(Path(folder))
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
