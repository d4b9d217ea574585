"""What comes before the first call: the import, and the fingerprint of a function."""

from __future__ import annotations

import importlib.util
import inspect
import linecache
import sys
import time
from types import ModuleType
from typing import Any

from harness import Bench, Timed, process, timed_process

from remade._remade import _fingerprint

HELPERS = 30
UNWANTED = ("numpy", "logging", "pickle", "typing", "ast", "inspect")


def imports(bench: Bench) -> None:
    """A process that imports remade and ends, beside one that imports joblib."""
    took = bench.measure(
        "importing, in a new process",
        {
            "the interpreter alone": timed_process("pass"),
            "import remade": timed_process("import remade"),
            "import joblib": timed_process("import joblib"),
        },
        turns=15,
    )
    alone, ours, theirs = took.values()
    bench.faster("import remade", "import joblib", (theirs - alone) / (ours - alone), 10)
    bench.below("import remade", "the interpreter, more by", (ours - alone) * 1e3, 10, "ms")
    told = process(
        "import sys; before = set(sys.modules); import remade\n"
        f"print([n for n in {UNWANTED!r} if n in set(sys.modules) - before])"
    ).strip()
    what = "none of them" if told == "[]" else told
    names = ", ".join(UNWANTED)
    bench.holds("import remade", f"imports of {names}", what, "none", told == "[]")


def _looks(code: Any) -> Timed:
    return Timed(lambda calls: float(code.time(calls)) * calls / 1e9)


def _module(bench: Bench, name: str, helpers: int, names: int) -> ModuleType:
    """A module with a function that calls helpers and reads constants."""
    text = "".join(
        f"def helper{n}(x):\n    '''Step {n}.'''\n    y = x * {n} + 1  # scaled\n"
        f"    if y > 10:\n        y -= {n}\n    return y\n\n"
        for n in range(helpers)
    )
    text += "".join(f"CONSTANT{n} = {n}.5\n" for n in range(names))
    calls = [f"helper{n}(x)" for n in range(helpers)] + [f"CONSTANT{n}" for n in range(names)]
    text += f"def f(x):\n    return x + {' + '.join(calls or ['0'])}\n"
    path = bench.folder / f"{name}.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def fingerprints(bench: Bench) -> None:
    """The code of a function with 30 helpers: read once, then compared by identity."""
    numbers = iter(range(10_000))

    def first(take: str, calls: int) -> float:
        seconds = 0.0
        for _ in range(calls):
            module = _module(bench, f"helpers_{next(numbers)}", HELPERS, 0)
            linecache.clearcache()
            began = time.perf_counter()
            if take == "remade":
                _fingerprint(module.f)
            else:
                for n in range(HELPERS):
                    inspect.getsource(getattr(module, f"helper{n}"))
                inspect.getsource(module.f)
            seconds += time.perf_counter() - began
            del sys.modules[module.__name__]
        return seconds

    took = bench.measure(
        f"first look at a function with {HELPERS} helpers",
        {
            "remade": Timed(lambda calls: first("remade", calls)),
            "inspect.getsource": Timed(lambda calls: first("inspect", calls)),
        },
    )
    work = f"first call of a function with {HELPERS} helpers (fingerprint)"
    ratio = took["remade"] / took["inspect.getsource"]
    bench.within(work, "inspect.getsource of them", ratio, 3)

    counts = {"no names": (0, 0), "100 helpers": (100, 0), "100 constants": (0, 100)}
    held = {}
    for name, (helpers, names) in counts.items():
        module = _module(bench, f"guarded_{helpers}_{names}", helpers, names)
        held[name] = _fingerprint(module.f)["code"]
    looks = bench.measure(
        "later looks, by identity",
        {name: _looks(code) for name, code in held.items()},
    )
    none, by_helper, by_name = (looks[name] * 1e9 for name in counts)
    work, against = "later calls (fingerprint)", "beyond a function without names"
    bench.below(f"{work}, each helper", against, (by_helper - none) / 100, 60, "ns")
    bench.below(f"{work}, each name", against, (by_name - none) / 100, 20, "ns")


GROUP = {"imports": imports, "fingerprints": fingerprints}
