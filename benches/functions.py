"""The functions that are cached: each counts its runs."""

from __future__ import annotations

from typing import Any

import numpy as np
from harness import count_run
from numpy.typing import NDArray

Array = NDArray[Any]


def square(x: int) -> int:
    """The scalar function that everybody caches."""
    count_run()
    return x * x


def mixed(
    count: int, rate: float, name: str, flag: bool, sizes: Any, options: Any, pair: Any, blob: Any
) -> float:
    """A function of eight arguments, as settings of an analysis are."""
    count_run()
    return count * rate + len(sizes) + len(options) + len(pair) + len(blob)


def total(values: Array) -> float:
    """A short result from a large argument."""
    count_run()
    return float(values.sum())


def ramp(size: int) -> Array:
    """A large result from a short argument."""
    count_run()
    return np.arange(size, dtype=np.float64)


def table(length: int) -> list[dict[str, Any]]:
    """What people pickle: many small dicts."""
    count_run()
    return [{"id": i, "name": f"row {i}", "score": i / 7, "ok": i % 3 == 0} for i in range(length)]
