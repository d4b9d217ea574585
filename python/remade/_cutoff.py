"""`cutoff=`: when is a new result as good as the old one?"""

from __future__ import annotations

import cmath
import math
import sys

from . import _remade

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

#: What a record says of a cutoff has at most so many characters.
_LONGEST_NAME = 200


class allclose:  # noqa: N801, used like a function
    """Two results are close where they differ by no more than rounding.

    For `make(cutoff=allclose(rtol=1e-9))`. Compares numbers, numpy arrays of one shape and element
    type, pandas frames and series with the same labels, and lists, tuples and dicts of these.
    Numbers are close if `abs(new - old) <= atol + rtol * abs(old)`; NaN is close to NaN, and an
    infinity to itself. Everything else, integers too, must be of the same class and content.

    Args:
        rtol: The difference that is allowed, as a part of the old number.
        atol: The difference that is allowed besides; for numbers about 0.

    Raises:
        ValueError: If one of them is negative or NaN.

    Example:
        >>> from remade import allclose
        >>> close = allclose(rtol=1e-9)
        >>> close([0.1 + 0.2, "a"], [0.3, "a"])
        True
        >>> close(1.0, 1.001)
        False
        >>> close(1, 1.0)
        False
    """

    def __init__(self, *, rtol: float = 1e-9, atol: float = 0.0) -> None:
        for name, value in (("rtol", rtol), ("atol", atol)):
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise TypeError(f"allclose takes a number as {name}, not {value!r}")
            if not value >= 0:
                raise ValueError(f"allclose takes {name} from 0 on, not {value!r}")
        self.rtol = float(rtol)
        self.atol = float(atol)

    def __call__(self, old: Any, new: Any) -> bool:
        return self.difference(old, new) is not None

    def difference(self, old: Any, new: Any) -> float | None:
        """The largest difference of two numbers; None where they are not close."""
        comparison = _Comparison(self.rtol, self.atol)
        return comparison.largest if comparison.is_close(old, new) else None

    def __repr__(self) -> str:
        return f"allclose(rtol={self.rtol!r}, atol={self.atol!r})"

    def __eq__(self, other: object) -> bool:
        if type(other) is not allclose:
            return NotImplemented
        return (self.rtol, self.atol) == (other.rtol, other.atol)

    def __hash__(self) -> int:
        return hash((allclose, self.rtol, self.atol))


def checked(cutoff: Any) -> None:
    """Raises a TypeError for what cannot compare two results."""
    if cutoff is allclose:
        raise TypeError("cutoff takes allclose(rtol=1e-9), not the class allclose itself")
    if not callable(cutoff):
        raise TypeError(
            f"cutoff takes a function of the old and the new result, such as "
            f"allclose(rtol=1e-9), not {cutoff!r}"
        )


def judge(cutoff: Callable[[Any, Any], Any], old: Any, new: Any) -> tuple[bool, float | None]:
    """Whether the old result stays; and the largest difference, where that is known."""
    if type(cutoff) is allclose:
        difference = cutoff.difference(old, new)
        return difference is not None, difference
    close = cutoff(old, new)
    if not isinstance(close, bool) and type(close).__name__ not in ("bool", "bool_"):
        raise TypeError(f"it returned {close!r}, and should return True or False")
    return bool(close), None


def name_of(cutoff: Any) -> str:
    """What a record says of it."""
    name = getattr(cutoff, "__qualname__", None)
    module = getattr(cutoff, "__module__", None)
    text = f"{module}.{name}" if name and module else str(name or repr(cutoff))
    return text[:_LONGEST_NAME]


class _Comparison:
    def __init__(self, rtol: float, atol: float) -> None:
        self.rtol = rtol
        self.atol = atol
        self.largest = 0.0
        self.open: list[tuple[int, int]] = []

    def is_close(self, old: Any, new: Any) -> bool:
        kind = type(old)
        numpy: Any = sys.modules.get("numpy")
        if numpy is not None and isinstance(old, (numpy.ndarray, numpy.generic)):
            return self._arrays(numpy, old, new)
        if kind is not type(new):
            return False
        if kind is float or kind is complex:
            return self._numbers(old, new)
        if kind in (list, tuple, dict):
            return self._containers(old, new)
        pandas: Any = sys.modules.get("pandas")
        if pandas is not None and kind in (pandas.DataFrame, pandas.Series):
            return self._frames(old, new)
        return _equal(old, new)

    def _numbers(self, old: Any, new: Any) -> bool:
        if cmath.isfinite(old) and cmath.isfinite(new):
            difference = abs(new - old)
            self.largest = max(self.largest, difference)
            return bool(difference <= self.atol + self.rtol * abs(old))
        if isinstance(old, complex):
            return self._numbers(old.real, new.real) and self._numbers(old.imag, new.imag)
        return bool(old == new) or (math.isnan(old) and math.isnan(new))

    def _containers(self, old: Any, new: Any) -> bool:
        if len(old) != len(new):
            return False
        place = id(old), id(new)
        if place in self.open:
            return True  # it holds itself; the rest is looked at further up
        if isinstance(old, dict):
            # The order of keys is part of a value, too.
            if not _equal(list(old), list(new)):
                return False
            old, new = old.values(), new.values()
        self.open.append(place)
        close = self._all(old, new)
        self.open.pop()
        return close

    def _all(self, old: Any, new: Any) -> bool:
        return all(self.is_close(*pair) for pair in zip(list(old), list(new), strict=True))

    def _arrays(self, numpy: Any, old: Any, new: Any) -> bool:
        plain = (numpy.ndarray, numpy.memmap)
        if type(old) is not type(new) and not (type(old) in plain and type(new) in plain):
            return False
        if isinstance(old, numpy.ndarray) and type(old) not in plain:
            return _equal(old, new)
        if old.dtype != new.dtype or old.shape != new.shape:
            return False
        old, new = numpy.asarray(old), numpy.asarray(new)
        if old.dtype.names is not None:
            return all(self._arrays(numpy, old[name], new[name]) for name in old.dtype.names)
        if old.dtype.kind == "O":
            return self._all(old.ravel().tolist(), new.ravel().tolist())
        if old.dtype.kind == "c":
            return self._complex(numpy, old, new)
        if old.dtype.kind != "f":
            equal = old == new
            if old.dtype.kind in "mM":
                equal |= numpy.isnat(old) & numpy.isnat(new)
            return bool(numpy.all(equal))
        return self._floats(numpy, old, new)

    def _complex(self, numpy: Any, old: Any, new: Any) -> bool:
        finite = numpy.isfinite(old) & numpy.isfinite(new)
        with numpy.errstate(all="ignore"):
            difference = numpy.abs(new[finite] - old[finite])
            allowed = self.atol + self.rtol * numpy.abs(old[finite])
        self._note(difference)
        rest = ~finite
        return (
            bool(numpy.all(difference <= allowed))
            and self._floats(numpy, old[rest].real, new[rest].real)
            and self._floats(numpy, old[rest].imag, new[rest].imag)
        )

    def _floats(self, numpy: Any, old: Any, new: Any) -> bool:
        if old.dtype.itemsize < 8:
            # So that a difference does not overflow, or vanish.
            old, new = old.astype(numpy.float64), new.astype(numpy.float64)
        finite = numpy.isfinite(old) & numpy.isfinite(new)
        old_rest, new_rest = old[~finite], new[~finite]
        same = (old_rest == new_rest) | (numpy.isnan(old_rest) & numpy.isnan(new_rest))
        with numpy.errstate(all="ignore"):
            difference = numpy.abs(new[finite] - old[finite])
            allowed = self.atol + self.rtol * numpy.abs(old[finite])
        self._note(difference)
        return bool(numpy.all(same)) and bool(numpy.all(difference <= allowed))

    def _note(self, difference: Any) -> None:
        if difference.size:
            self.largest = max(self.largest, float(difference.max()))

    def _frames(self, old: Any, new: Any) -> bool:
        if not old.index.identical(new.index) or not _equal(old.attrs, new.attrs):
            return False
        if old.ndim == 1:
            return _equal(old.name, new.name) and self._column(old, new)
        if not old.columns.identical(new.columns):
            return False
        places = range(old.shape[1])
        return all(self._column(old.iloc[:, place], new.iloc[:, place]) for place in places)

    def _column(self, old: Any, new: Any) -> bool:
        if old.dtype != new.dtype:
            return False
        if type(old.dtype).__module__.startswith("numpy"):
            return self.is_close(old.to_numpy(), new.to_numpy())
        return _equal(old, new)


def _equal(old: Any, new: Any) -> bool:
    """Class and content, to the bit. What has no version is equal to nothing."""
    try:
        return _remade._version(old) == _remade._version(new)
    except TypeError:
        return False
