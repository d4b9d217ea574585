"""Recursion, by one function or two, with other arguments and with the same."""

import pytest

from remade import make


def test_with_other_arguments(cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir, keep="all")
    def fibonacci(n):
        mark(f"{n}")
        return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)

    assert marks.of(fibonacci, 10) == (55, [str(n) for n in range(10, -1, -1)])
    assert marks.of(fibonacci, 10) == (55, [])
    assert marks.of(fibonacci, 12) == (144, ["12", "11"])


def test_with_only_the_last_result_kept(cachedir):
    @make(cachedir=cachedir)
    def fibonacci(n):
        return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)

    assert fibonacci(7) == 13
    assert fibonacci(7) == 13


def test_two_functions_of_each_other(shop):
    shop.write(
        main="""
            from remade import make
            from marks import mark

            STEP = {"by": 1}

            @make(keep="all")
            def even(n):
                mark(f"even {n}")
                return True if n == 0 else odd(n - STEP["by"])

            @make(keep="all")
            def odd(n):
                mark(f"odd {n}")
                return False if n == 0 else even(n - 1)
        """
    )
    assert shop.call("even(3)") == (False, ["even 3", "odd 2", "even 1", "odd 0"])
    assert shop.call("even(3)") == (False, [])
    assert shop.call("odd(3)") == (True, ["odd 3", "even 2", "odd 1", "even 0"])
    shop.edit("main", "return False if", "return None if")
    assert shop.call("even(3)") == (None, ["even 3", "odd 2", "even 1", "odd 0"])


def test_with_equal_arguments_ends_as_it_does_without_make(cachedir):
    @make(cachedir=cachedir)
    def forever(n):
        return forever(n)

    with pytest.raises(RecursionError):
        forever(1)
    assert not list(cachedir.rglob("*.lock"))


def test_with_equal_arguments_and_an_end(cachedir, tmp_path, marks):
    mark = marks.mark
    path = str(tmp_path / "depth")

    @make(cachedir=cachedir)
    def twice(n):
        import os

        mark("twice")
        if os.path.exists(path):
            return "inner"
        with open(path, "w"):
            pass
        return "outer of " + twice(n)

    assert marks.of(twice, 1) == ("outer of inner", ["twice", "twice"])
    assert marks.of(twice, 1) == ("outer of inner", [])


def test_deep_recursion_of_other_arguments(cachedir):
    @make(cachedir=cachedir, keep="all")
    def count(n):
        return 0 if n == 0 else count(n - 1) + 1

    assert count(60) == 60
    assert count.check_call_in_cache(60)
    assert count.cache_info().records == 61
