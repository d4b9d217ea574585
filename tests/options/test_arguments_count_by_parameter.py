"""`f(2)` and `f(x=2)` are one call; defaults count."""

import functools

import pytest

from remade import make


def count(function, folder, *calls):
    made = make(function, cachedir=folder)
    for args, kwargs in calls:
        assert made(*args, **kwargs) == function(*args, **kwargs)
    return made.cache_info().ran


def f(x, y=1, *, z=2):
    return x, y, z


def test_by_place_by_name_and_by_default_are_one_call(tmp_path):
    calls = [
        ((0,), {}),
        ((0, 1), {}),
        ((), {"x": 0}),
        ((), {"y": 1, "x": 0}),
        ((0,), {"z": 2, "y": 1}),
    ]
    assert count(f, tmp_path, *calls) == 1


@pytest.mark.parametrize("kwargs", [{"y": 2}, {"z": 3}, {"y": 1.0}, {"y": True}])
def test_another_value_is_another_call(tmp_path, kwargs):
    assert count(f, tmp_path, ((0,), {}), ((0,), kwargs)) == 2


def test_surplus_arguments_count_by_place_and_by_name(tmp_path):
    def g(*args, **kwargs):
        return args, kwargs

    made = make(g, cachedir=tmp_path)
    for _ in range(2):
        assert made(1, 2, a=1, b=2) == ((1, 2), {"a": 1, "b": 2})
    assert made.cache_info().ran == 1
    made(2, 1, a=1, b=2)
    made(1, 2, a=2, b=1)
    made((1, 2), a=2, b=1)
    assert made.cache_info().ran == 4


def test_a_keyword_named_as_a_positional_only_parameter_is_another_argument(tmp_path):
    def g(a, /, **more):
        return a, more

    assert count(g, tmp_path, ((1,), {"a": 2}), ((1,), {"a": 3}), ((1,), {"a": 3})) == 2


def test_the_arguments_of_a_partial_count(tmp_path):
    def g(x, y):
        return x + y

    for first, ran in ((1, 1), (2, 1), (2, 0)):
        made = make(functools.partial(g, first), cachedir=tmp_path)
        assert made(10) == 10 + first
        assert made.cache_info().ran == ran


def test_a_mutable_default_counts_as_it_is_now(tmp_path):
    default = [1]

    def g(x=default):
        return sum(x)

    made = make(g, cachedir=tmp_path)
    assert [made(), made(), made([1])] == [1, 1, 1]
    assert made.cache_info().ran == 1
    default.append(2)
    assert made() == 3
    assert made.cache_info().ran == 2


def test_ignored_parameters_do_not_count(tmp_path):
    @make(cachedir=tmp_path, ignore=("verbose", "jobs"))
    def g(x, verbose=False, *, jobs=1):
        return x, verbose, jobs

    assert g(1) == (1, False, 1)
    assert g(1, True, jobs=object()) == (1, False, 1)
    assert g.cache_info().ran == 1
    g(2, True)
    assert g.cache_info().ran == 2


def test_all_surplus_arguments_can_be_ignored(tmp_path):
    @make(cachedir=tmp_path, ignore=["args", "kwargs"])
    def g(x, *args, **kwargs):
        return x

    assert [g(1), g(1, 2, 3), g(1, a=4)] == [1, 1, 1]
    assert g.cache_info().ran == 1
