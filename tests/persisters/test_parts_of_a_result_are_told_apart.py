"""Each array in a returned dict has a history of its own, however alike the keys look."""

import dataclasses
import pathlib

import numpy as np
import pytest

from remade import NumpyFile, make


@dataclasses.dataclass(frozen=True)
class Subject:
    number: int


KEYS = {
    "objects": [Subject(1), Subject(2), Subject(3)],
    "paths": [pathlib.PurePosixPath("a" * 100, name) for name in "abc"],
    "long texts": ["a" * 300 + end for end in "123"],
    "long tuples": [("a" * 50, "b" * 50, end) for end in "123"],
    "long numbers": [10**200 + end for end in (1, 2, 3)],
    "number and text": [1, "1", 1.5],
    "brackets": ["a][b", "a']['b", "a"],
}


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("mirrored", [False, True], ids=["without output", "output"])
def test_what_lies_under_one_key_is_not_taken_for_the_other(tmp_path, kind, mirrored):
    def f(kind, backwards=False):
        keys = KEYS[kind][::-1] if backwards else KEYS[kind]
        return {key: np.full(3, float(KEYS[kind].index(key))) for key in keys}

    output = dict.fromkeys(KEYS[kind], NumpyFile) if mirrored else None
    made = make(f, cachedir=tmp_path, output=output, keep="all")
    total = make(lambda x: float(x.sum()), cachedir=tmp_path, name="total", keep="all")
    for backwards in (False, True, False, True):
        result = made(kind, backwards)
        for index, key in enumerate(KEYS[kind]):
            assert total(result[key]) == 3.0 * index
    assert made.cache_info().ran == 2
    assert total.cache_info().ran == 3


def test_two_levels(tmp_path):
    @make(cachedir=tmp_path)
    def f():
        return {
            Subject(n): {"x" * 100 + end: np.full(2, 10.0 * n + len(end)) for end in ("a", "bb")}
            for n in (1, 2)
        }

    total = make(lambda x: float(x.sum()), cachedir=tmp_path, name="total", keep="all")
    for _ in range(2):
        result = f()
        for n in (1, 2):
            for end in ("a", "bb"):
                assert total(result[Subject(n)]["x" * 100 + end]) == 20.0 * n + 2 * len(end)
