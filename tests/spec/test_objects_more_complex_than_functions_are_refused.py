"""The gotcha "make cannot be used on objects more complex than a function"."""

import functools
import math

import numpy as np
import pytest

from remade import make


class Scaler:
    """An object with a `__call__` method."""

    factor = 2

    def __call__(self, x):
        return self.factor * x

    def method(self, x):
        return 3 * x


def numbers():
    yield 1


async def later():
    yield 1


@pytest.mark.parametrize(
    ("thing", "sentence"),
    [
        (Scaler(), "instance of Scaler"),
        (Scaler, "the class Scaler"),
        (int, "the class int"),
        (numbers, "return a list or an array"),
        (later, "return a list or an array"),
        (functools.partial(numbers), "return a list or an array"),
        (staticmethod(lambda: 1), "@staticmethod above @make"),
        (classmethod(lambda cls: 1), "@classmethod above @make"),
        (property(lambda self: 1), "@property above @make"),
        (3, "not int objects"),
        ("f", "not str objects"),
        (make(lambda: 1), "made function already"),
    ],
    ids=[
        "instance",
        "class",
        "builtin class",
        "generator",
        "async generator",
        "partial generator",
        "staticmethod",
        "classmethod",
        "property",
        "number",
        "text",
        "made function",
    ],
)
def test_it_is_refused_at_decoration_with_what_to_write_instead(thing, sentence):
    with pytest.raises(TypeError) as refusal:
        make(thing)
    assert sentence in str(refusal.value)
    with pytest.raises(TypeError):
        make(keep="all")(thing)


@pytest.mark.parametrize(
    ("function", "arguments", "expected"),
    [
        (lambda x: x + 1, (1,), 2),
        (math.hypot, (3, 4), 5.0),
        (len, ([1, 2],), 2),
        (functools.partial(pow, 2), (3,), 8),
        (functools.lru_cache(lambda x: x + 1), (1,), 2),
        (np.hamming, (1,), [1.0]),
        (np.add, (1, 2), 3),
        (np.sum, ([1, 2],), 3),
        (Scaler().method, (1,), 3),
        ("a-b".split, ("-",), ["a", "b"]),
    ],
    ids=[
        "lambda",
        "builtin",
        "len",
        "partial",
        "lru_cache",
        "numpy function",
        "ufunc",
        "numpy dispatcher",
        "method",
        "builtin method",
    ],
)
def test_functions_of_every_kind_are_accepted(tmp_path, function, arguments, expected):
    made = make(function, cachedir=tmp_path)
    for _ in range(3):
        assert made(*arguments) == expected
    assert (made.cache_info().ran, made.cache_info().reused) == (1, 2)


def test_an_instance_in_a_partial_counts_by_its_state(tmp_path):
    scaler = Scaler()
    made = make(functools.partial(scaler), cachedir=tmp_path)
    assert [made(1), made(1)] == [2, 2]
    scaler.factor = 3
    assert [made(1), made(1)] == [3, 3]
    assert made.cache_info().ran == 2
