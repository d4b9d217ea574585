"""What tells one value from another, and what do arrays share?"""

from __future__ import annotations

import pickle

import numpy as np
from numpy.lib.stride_tricks import as_strided


def content_of(arrays):
    """All that tells one argument from another."""
    return pickle.dumps([
        (type(a).__name__, np.asarray(a).dtype.str, np.shape(a), np.asarray(a).tobytes(),
         getattr(a, "strides", None))
        for a in arrays
    ])  # fmt: skip


def owner(array):
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def copied(arrays):
    """Copies that share memory with each other as the originals do."""
    owners, copies = {}, []
    for array in arrays:
        if not isinstance(array, np.ndarray):
            copies.append(list(array))
            continue
        whole = owner(array)
        copy = owners.setdefault(id(whole), np.array(whole, order="K", subok=False))
        offset = (address(array) - address(whole)) // array.itemsize
        flat = copy.ravel(order="K")
        copies.append(as_strided(flat[offset:], array.shape, array.strides))
    return copies


def address(array):
    return array.__array_interface__["data"][0]


def arrays_in(value):
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from arrays_in(item)
    elif isinstance(value, dict):
        yield from arrays_in(list(value.values()))


def spoil(value):
    if isinstance(value, (list, tuple)):
        for item in value:
            spoil(item)
    elif isinstance(value, dict):
        spoil(list(value.values()))
        value["spoiled"] = True
    if isinstance(value, list):
        value.append("spoiled")


def same(one, other):
    """Exactly: types, order of items, element types, every bit."""
    if isinstance(one, np.memmap):
        one = np.asarray(one)
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return (
            (one.dtype, one.shape) == (other.dtype, other.shape)
            and one.flags.writeable == other.flags.writeable
            and (
                same(one.tolist(), other.tolist())
                if one.dtype.hasobject
                else one.tobytes() == other.tobytes()
            )
        )
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return same(list(one.items()), list(other.items()))
    return repr(one) == repr(other)
