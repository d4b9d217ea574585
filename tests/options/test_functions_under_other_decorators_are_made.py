"""Functions under other decorators, and decorators over made functions."""

import functools

from remade import make


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


def scaled(factor):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args):
            return factor * function(*args)

        return wrapper

    return decorate


def test_what_the_other_decorator_does_is_done(tmp_path):
    @make(cachedir=tmp_path)
    @scaled(10)
    def f(x):
        return x

    assert [f(2), f(2)] == [20, 20]
    assert f.cache_info().ran == 1
    assert f.__name__ == "f"


def test_a_decorator_above_sees_a_function(tmp_path):
    @logged
    @make(cachedir=tmp_path)
    def f(x):
        return x

    assert [f(2), f(x=2)] == [2, 2]
    assert f.__wrapped__.cache_info().ran == 1


def test_a_decorator_may_tell_a_name_from_a_place(tmp_path):
    def telling(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return len(args), sorted(kwargs)

        return wrapper

    @make(cachedir=tmp_path, keep="all")
    @telling
    def f(x):
        return x

    assert [f(1), f(x=1), f(1), f(x=1)] == [(1, []), (0, ["x"]), (1, []), (0, ["x"])]
    assert f.cache_info().ran == 2


def test_a_decorator_may_give_arguments_of_its_own(tmp_path):
    """`unittest.mock.patch` and many others: the caller leaves a parameter out."""

    def with_connection(function):
        @functools.wraps(function)
        def wrapper(x):
            return function("connection", x)

        return wrapper

    @make(cachedir=tmp_path)
    @with_connection
    def f(connection, x):
        return connection, x

    assert [f(1), f(1)] == [("connection", 1)] * 2
    assert f.cache_info().ran == 1


def test_a_cached_function_of_the_standard_library_is_one(tmp_path):
    runs = []

    @make(cachedir=tmp_path)
    @functools.lru_cache
    def f(x):
        runs.append(x)
        return x

    assert [f(1), f(1)] == [1, 1]
    assert runs == [1]
