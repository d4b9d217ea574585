"""What is called like a function can be made, and its second call comes from the store."""

import functools
import json
import math
import operator
import statistics

import pytest

from counting import told
from remade import make


def double(x):
    return 2 * x


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


@logged
def decorated(x):
    return x + 1


@logged
@logged
def decorated_twice(x, y=3):
    return x + y


def with_ten(function):
    @functools.wraps(function)
    def wrapper(x):
        return function(x, 10)

    return wrapper


@with_ten
def takes_less_than_it_says(x, y):
    return x + y


@functools.lru_cache
def remembered(x):
    return x - 1


@functools.singledispatch
def dispatched(x):
    return "other"


@dispatched.register
def _(x: int):
    return "int"


class Model:
    def __init__(self, factor=2):
        self.factor = factor

    def method(self, x):
        return self.factor * x

    @staticmethod
    def static(x):
        return x + 5

    @classmethod
    def of_class(cls, x):
        return (cls.__name__, x)


CALLS = {
    "function": (double, (2,), 4),
    "lambda": (lambda x: x + 7, (1,), 8),
    "builtin": (len, ([1, 2],), 2),
    "builtin of a module": (math.hypot, (3.0, 4.0), 5.0),
    "builtin without a signature": (max, (1, 2), 2),
    "of the standard library": (statistics.mean, ([1, 2, 3],), 2),
    "of another package": (json.dumps, ([1],), "[1]"),
    "bound builtin": (",".join, (["a", "b"],), "a,b"),
    "unbound builtin": (str.upper, ("a",), "A"),
    "instance of C": (operator.itemgetter(1), ([1, 2],), 2),
    "partial": (functools.partial(double, 3), (), 6),
    "partial of a builtin": (functools.partial(pow, 2), (3,), 8),
    "partial of a partial": (functools.partial(functools.partial(pow, 2), 3), (), 8),
    "lru_cache": (remembered, (3,), 2),
    "singledispatch": (dispatched, (3,), "int"),
    "wraps": (decorated, (1,), 2),
    "wraps, twice": (decorated_twice, (1,), 4),
    "wraps, with another signature": (takes_less_than_it_says, (1,), 11),
    "bound method": (Model(3).method, (2,), 6),
    "static method": (Model.static, (1,), 6),
    "class method": (Model.of_class, (1,), ("Model", 1)),
}


@pytest.mark.parametrize("kind", CALLS)
def test_the_second_call_is_reused(kind, tmp_path):
    function, arguments, expected = CALLS[kind]
    with told() as calls:
        for _ in range(2):
            # As two programs would: each decorates anew.
            made = make(function, cachedir=tmp_path, name="it")
            assert made(*arguments) == expected
            assert made(*arguments) == expected
    assert [call.ran for call in calls] == [True, False, False, False]


def test_functions_of_numpy(tmp_path):
    np = pytest.importorskip("numpy", reason="needs numpy")
    calls = {
        "ufunc": (np.add, (np.arange(3), 1)),
        "implemented in C": (np.concatenate, ([np.arange(3), np.arange(2)],)),
        "in Python": (np.linalg.norm, (np.arange(3),)),
        "from Python": (np.frompyfunc(double, 1, 1), (3,)),
    }
    for kind, (function, arguments) in calls.items():
        made = make(function, cachedir=tmp_path, name=kind)
        with told() as seen:
            first, second = made(*arguments), made(*arguments)
        assert np.array_equal(first, second)
        assert [call.ran for call in seen] == [True, False], kind


def test_functions_of_numba(tmp_path):
    np = pytest.importorskip("numpy", reason="needs numpy")
    numba = pytest.importorskip("numba", reason="needs numba")

    @numba.njit
    def inner(x):
        return x * 2

    @numba.njit
    def outer(x):
        return inner(x) + 1

    @numba.vectorize
    def by_element(x):
        return x * 2

    @numba.guvectorize(["void(float64[:], float64[:])"], "(n)->(n)")
    def by_row(x, result):
        for i in range(len(x)):
            result[i] = x[i] + 1

    for function in (inner, outer, by_element, by_row):
        made = make(function, cachedir=tmp_path)
        with told() as seen:
            first, second = made(np.ones(3)), made(np.ones(3))
        assert np.array_equal(first, second)
        assert np.array_equal(first, function(np.ones(3)))
        assert [call.ran for call in seen] == [True, False], function


@pytest.mark.parametrize(
    "change", [(2, {}), (1, {"y": 2}), (1, {})], ids=["argument", "keyword", "function"]
)
def test_an_edit_of_a_partial_runs_it_again(change, tmp_path):
    def add(x, y=1, z=0):
        return x + y + z

    def other(x, y=1, z=0):
        return x - y - z

    first, keywords = change
    before = make(functools.partial(add, 1), cachedir=tmp_path, name="it")
    same = make(functools.partial(add, 1), cachedir=tmp_path, name="it")
    function = add if change != (1, {}) else other
    edited = make(functools.partial(function, first, **keywords), cachedir=tmp_path, name="it")
    with told() as calls:
        assert before() == same() == 2
        assert edited() == function(first, **keywords)
    assert [call.ran for call in calls] == [True, False, True]


def test_an_edit_of_a_numba_function_runs_what_calls_it(tmp_path):
    numba = pytest.importorskip("numba", reason="needs numba")

    def program(number):
        inner = numba.njit(eval(f"lambda x: x + {number}"))

        @numba.njit
        def outer(x):
            return inner(x) * 2

        return make(outer, cachedir=tmp_path, name="it")

    with told() as calls:
        assert [program(1)(1), program(1)(1), program(2)(1)] == [4, 4, 6]
    assert [call.ran for call in calls] == [True, False, True]


def test_an_edit_below_a_decorator_runs_it_again(tmp_path):
    def program(number):
        decorated = logged(eval(f"lambda x: x + {number}"))
        return make(decorated, cachedir=tmp_path, name="it")

    with told() as calls:
        assert [program(1)(1), program(1)(1), program(2)(1)] == [2, 2, 3]
    assert [call.ran for call in calls] == [True, False, True]


def test_another_builtin_is_another_function(tmp_path):
    with told() as calls:
        assert make(min, cachedir=tmp_path, name="it")(1, 2) == 1
        assert make(max, cachedir=tmp_path, name="it")(1, 2) == 2
    assert [call.ran for call in calls] == [True, True]


def test_a_method_counts_with_its_object(tmp_path):
    made = [make(Model(factor).method, cachedir=tmp_path, name="it") for factor in (2, 2, 3)]
    with told() as calls:
        assert [function(1) for function in made] == [2, 2, 3]
    assert [call.ran for call in calls] == [True, False, True]
